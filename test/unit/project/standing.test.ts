import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import type { Measurements } from '../../bench/compare.ts';
import { noiseOf, ratio } from '../../bench/standing/readings.ts';
import { readResults, writeResults } from '../../bench/standing/results.ts';
import { type BenchParts, otherMachines, type Row, rowsOf } from '../../bench/standing/rows.ts';
import { summaryOf, tableOf } from '../../bench/standing/table.ts';
import { YARDSTICK } from '../../bench/standing/yardstick.ts';
import { TARGETS } from '../../bench/targets.ts';
import { thisMachine } from '../../support/results.ts';
import { temporaryFolder } from '../../support/tools.ts';

const WHAT = 'verify a package of 1.00 GB';

/** What the part `packages` measures, with seconds of each round of ours and of b3sum's. */
function packages(ours: readonly number[], theirs: readonly number[], cores = 2): BenchParts {
  const contender = (name: string, seconds: readonly number[]) => ({
    ...{ name, seconds: middle(seconds), processorSeconds: middle(seconds), ratio: 1, processorRatio: 1 },
    each: { seconds, processorSeconds: seconds },
  });
  const contenders = [contender('s9pk (native)', ours), contender('b3sum --num-threads 1', theirs)];
  const measured = [{ what: WHAT, contenders, rounds: ours.length }];
  return { packages: { machine: { ...thisMachine(), cores }, measured, noted: {}, sampled: {} } };
}

/** What the part `manifests` measures, where a keystroke takes so many milliseconds and the yardstick so many seconds. */
function manifests(milliseconds: number, yardstick: number): BenchParts {
  const sampled = { 'validate, ms': Array(9).fill(milliseconds), [YARDSTICK]: Array(9).fill(yardstick) };
  return { manifests: { machine: thisMachine(), measured: [], noted: {}, sampled } };
}

const middle = (values: readonly number[]) => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;

function rowOf(rows: readonly Row[], id: string): Row {
  const row = rows.find(({ target }) => target.id === id);
  assert.ok(row, id);
  return row;
}

test('every target has an id of its own, and a row even if nothing was measured', () => {
  assert.equal(new Set(TARGETS.map(({ id }) => id)).size, TARGETS.length);
  const rows = rowsOf({});
  assert.equal(rows.length, TARGETS.length);
  assert.ok(rows.every(({ reading, isMet }) => reading === undefined && isMet === undefined));
  assert.match(summaryOf(rows), new RegExp(`${TARGETS.length} not measured$`));
});

test('a target is met up to its bound, on the side that is meant', () => {
  const row = (ours: number) => rowOf(rowsOf(packages([ours, ours, ours], [1, 1, 1])), 'verify-native');
  assert.deepEqual([row(1.1).isMet, row(1.2).isMet], [true, false]);
  assert.equal(row(1.2).reading?.value, 1.2);
  assert.match(tableOf([row(1.2)]), /verify a package.*b3sum.*1\.2 ×.*≤ 1\.1 ×.*NO/);
});

test('the noise of a ratio is that of its rounds, in which both take turns', () => {
  const read = ratio('verify a package', 's9pk', 'b3sum');
  const of = (parts: BenchParts) => read(parts['packages'] as Measurements);
  assert.equal(of(packages([1, 2, 4], [1, 2, 4]))?.noise, 0, 'what is slow for both says nothing');
  assert.ok((of(packages([1, 2, 4], [1, 1, 1]))?.noise ?? 0) > 1);
  assert.equal(noiseOf([1]), 0);
  assert.ok(noiseOf([1, 1.1, 0.9, 1, 1, 1.05, 0.95, 100]) < 0.05, 'one that went wrong does not count');
});

