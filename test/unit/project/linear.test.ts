import assert from 'node:assert/strict';
import { test } from 'node:test';
import { exponentOf } from '../../bench/scale/exponent.ts';
import { SERIES, type Series } from '../../bench/scale/series.ts';
import { temporaryFolder } from '../../support/tools.ts';

/** Two sizes of each series, eight times apart: what is quadratic takes 64 times as long. */
const SIZES: Readonly<Record<string, readonly [number, number]>> = {
  'verify a package': [16_000_000, 128_000_000],
  'open a package': [16_000_000, 128_000_000],
  'pack a package': [4_000_000, 32_000_000],
  'extract a package': [4_000_000, 32_000_000],
  'image from a tar': [1000, 8000],
  'image from a folder': [250, 2000],
  'search an image for keys': [1000, 8000],
  'extract an image': [125, 1000],
  'write an image': [1000, 8000],
  'walk through an image': [1000, 8000],
  'check a manifest (json)': [100_000, 800_000],
  'check a manifest (yaml)': [50_000, 400_000],
  'check a manifest (toml)': [50_000, 400_000],
  'check a manifest (ts)': [100_000, 800_000],
  'check a manifest of mistakes': [50_000, 400_000],
  'check wrappers': [5, 40],
};

/** Half way to the next power: processor time on a busy machine is not exact. */
const MARGIN = 0.5;
/** What is as slow as this every time is slow; what is busy beside it, and memory that is tidied up, comes and goes. */
const ATTEMPTS = 6;

test('the exponent of a power law is found', () => {
  const points = (exponent: number) => [1, 10, 100, 1000].map((size) => ({ size, cost: 3 * size ** exponent }));
  for (const exponent of [0, 1, 2]) assert.ok(Math.abs(exponentOf(points(exponent)) - exponent) < 1e-9);
});

test('all that is said to be linear is looked at', () => {
  assert.deepEqual(Object.keys(SIZES).sort(), SERIES.map(({ name }) => name).sort());
});

for (const series of SERIES) {
  const growth = series.exponent === 1 ? 'work grows with size, not with its square' : 'work does not grow with size';
  test(`${series.name}: ${growth}`, async () => {
    const [small, large] = SIZES[series.name] ?? [];
    assert.ok(small !== undefined && large !== undefined);
    await using few = await begun(series, small);
    await using many = await begun(series, large);
    let exponent = Number.POSITIVE_INFINITY;
    const tried: string[] = [];
    for (let attempt = 0; attempt < ATTEMPTS && exponent >= series.exponent + MARGIN; attempt++) {
      // Both one after the other: compared with the best of other times, the larger one would be the slower the more often it is tried.
      const points = [];
      for (const { size, work } of [few, many]) points.push({ size, cost: await processorTime(work) });
      exponent = exponentOf(points);
      tried.push(`${exponent.toFixed(2)} of ${JSON.stringify(points)}`);
    }
    assert.ok(exponent < series.exponent + MARGIN, tried.join('\n'));
  });
}

/** Work of a size that was done once, so that code is compiled. */
async function begun(
  series: Series,
  size: number,
): Promise<{ size: number; work: () => Promise<unknown> } & AsyncDisposable> {
  const temporary = await temporaryFolder();
  await series.prepare?.(size, temporary.path);
  const work = series.start(size, temporary.path);
  await work();
  return { size, work, [Symbol.asyncDispose]: () => temporary[Symbol.asyncDispose]() };
}

/** Microseconds of processor time that work takes, threads included. */
async function processorTime(work: () => Promise<unknown>): Promise<number> {
  const before = process.cpuUsage();
  await work();
  const { user, system } = process.cpuUsage(before);
  return user + system;
}
