import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import fc from 'fast-check';
import type { DirectoryEntry } from '../../../extension/engine/archive/entry.ts';
import { exportImage } from '../../../extension/engine/browse/export-image.ts';
import { PackageBrowser } from '../../../extension/engine/browse/package-browser.ts';
import { FindingError } from '../../../extension/engine/finding.ts';
import { encodeConfigEnv, encodeConfigJson } from '../../../extension/engine/image/image-config.ts';
import { openImage } from '../../../extension/engine/image/image-source.ts';
import { MemorySink } from '../../../extension/engine/io/byte-sink.ts';
import { MemorySource } from '../../../extension/engine/io/byte-source.ts';
import { Closers } from '../../../extension/engine/io/closers.ts';
import type { DirectoryNode, FsNode } from '../../../extension/engine/squashfs/node.ts';
import { SquashfsImage } from '../../../extension/engine/squashfs/read/image-reader.ts';
import { readImageTree } from '../../../extension/engine/squashfs/read/image-tree.ts';
import { writeSquashfs } from '../../../extension/engine/squashfs/write/writer.ts';
import { blake3 } from '../../support/archives.ts';
import { validPackage } from '../../support/packages.ts';
import { temporaryFolder } from '../../support/tools.ts';
import { anyTree, listTree } from '../../support/trees.ts';

const CONFIG = { env: ['PATH=/bin', 'A=b c'], workdir: '/srv', user: 'web:www', entrypoint: ['/run'], cmd: null };

async function squashfsOf(root: DirectoryNode): Promise<Uint8Array> {
  const sink = new MemorySink();
  await writeSquashfs(root, sink, { blake3, label: 'test' });
  return sink.bytes();
}

const browse = (root: DirectoryEntry) => new PackageBrowser(root, blake3);

async function packageWith(root: DirectoryNode) {
  const image = {
    'main.squashfs': await squashfsOf(root),
    'main.json': encodeConfigJson(CONFIG),
    'main.env': encodeConfigEnv(CONFIG),
  };
  return browse(validPackage({ images: { riscv64: image } }));
}

const shared: FsNode = {
  kind: 'file',
  mode: 0o644,
  uid: 1,
  gid: 2,
  mtime: 3,
  content: new MemorySource(Buffer.from('x')),
};
const ROOT: DirectoryNode = {
  ...{ kind: 'directory', mode: 0o755, uid: 0, gid: 0, mtime: 0 },
  children: new Map([
    ['a', shared],
    ['b', shared],
  ]),
};

test('a tree is read out of an image as it was put in, hard links included', async () => {
  await fc.assert(
    fc.asyncProperty(anyTree, async (root) => {
      const image = await SquashfsImage.open(new MemorySource(await squashfsOf(root)));
      assert.deepEqual(await listTree(await readImageTree(image)), await listTree(root));
    }),
    { numRuns: 25 },
  );
  const image = await SquashfsImage.open(new MemorySource(await squashfsOf(ROOT)));
  const { children } = await readImageTree(image);
  assert.ok(children.get('a') === children.get('b') && children.size === 2);
});

test('an exported image is taken again as it is: as a tar, and as an OCI layout with its configuration', async () => {
  await using temporary = await temporaryFolder();
  await using closers = new Closers();
  const root = await packageWith(ROOT);
  for (const format of ['tar', 'oci'] as const) {
    const output = join(temporary.path, format);
    assert.deepEqual(await exportImage(root, { id: 'main', arch: 'riscv64', format, output }), []);
    const image = await openImage(output, closers, { arch: 'riscv64', scratch: temporary.path });
    assert.ok(image.kind === 'tree');
    assert.deepEqual(await listTree(image.root), await listTree(ROOT));
    if (format === 'oci') assert.deepEqual(image.config, CONFIG);
    await assert.rejects(exportImage(root, { id: 'main', arch: 'riscv64', format, output }), /is there already/);
  }
  await assert.rejects(
    openImage(join(temporary.path, 'oci'), closers, { arch: 'x86_64', scratch: temporary.path }),
    /riscv64/,
  );
});

test('what is not there, or damaged, is not exported', async () => {
  await using temporary = await temporaryFolder();
  const output = join(temporary.path, 'out');
  const root = await packageWith(ROOT);
  const failing = (arch: string, from = root) =>
    assert.rejects(exportImage(from, { id: 'main', arch, format: 'oci', output }), FindingError);
  await failing('x86_64');
  await failing('riscv64', browse(validPackage({ images: { riscv64: { 'main.squashfs': 'no image' } } })));
  assert.equal(existsSync(output), false);
});
