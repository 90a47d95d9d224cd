import { median } from './median.ts';
import { processorSeconds } from './processor-time.ts';

/**
 * Speed, as ratios to real peers in the same run: medians of several rounds, in which ours and theirs take turns, so
 * that a noisy machine is noisy for both.
 */
const ROUNDS = 3;

export type Contender = readonly [name: string, run: () => Promise<void> | void];

/** Runs the contenders in turns; prints seconds and how many times as fast the first is as each. */
export async function compare(what: string, contenders: readonly Contender[], rounds = ROUNDS): Promise<void> {
  const times = new Map<string, number[]>(contenders.map(([name]) => [name, []]));
  const processor = new Map<string, number[]>(contenders.map(([name]) => [name, []]));
  for (let round = 0; round < rounds; round++) {
    for (const [name, run] of contenders) {
      const spent = processorSeconds();
      const started = performance.now();
      await run();
      times.get(name)?.push((performance.now() - started) / 1000);
      processor.get(name)?.push(processorSeconds() - spent);
    }
  }
  console.log(`\n${what}`);
  const [first] = contenders;
  const ours = median(times.get(first?.[0] ?? '') ?? []);
  const oursSpent = median(processor.get(first?.[0] ?? '') ?? []);
  for (const [name, values] of times) {
    const seconds = median(values);
    const spent = median(processor.get(name) ?? []);
    const ratio =
      name === first?.[0]
        ? ''
        : `  ${(seconds / ours).toFixed(2)} x our time, ${(spent / oursSpent).toFixed(2)} x our processor time`;
    const wall = `${seconds.toFixed(3).padStart(8)} s`;
    console.log(`  ${name.padEnd(34)} ${wall}, ${spent.toFixed(2).padStart(7)} s of processors${ratio}`);
  }
}
