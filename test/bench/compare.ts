import { median } from './median.ts';

/**
 * Speed, as ratios to real peers in the same run: medians of several rounds, in which ours and theirs take turns, so
 * that a noisy machine is noisy for both.
 */
const ROUNDS = 3;

export type Contender = readonly [name: string, run: () => Promise<void> | void];

/** Runs the contenders in turns; prints seconds and how many times as fast the first is as each. */
export async function compare(what: string, contenders: readonly Contender[], rounds = ROUNDS): Promise<void> {
  const times = new Map<string, number[]>(contenders.map(([name]) => [name, []]));
  for (let round = 0; round < rounds; round++) {
    for (const [name, run] of contenders) {
      const started = performance.now();
      await run();
      times.get(name)?.push((performance.now() - started) / 1000);
    }
  }
  console.log(`\n${what}`);
  const [first] = contenders;
  const ours = median(times.get(first?.[0] ?? '') ?? []);
  for (const [name, values] of times) {
    const seconds = median(values);
    const ratio = name === first?.[0] ? '' : `  ${(seconds / ours).toFixed(2)} x our time`;
    console.log(`  ${name.padEnd(34)} ${seconds.toFixed(3).padStart(8)} s${ratio}`);
  }
}