test('only what is worse by more than the noise of both runs is called so', () => {
  const change = (ours: readonly number[], before: readonly number[]) =>
    rowOf(rowsOf(packages(ours, [1, 1, 1]), packages(before, [1, 1, 1])), 'verify-native').change;
  assert.equal(change([1.3, 1.31, 1.29], [1, 1.01, 0.99]), 'worse');
  assert.equal(change([1, 1.01, 0.99], [1.3, 1.31, 1.29]), 'better');
  assert.equal(change([1.05, 1.05, 1.05], [1, 1, 1]), 'same', 'a twentieth is nothing');
  assert.equal(change([1.3, 1.6, 1], [1, 1.3, 0.7]), 'same', 'the rounds differ by more');
});

test('where more is meant, less is worse', () => {
  const sections = (openssl: number): BenchParts => {
    const contenders = [
      { name: 's9pk', seconds: 1, processorSeconds: 1, ratio: 1, processorRatio: 1 },
      { name: 'openssl dgst -sha512', seconds: openssl, processorSeconds: 1, ratio: 1, processorRatio: 1 },
    ];
    const measured = [{ what: 'verify a package for 0.3 of 2.00 GB', contenders, rounds: 3 }];
    return { sections: { machine: thisMachine(), measured, noted: {}, sampled: {} } };
  };
  const row = rowOf(rowsOf(sections(0.8), sections(1)), 'sections-verify');
  assert.deepEqual([row.isMet, row.change], [false, 'worse']);
});

test('times are compared as multiples of what the same work took in each run', () => {
  const change = (now: BenchParts, before: BenchParts) => rowOf(rowsOf(now, before), 'keystroke-validate').change;
  assert.equal(change(manifests(10, 0.1), manifests(5, 0.05)), 'same', 'a machine half as fast');
  assert.equal(change(manifests(10, 0.05), manifests(5, 0.05)), 'worse');
  const { [YARDSTICK]: _, ...sampled } = manifests(5, 1)['manifests']?.sampled ?? {};
  const without = { manifests: { machine: thisMachine(), measured: [], noted: {}, sampled } };
  assert.equal(change(manifests(10, 0.05), without), undefined, 'nothing to compare with');
});

test('another machine is told of', () => {
  const [two, four] = [packages([1], [1]), packages([1], [1], 4)];
  assert.deepEqual(otherMachines(two, two), []);
  assert.deepEqual(
    otherMachines(two, four).map(({ part, now, before }) => [part, now.cores, before.cores]),
    [['packages', 2, 4]],
  );
});

test('how time and memory grow is read from the points of a series', () => {
  const points = [1, 10, 100].map((size) => ({ size: size * 100e6, processor: size ** 2, memory: size * 10e6 }));
  const noted = { 'verify a package, points': JSON.stringify(points) };
  const rows = rowsOf({ scale: { machine: thisMachine(), measured: [], noted, sampled: {} } });
  const [time, memory] = ['exponent-verify-a-package', 'memory-verify-a-package'].map((id) => rowOf(rows, id));
  assert.equal(time?.reading?.value.toFixed(6), '2.000000');
  assert.equal(memory?.reading?.value, 1000);
  assert.deepEqual([time?.isMet, memory?.isMet], [false, false]);
  assert.equal(rowOf(rows, 'exponent-open-a-package').reading, undefined);
});

test('what was too short to measure has no figure', () => {
  assert.equal(rowOf(rowsOf(packages([1, 1, 1], [0, 0, 0])), 'verify-native').reading, undefined);
});

test('results are read as they were written, and what was measured of one part alone as that part', async () => {
  await using folder = await temporaryFolder();
  const path = join(folder.path, 'results.json');
  const parts = packages([1, 2, 3], [1, 1, 1]);
  await writeResults(path, parts, rowsOf(parts));
  assert.deepEqual(await readResults(path, undefined), parts);
  const { machine, measured, noted } = parts['packages'] as Measurements & { machine: object };
  await writeFile(path, JSON.stringify({ machine, measured, noted }));
  assert.deepEqual(await readResults(path, 'packages'), parts);
  await assert.rejects(readResults(path, undefined), /has no parts/);
});
