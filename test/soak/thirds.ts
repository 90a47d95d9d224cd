import { median } from '../bench/median.ts';

/** What must not grow, as the suite's samples name it. */
const NAMES = ['memory', 'descriptors', 'resources', 'children', 'files'] as const;

export type SoakSample = Readonly<Record<(typeof NAMES)[number] | 'seconds', number>>;

/** Medians of the first and of the last third of the rounds, of everything that must not grow. */
export function thirdsOf(
  samples: readonly SoakSample[],
): Record<string, { readonly first: number; readonly last: number }> {
  const third = Math.max(1, Math.floor(samples.length / 3));
  const [first, last] = [samples.slice(0, third), samples.slice(-third)];
  const middle = (some: readonly SoakSample[], name: keyof SoakSample) => median(some.map((sample) => sample[name]));
  return Object.fromEntries(NAMES.map((name) => [name, { first: middle(first, name), last: middle(last, name) }]));
}
