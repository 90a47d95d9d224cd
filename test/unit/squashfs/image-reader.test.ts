import assert from 'node:assert/strict';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { deflateSync, zstdCompressSync } from 'node:zlib';
import fc from 'fast-check';
import { readRootTar } from '../../../extension/engine/image/layer-merge.ts';
import { MemorySink } from '../../../extension/engine/io/byte-sink.ts';
import { type ByteSource, MemorySource, readAll } from '../../../extension/engine/io/byte-source.ts';
import { decompressorOf } from '../../../extension/engine/squashfs/codec/decompress.ts';
import type { DirectoryNode, FsNode } from '../../../extension/engine/squashfs/node.ts';
import { type ImageEntry, SquashfsImage } from '../../../extension/engine/squashfs/read/image-reader.ts';
import { readImageTree } from '../../../extension/engine/squashfs/read/image-tree.ts';
import type { Inode } from '../../../extension/engine/squashfs/read/inode-reader.ts';
import { SquashfsError } from '../../../extension/engine/squashfs/squashfs-error.ts';
import { writeSquashfs } from '../../../extension/engine/squashfs/write/writer.ts';
import { blake3 } from '../../support/archives.ts';
import { makeSample } from '../../support/foreign-package.ts';
import { temporaryFolder, tool } from '../../support/tools.ts';
import { anyTree, type Listing, listTree } from '../../support/trees.ts';

async function listImage(bytes: Uint8Array): Promise<Listing> {
  return listTree(await readImageTree(await SquashfsImage.open(new MemorySource(bytes))));
}

async function imageOf(root: DirectoryNode): Promise<Uint8Array> {
  const sink = new MemorySink();
  await writeSquashfs(root, sink, { blake3, label: 'test' });
  return sink.bytes();
}

async function namesIn(image: SquashfsImage, directory: Inode): Promise<ImageEntry[]> {
  const entries: ImageEntry[] = [];
  for await (const entry of image.list(directory)) entries.push(entry);
  return entries;
}

test('random trees are read back as they were written', async () => {
  await fc.assert(
    fc.asyncProperty(anyTree, async (root) =>
      assert.deepEqual(await listImage(await imageOf(root)), await listTree(root)),
    ),
    { numRuns: 40 },
  );
});

const TOOLS: readonly (readonly [name: string, command: string])[] = [
  ...['gzip', 'xz', 'zstd', 'lz4'].flatMap((compressor) => [
    [`tar2sqfs ${compressor}`, `tar2sqfs -q -f -c ${compressor} out < in.tar`] as const,
    [`mksquashfs ${compressor}`, `mksquashfs in out -quiet -no-progress -noappend -comp ${compressor}`] as const,
  ]),
  [
    'mksquashfs with 1 MiB blocks and no fragments',
    'mksquashfs in out -quiet -no-progress -noappend -b 1M -no-fragments',
  ],
  ['mksquashfs uncompressed', 'mksquashfs in out -quiet -no-progress -noappend -noI -noD -noF'],
  [
    'mksquashfs with always-use-fragments',
    'mksquashfs in out -quiet -no-progress -noappend -always-use-fragments -b 4K',
  ],
];

test('images of the real tools are read, whatever the compressor', async () => {
  await using temporary = await temporaryFolder();
  const folder = join(temporary.path, 'in');
  await mkdir(folder);
  await makeSample(folder);
  await tool('tar', ['-C', folder, '--numeric-owner', '-cf', join(temporary.path, 'in.tar'), '.']);
  const expected = await listTree(await readRootTar(new MemorySource(await readFile(join(temporary.path, 'in.tar')))));
  for (const [name, command] of TOOLS) {
    await tool('sh', ['-c', `rm -f out && ${command}`], { cwd: temporary.path });
    const listing = await listImage(await readFile(join(temporary.path, 'out')));
    assert.equal(listing.size, expected.size, name);
    for (const [path, line] of expected) assert.equal(path === '' ? line : listing.get(path), line, `${name}: ${path}`);
  }
});

const attributes = { mode: 0o755, uid: 0, gid: 0, mtime: 0 };
const link = (target: string): FsNode => ({ kind: 'symlink', ...attributes, target });
const folderOf = (entries: Record<string, FsNode>): DirectoryNode => ({
  kind: 'directory',
  ...attributes,
  children: new Map(Object.entries(entries)),
});

test('paths are looked up inside the image, through links, never out of it', async () => {
  const file: FsNode = { kind: 'file', ...attributes, content: new MemorySource(new TextEncoder().encode('here')) };
  const image = await SquashfsImage.open(
    new MemorySource(
      await imageOf(
        folderOf({
          usr: folderOf({ lib: folderOf({ x: file }) }),
          lib: link('usr/lib'),
          abs: link('/usr'),
          up: link('../../../usr/lib/x'),
          loop: link('loop'),
          gone: link('nowhere'),
        }),
      ),
    ),
  );
  for (const path of ['usr/lib/x', '/usr/./lib/x', 'lib/x', 'abs/lib/x', 'up', 'usr/../lib/x', '../../usr/lib/x']) {
    const inode = await image.lookUp(path);
    assert.ok(inode?.kind === 'file', path);
    assert.equal(Buffer.from(await readAll(image.content(inode), 10)).toString(), 'here');
  }
  for (const path of ['nothing', 'usr/lib/x/y', 'gone']) assert.equal(await image.lookUp(path), undefined, path);
  assert.equal((await image.lookUp('lib', false))?.kind, 'symlink');
  await assert.rejects(image.lookUp('loop'), SquashfsError);
});

