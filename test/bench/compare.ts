import { median } from './median.ts';
import { processorSeconds } from './processor-time.ts';

/**
 * Speed, as ratios to real peers in the same run: medians of several rounds, in which ours and theirs take turns, so
 * that a noisy machine is noisy for both.
 */
export const ROUNDS = 3;

/** What was measured so far, for programs. */
export interface Measured {
  readonly what: string;
  /** Medians, in the order in which they were given; ratios are to the first. */
  readonly contenders: readonly {
    readonly name: string;
    readonly seconds: number;
    readonly processorSeconds: number;
    readonly ratio: number;
    readonly processorRatio: number;
    /** Of each round, from which noise is told. */
    readonly each?: { readonly seconds: readonly number[]; readonly processorSeconds: readonly number[] };
  }[];
  readonly rounds: number;
}

export interface Measurements {
  readonly measured: readonly Measured[];
  readonly noted: Readonly<Record<string, string | number>>;
  readonly sampled: Readonly<Record<string, readonly number[]>>;
}

export const measured: Measured[] = [];

/** What else is worth knowing: sizes, memory. */
export const noted: Record<string, string | number> = {};

/** What was measured several times without a peer: all values, in the unit that the name says. */
export const sampled: Record<string, readonly number[]> = {};

/** What was measured since it was last taken. */
export function takeMeasurements(): Measurements {
  const taken = { measured: [...measured], noted: { ...noted }, sampled: { ...sampled } };
  measured.length = 0;
  for (const name of Object.keys(noted)) delete noted[name];
  for (const name of Object.keys(sampled)) delete sampled[name];
  return taken;
}

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
  const rows = contenders.map(([name]) => {
    const each = { seconds: times.get(name) ?? [], processorSeconds: processor.get(name) ?? [] };
    return { name, seconds: median(each.seconds), processorSeconds: median(each.processorSeconds), each };
  });
  const [first] = rows;
  const withRatios = rows.map((row) => ({
    ...row,
    ratio: row.seconds / (first?.seconds ?? Number.NaN),
    processorRatio: row.processorSeconds / (first?.processorSeconds ?? Number.NaN),
  }));
  measured.push({ what, contenders: withRatios, rounds });
  console.log(`\n${what}`);
  for (const { name, seconds, processorSeconds: spent, ratio, processorRatio } of withRatios) {
    const ratios =
      name === first?.name ? '' : `  ${ratio.toFixed(2)} x our time, ${processorRatio.toFixed(2)} x our processor time`;
    const wall = `${seconds.toFixed(3).padStart(8)} s`;
    console.log(`  ${name.padEnd(34)} ${wall}, ${spent.toFixed(2).padStart(7)} s of processors${ratios}`);
  }
}
