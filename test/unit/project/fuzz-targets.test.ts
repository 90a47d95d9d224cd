import assert from 'node:assert/strict';
import { test } from 'node:test';
import { coveredFiles } from '../../fuzz/covered-files.ts';
import { TARGETS } from '../../fuzz/targets/index.ts';

test('what a fuzz target covers is there', () => {
  for (const { name, covers } of TARGETS) assert.ok(coveredFiles(covers).length > 0, name);
  assert.equal(new Set(TARGETS.map(({ name }) => name)).size, TARGETS.length, 'names are those of their corpus');
});

test('a source that is no longer there is said, each of several in braces', () => {
  assert.deepEqual(coveredFiles(['test/fuzz/{run,random}.ts']), ['test/fuzz/random.ts', 'test/fuzz/run.ts']);
  assert.throws(() => coveredFiles(['test/fuzz/{run,gone}.ts']), /no source test\/fuzz\/gone\.ts/);
});
