import assert from 'node:assert/strict';
import { test } from 'node:test';
import { exponentOf } from '../../bench/scale/exponent.ts';
import { SERIES } from '../../bench/scale/series.ts';
import { temporaryFolder } from '../../support/tools.ts';

/** Two sizes of each series, eight times apart: what is quadratic takes 64 times as long. */
const SIZES: Readonly<Record<string, readonly [number, number]>> = {
  'write an image': [1000, 8000],
  'walk through an image': [1000, 8000],
  'check a manifest (json)': [100_000, 800_000],
  'check a manifest (yaml)': [50_000, 400_000],
  'check a manifest (toml)': [50_000, 400_000],
  'check a manifest (ts)': [100_000, 800_000],
  'check wrappers': [5, 40],
};

/** Half way between linear and quadratic: processor time on a busy machine is not exact. */
const LIMIT = 1.5;

test('the exponent of a power law is found', () => {
  const points = (exponent: number) => [1, 10, 100, 1000].map((size) => ({ size, cost: 3 * size ** exponent }));
  for (const exponent of [0, 1, 2]) assert.ok(Math.abs(exponentOf(points(exponent)) - exponent) < 1e-9);
});

for (const [name, sizes] of Object.entries(SIZES)) {
  test(`${name}: work grows with size, not with its square`, async () => {
    const series = SERIES.find((one) => one.name === name);
    assert.ok(series, `there is no series "${name}"`);
    const points = [];
    for (const size of sizes) {
      await using temporary = await temporaryFolder();
      await series.prepare?.(size, temporary.path);
      const work = series.start(size, temporary.path);
      await work();
      points.push({ size, cost: Math.min(await processorTime(work), await processorTime(work)) });
    }
    const exponent = exponentOf(points);
    assert.ok(exponent < LIMIT, `${exponent.toFixed(2)}: ${JSON.stringify(points)}`);
  });
}

/** Microseconds of processor time that work takes, threads included. */
async function processorTime(work: () => Promise<unknown>): Promise<number> {
  const before = process.cpuUsage();
  await work();
  const { user, system } = process.cpuUsage(before);
  return user + system;
}
