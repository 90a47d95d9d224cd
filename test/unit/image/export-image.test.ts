import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import fc from 'fast-check';
import type { DirectoryEntry } from '../../../extension/engine/archive/entry.ts';
import { exportImage } from '../../../extension/engine/browse/export-image.ts';
import { openBrowser } from '../../../extension/engine/browse/open-browser.ts';
import { PackageBrowser } from '../../../extension/engine/browse/package-browser.ts';
import { BUDGET } from '../../../extension/engine/budget.ts';
import { FindingError } from '../../../extension/engine/finding.ts';
import { encodeConfigEnv, encodeConfigJson } from '../../../extension/engine/image/image-config.ts';
import { openImage } from '../../../extension/engine/image/image-source.ts';
import { MemorySink } from '../../../extension/engine/io/byte-sink.ts';
import { MemorySource } from '../../../extension/engine/io/byte-source.ts';
import { Closers } from '../../../extension/engine/io/closers.ts';
import { type DirectoryNode, type FsNode, xattrBytes } from '../../../extension/engine/squashfs/node.ts';
import { SquashfsImage } from '../../../extension/engine/squashfs/read/image-reader.ts';
import { readImageTree } from '../../../extension/engine/squashfs/read/image-tree.ts';
import { writeSquashfs } from '../../../extension/engine/squashfs/write/writer.ts';
import { blake3 } from '../../support/archives.ts';
import { multiarchTar } from '../../support/multiarch.ts';
import { validPackage } from '../../support/packages.ts';
import { temporaryFolder } from '../../support/tools.ts';
import { anyTree, listTree } from '../../support/trees.ts';
import { olderPackage, olderSections, version1Package } from '../../support/version-1.ts';
import { savedImage } from '../../support/wrapper-03.ts';

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

test('an image of a package for StartOS 0.3 is taken out as its layers give it, in both forms', async () => {
  await using temporary = await temporaryFolder();
  await using closers = new Closers();
  const tag = 'start9/older/main:1.2.3.1';
  const images = multiarchTar({ aarch64: savedImage('arm64', tag), x86_64: savedImage('amd64', tag) });
  for (const [name, bytes] of [
    ['multi', version1Package(olderSections(images))],
    ['single', olderPackage()],
  ] as const) {
    const browser = await openBrowser(new MemorySource(bytes), blake3);
    for (const format of ['tar', 'oci'] as const) {
      const output = join(temporary.path, `${name}-${format}`);
      assert.deepEqual(await exportImage(browser, { id: 'main', arch: 'x86_64', format, output }), []);
      const image = await openImage(output, closers, { arch: 'x86_64', scratch: temporary.path });
      assert.ok(image.kind === 'tree');
      assert.deepEqual([...image.root.children.keys()].sort(), ['bin', 'etc', 'sh']);
      const folder = image.root.children.get('etc');
      const hostname = folder?.kind === 'directory' ? folder.children.get('hostname') : undefined;
      assert.ok(hostname?.kind === 'file');
      assert.equal(Buffer.from(await hostname.content.read(0, 99)).toString(), 'amd64\n');
    }
    const output = join(temporary.path, 'none');
    for (const choice of [
      { id: 'web', arch: 'x86_64' },
      { id: 'main', arch: 'riscv64' },
    ]) {
      await assert.rejects(exportImage(browser, { ...choice, format: 'tar', output }), (error) => {
        assert.ok(error instanceof FindingError);
        return error.findings[0]?.code === 'file-missing';
      });
    }
    const damaged = await openBrowser(new MemorySource(bytes.with(-1, 0)), blake3);
    await assert.rejects(exportImage(damaged, { id: 'main', arch: 'x86_64', format: 'tar', output }), (error) => {
      assert.ok(error instanceof FindingError);
      return error.findings[0]?.code === 'signature-invalid';
    });
    assert.equal(existsSync(output), false);
  }
});

test('an image whose files share attributes that are many together is refused', async () => {
  const attributes = { mode: 0o644, uid: 0, gid: 0, mtime: 0 };
  const xattrs = (what: string, count: number, size: number, length = 0) =>
    new Map(
      Array.from({ length: count }, (_, index) => [`user.${what}${index}`.padEnd(length, 'x'), new Uint8Array(size)]),
    );
  // Neighbours have others, so that none can be kept for the next.
  const sets = [xattrs('a', 15, BUDGET.xattrBytes), xattrs('b', 15, BUDGET.xattrBytes)];
  const opened = async (files: number) => {
    const fifo = (index: number): [string, FsNode] => [
      `${index}`,
      { kind: 'fifo', ...attributes, xattrs: sets[index % 2] ?? new Map() },
    ];
    const children = new Map(Array.from({ length: files }, (_, index) => fifo(index)));
    return SquashfsImage.open(new MemorySource(await squashfsOf({ kind: 'directory', ...attributes, children })));
  };
  await assert.rejects(readImageTree(await opened(280)), /attributes would take more than 268435456 bytes/);
  assert.equal((await readImageTree(await opened(10))).children.size, 10);
  assert.ok(xattrBytes(xattrs('n', 100, 0, 200)) > 20_000, 'names take memory, too');
  const long = new Map<string, FsNode>([['f', { kind: 'fifo', ...attributes, xattrs: xattrs('c', 1, 0, 256) }]]);
  const image = await squashfsOf({ kind: 'directory', ...attributes, children: long });
  await assert.rejects(
    readImageTree(await SquashfsImage.open(new MemorySource(image))),
    /the name of an extended attribute is too long/,
  );
});