test('a bomb is refused, and the next image is read all the same', async () => {
  for (const compressor of ['gzip', 'xz', 'zstd'] as const) {
    const decompress = decompressorOf(compressor);
    await using temporary = await temporaryFolder();
    await writeFile(join(temporary.path, 'zeros'), new Uint8Array(1_000_000));
    const packed =
      compressor === 'gzip'
        ? deflateSync(new Uint8Array(1_000_000))
        : compressor === 'zstd'
          ? zstdCompressSync(new Uint8Array(1_000_000))
          : await tool('sh', ['-c', 'xz -c zeros'], { cwd: temporary.path });
    await assert.rejects(decompress(packed, 8192), SquashfsError, compressor);
    assert.equal((await decompress(packed, 1 << 20)).length, 1_000_000, compressor);
  }
});

test('opening and listing read little', async () => {
  const large = new Uint8Array(20_000_000).map((_, index) => (index * 2654435761) >>> 11);
  const bytes = await imageOf(
    folderOf({ large: { kind: 'file', ...attributes, content: new MemorySource(large) }, small: link('x') }),
  );
  let read = 0;
  const counting: ByteSource = {
    size: bytes.length,
    read: async (position, length) => {
      read += length;
      return bytes.subarray(position, position + length);
    },
  };
  const image = await SquashfsImage.open(counting);
  assert.equal((await namesIn(image, await image.inode(image.root))).length, 2);
  assert.ok(read < 30_000, `${read}`);
});

test('damaged images give errors, not loops or floods', async () => {
  const bytes = await imageOf(
    folderOf({
      a: folderOf({ b: { kind: 'file', ...attributes, content: new MemorySource(new Uint8Array(300_000).fill(5)) } }),
      c: link('a'),
    }),
  );
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.tuple(fc.integer({ min: 0, max: bytes.length - 1 }), fc.integer({ min: 0, max: 255 })), {
        minLength: 1,
        maxLength: 4,
      }),
      async (changes) => {
        const changed = bytes.slice();
        for (const [position, value] of changes) changed[position] = value;
        const work = async () => {
          const image = await SquashfsImage.open(new MemorySource(changed));
          const root = await image.inode(image.root);
          for (const { inode } of await namesIn(image, root)) {
            const child = await image.inode(inode);
            if (child.kind === 'directory') await namesIn(image, child);
          }
          const file = await image.lookUp('a/b');
          if (file?.kind === 'file' && file.size < 1 << 20) await readAll(image.content(file), 1 << 20);
        };
        await work().catch((error: unknown) => assert.ok(error instanceof SquashfsError, String(error)));
      },
    ),
    { numRuns: 400 },
  );
  for (const cut of [0, 50, 96, 200, bytes.length - 5000]) {
    await assert.rejects(SquashfsImage.open(new MemorySource(bytes.subarray(0, Math.max(0, cut)))), SquashfsError);
  }
});

test('extended attributes that we and mksquashfs write are read', async () => {
  await using temporary = await temporaryFolder();
  const source = join(temporary.path, 'source');
  await mkdir(join(source, 'folder'), { recursive: true });
  const large = 'v'.repeat(3000);
  for (let index = 0; index < 60; index++) {
    const path = join(source, 'folder', `f${index}`);
    await writeFile(path, 'x');
    // The same large value many times over: mksquashfs keeps it once and refers to it.
    await tool('setfattr', ['-n', 'user.same', '-v', large, path]);
    await tool('setfattr', ['-n', `user.own${index}`, '-v', `${index}`, path]);
  }
  await tool('setfattr', ['-n', 'user.dir', '-v', 'd', join(source, 'folder')]);
  const image = join(temporary.path, 'image.squashfs');
  await tool('mksquashfs', [source, image, '-quiet', '-no-progress', '-xattrs']);
  const opened = await SquashfsImage.open(new MemorySource(await readFile(image)));
  const read = async (path: string) => {
    const inode = await opened.lookUp(path);
    assert.ok(inode);
    return Object.fromEntries(
      [...(await opened.xattrs(inode))].map(([name, value]) => [name, Buffer.from(value).toString()]),
    );
  };
  assert.deepEqual(await read('folder'), { 'user.dir': 'd' });
  for (const index of [0, 1, 37, 59]) {
    assert.deepEqual(await read(`folder/f${index}`), { 'user.same': large, [`user.own${index}`]: `${index}` });
  }
  assert.deepEqual(await read(''), {});

  const capability = Uint8Array.from([1, 0, 0, 2, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
  const base = { mode: 0o644, uid: 0, gid: 0, mtime: 0 };
  const trusted = new Map([['trusted.t', capability]]);
  const root: DirectoryNode = {
    ...base,
    kind: 'directory',
    xattrs: new Map([['user.root', capability]]),
    children: new Map<string, FsNode>([
      [
        'file',
        {
          ...base,
          kind: 'file',
          content: new MemorySource(capability),
          xattrs: new Map([['security.capability', capability]]),
        },
      ],
      ['link', { ...base, kind: 'symlink', target: 'file', xattrs: trusted }],
      ['null', { ...base, kind: 'character', major: 1, minor: 3, xattrs: trusted }],
      ['pipe', { ...base, kind: 'fifo', xattrs: trusted }],
    ]),
  };
  const sink = new MemorySink();
  await writeSquashfs(root, sink, { blake3, label: 'test' });
  assert.deepEqual(await listImage(sink.bytes()), await listTree(root));
});
