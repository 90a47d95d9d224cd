import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { BUDGET } from '../../../extension/engine/budget.ts';
import { describePackage } from '../../../extension/worker/look/describe-package.ts';
import { listInPackage } from '../../../extension/worker/look/look-into-package.ts';
import { verifyFile } from '../../../extension/worker/look/verify-file.ts';
import { closePackage } from '../../../extension/worker/packages/opened-packages.ts';
import { packagesOnDisk } from '../../../extension/worker/packages/packages-on-disk.ts';
import type { EntrySummary } from '../../../extension/worker/protocol.ts';
import { archiveBytes, type Tree } from '../../support/archives.ts';
import { validPackage } from '../../support/packages.ts';
import { temporaryFolder } from '../../support/tools.ts';

const files = (count: number): Tree =>
  Object.fromEntries(Array.from({ length: count }, (_, index) => [`file-${10_000 + index}`, 'x']));

/** All that a summary tells of. */
function countOf(entries: readonly EntrySummary[]): number {
  return entries.reduce((sum, { children = [] }) => sum + 1 + countOf(children), 0);
}

async function describe(root: Parameters<typeof archiveBytes>[0]) {
  await using temporary = await temporaryFolder();
  const file = join(temporary.path, 'x.s9pk');
  await writeFile(file, await archiveBytes(root));
  const summary = await describePackage(packagesOnDisk, { file, knownSigners: {}, ownKeys: false });
  const { children } = await listInPackage(packagesOnDisk, { file, path: 'images' }, {});
  closePackage(file);
  return { summary, children };
}

test('what is in a package is told as far as a view shows it; folders with more are listed when they are opened', async () => {
  const many = BUDGET.pageOfNames + 5;
  const { summary, children } = await describe(validPackage({ images: { x86_64: files(many), aarch64: files(3) } }));
  assert.ok(countOf(summary.entries) <= BUDGET.pageOfNames);
  const images = summary.entries.find(({ name }) => name === 'images');
  const [small, large] = images?.children ?? [];
  assert.deepEqual([small?.name, small?.children?.length, small?.isLazy], ['aarch64', 3, undefined]);
  assert.deepEqual([large?.name, large?.children, large?.isLazy, large?.size], ['x86_64', undefined, true, many]);
  assert.equal(images?.size, many + 3);
  assert.deepEqual(
    children.map(({ name }) => name),
    ['aarch64', 'x86_64'],
  );
  assert.equal(summary.isCut, undefined);
});

test('a package with too many entries at its top tells of the first, and that there are more', async () => {
  const { summary } = await describe(validPackage(files(BUDGET.pageOfNames)));
  assert.equal(summary.entries.length, BUDGET.pageOfNames);
  assert.equal(summary.isCut, true);
});

test('of a package with many files, as many are told to be intact as a view shows before the verdict', async () => {
  await using temporary = await temporaryFolder();
  const file = join(temporary.path, 'x.s9pk');
  await writeFile(file, await archiveBytes(validPackage({ images: { x86_64: files(BUDGET.pageOfNames + 5) } })));
  const told: boolean[] = [];
  const onChecked = (_: string, isGood: boolean) => told.push(isGood);
  await verifyFile(packagesOnDisk, { file, knownSigners: {}, ownKeys: false }, { onChecked });
  assert.deepEqual([told.length, told.every(Boolean)], [BUDGET.pageOfNames, true]);
});
