import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { BUDGET } from '../../../extension/engine/budget.ts';
import { MemorySink } from '../../../extension/engine/io/byte-sink.ts';
import { MemorySource } from '../../../extension/engine/io/byte-source.ts';
import type { FsNode } from '../../../extension/engine/squashfs/node.ts';
import { writeSquashfs } from '../../../extension/engine/squashfs/write/writer.ts';
import { listInPackage, readInPackage, statInPackage } from '../../../extension/worker/look/look-into-package.ts';
import { closePackage } from '../../../extension/worker/packages/opened-packages.ts';
import { packagesOnDisk } from '../../../extension/worker/packages/packages-on-disk.ts';
import { archiveBytes, blake3 } from '../../support/archives.ts';
import { validPackage } from '../../support/packages.ts';
import { temporaryFolder } from '../../support/tools.ts';

const PATH = 'images/x86_64/main.squashfs';
const attributes = { mode: 0o644, uid: 0, gid: 0, mtime: 0 };

test('an editor is given files in one piece up to a limit, and names in pages', async () => {
  await using temporary = await temporaryFolder();
  const file = join(temporary.path, 'x.s9pk');
  const of = (size: number): FsNode => ({
    kind: 'file',
    ...attributes,
    content: new MemorySource(new Uint8Array(size)),
  });
  const many = Array.from({ length: BUDGET.pageOfNames + 5 }, (_, index) => [`${index + 10_000}`, of(0)] as const);
  const root = {
    kind: 'directory' as const,
    ...attributes,
    children: new Map<string, FsNode>([
      ['fits', of(BUDGET.editorBytes)],
      ['large', of(BUDGET.editorBytes + 1)],
      ['many', { kind: 'directory', ...attributes, children: new Map(many) }],
    ]),
  };
  const sink = new MemorySink();
  await writeSquashfs(root, sink, { blake3, label: 'test' });
  await writeFile(file, await archiveBytes(validPackage({ images: { x86_64: { 'main.squashfs': sink.bytes() } } })));
  const at = (path: string) => ({ file, path: `${PATH}/${path}` });
  try {
    assert.equal((await readInPackage(packagesOnDisk, at('fits'))).bytes.length, BUDGET.editorBytes);
    await assert.rejects(readInPackage(packagesOnDisk, at('large')), /too large for an editor; extract it instead/);
    await assert.rejects(readInPackage(packagesOnDisk, at('many')), /not a file/);
    assert.equal((await statInPackage(packagesOnDisk, at('large'))).node?.size, BUDGET.editorBytes + 1);
    assert.deepEqual(await statInPackage(packagesOnDisk, at('none')), {});
    const first = await listInPackage(packagesOnDisk, at('many'), {});
    assert.deepEqual([first.children.length, first.isCut], [BUDGET.pageOfNames, true]);
    const last = await listInPackage(packagesOnDisk, { ...at('many'), from: BUDGET.pageOfNames }, {});
    assert.deepEqual(
      [last.children.map(({ name }) => name).at(-1), last.isCut],
      [`${BUDGET.pageOfNames + 10_004}`, false],
    );
  } finally {
    closePackage(file);
  }
});
