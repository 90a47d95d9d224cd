import assert from 'node:assert/strict';
import { lstat, mkdir, readdir, readFile, readlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import fc from 'fast-check';
import { readRootTar } from '../../../extension/engine/image/layer-merge.ts';
import { MemorySink } from '../../../extension/engine/io/byte-sink.ts';
import { MemorySource } from '../../../extension/engine/io/byte-source.ts';
import type { DirectoryNode, FsNode } from '../../../extension/engine/squashfs/node.ts';
import { SquashfsError } from '../../../extension/engine/squashfs/squashfs-error.ts';
import { type SquashfsOptions, writeSquashfs } from '../../../extension/engine/squashfs/write/writer.ts';
import { blake3, sha256 } from '../../support/archives.ts';
import { canMount, temporaryFolder, tool } from '../../support/tools.ts';
import { anyTree, type Listing, listTree } from '../../support/trees.ts';

async function imageOf(root: DirectoryNode, how: Partial<SquashfsOptions> = {}): Promise<Uint8Array> {
  const sink = new MemorySink();
  const size = await writeSquashfs(root, sink, { blake3, label: 'test', ...how });
  const bytes = sink.bytes();
  assert.equal(bytes.length, size);
  assert.equal(size % 4096, 0);
  return bytes;
}

/** What squashfs-tools-ng reads out of an image, by way of a tar. */
async function listBySqfs2tar(image: string): Promise<Listing> {
  return listTree(await readRootTar(new MemorySource(await tool('sqfs2tar', ['--root-becomes', '.', image]))));
}

async function listFolder(folder: string): Promise<Listing> {
  const listing: Listing = new Map();
  const firstPath = new Map<string, string>();
  const visit = async (path: string): Promise<void> => {
    const full = join(folder, path);
    const info = await lstat(full, { bigint: true });
    const kinds: [boolean, FsNode['kind']][] = [
      [info.isDirectory(), 'directory'],
      [info.isFile(), 'file'],
      [info.isSymbolicLink(), 'symlink'],
      [info.isBlockDevice(), 'block'],
      [info.isCharacterDevice(), 'character'],
      [info.isFIFO(), 'fifo'],
      [info.isSocket(), 'socket'],
    ];
    const kind = kinds.find(([is]) => is)?.[1] ?? 'file';
    const key = `${info.dev}:${info.ino}`;
    const first = kind === 'directory' ? undefined : firstPath.get(key);
    if (kind !== 'directory') firstPath.set(key, first ?? path);
    const seconds = info.mtimeNs / 1_000_000_000n;
    let detail = '';
    if (kind === 'file') detail = `${info.size} ${sha256(await readFile(full))}`;
    if (kind === 'symlink') detail = await readlink(full);
    if (kind === 'block' || kind === 'character') {
      const rdev = info.rdev;
      detail = `${(rdev >> 8n) & 0xfffn},${(rdev & 0xffn) | ((rdev >> 12n) & 0xfff00n)}`;
    }
    const attributes = `${(info.mode & 0o7777n).toString(8)} ${info.uid}:${info.gid} ${seconds}`;
    listing.set(path, `${kind} ${attributes} ${detail}${first ? ` = ${first}` : ''}`.trimEnd());
    if (kind !== 'directory') return;
    const names = (await readdir(full)).sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
    for (const child of names) await visit(`${path}/${child}`);
  };
  await visit('');
  return listing;
}

async function listMounted(image: string, folder: string): Promise<Listing> {
  await mkdir(folder);
  await tool('mount', ['-o', 'loop,ro', '-t', 'squashfs', image, folder]);
  try {
    return await listFolder(folder);
  } finally {
    await tool('umount', [folder]);
  }
}

function assertSame(actual: Listing, expected: Listing, oracle: string): void {
  const lines = (listing: Listing) => [...listing].map(([path, description]) => `${path}: ${description}`).sort();
  assert.deepEqual(lines(actual), lines(expected), oracle);
}

/** Asserts that every oracle reads the tree out of its image. Sockets do not survive a tar. */
async function assertReadable(
  root: DirectoryNode,
  { viaTar = true, how = {} }: { viaTar?: boolean; how?: Partial<SquashfsOptions> } = {},
): Promise<void> {
  await using temporary = await temporaryFolder();
  const image = join(temporary.path, 'image.squashfs');
  await writeFile(image, await imageOf(root, how));
  const expected = await listTree(root);
  if (viaTar) assertSame(await listBySqfs2tar(image), expected, 'sqfs2tar');
  const described = (await tool('rdsquashfs', ['-d', image]))
    .toString()
    .split('\n')
    .filter((line) => line !== '');
  assert.equal(described.length, expected.size - 1, 'rdsquashfs -d lists all but the root');
  if (!canMount) return;
  assertSame(await listMounted(image, join(temporary.path, 'mounted')), expected, 'kernel mount');
  const unpacked = join(temporary.path, 'unpacked');
  await tool('unsquashfs', ['-no-progress', '-d', unpacked, image]);
  assertSame(await listFolder(unpacked), expected, 'unsquashfs');
  const read = join(temporary.path, 'read');
  await mkdir(read);
  await tool('rdsquashfs', ['-q', '-C', '-O', '-T', '-u', '/', '-p', read, image]);
  assertSame(withoutRootAndLinks(await listFolder(read)), withoutRootAndLinks(expected), 'rdsquashfs -u');
}

/** What rdsquashfs unpacks: into a folder of ours, and every name as a file of its own. */
function withoutRootAndLinks(listing: Listing): Listing {
  return new Map(
    [...listing].filter(([path]) => path !== '').map(([path, line]) => [path, line.replace(/ = .*$/, '')]),
  );
}

const attributes = { mode: 0o644, uid: 0, gid: 0, mtime: 1_000_000_000 };
const file = (content: Uint8Array | string, extra: Partial<FsNode> = {}): FsNode =>
  ({
    kind: 'file',
    ...attributes,
    content: new MemorySource(typeof content === 'string' ? new TextEncoder().encode(content) : content),
    ...extra,
  }) as FsNode;
const folder = (entries: Record<string, FsNode>): DirectoryNode => ({
  kind: 'directory',
  ...attributes,
  mode: 0o755,
  children: new Map(Object.entries(entries)),
});

test('an empty image', () => assertReadable(folder({})));

test('every kind of node, hard links, setuid, large ids', async () => {
  const shared = file('shared', { mode: 0o4755, uid: 1000 });
  await assertReadable(
    folder({
      bin: folder({ su: shared, sudo: shared }),
      su: shared,
      empty: file(''),
      link: { kind: 'symlink', ...attributes, mode: 0o777, target: '../outside/of/it' },
      null: { kind: 'character', ...attributes, mode: 0o666, major: 1, minor: 3 },
      disk: { kind: 'block', ...attributes, mode: 0o660, gid: 6, major: 259, minor: 70000 },
      pipe: { kind: 'fifo', ...attributes, mode: 0o600 },
      'ünïcode 名前': file('x', { uid: 4_000_000_000, gid: 65534 } as Partial<FsNode>),
    }),
  );
});

test('a directory of 3,000 files needs an index and several inode blocks', async () => {
  const entries: Record<string, FsNode> = {};
  for (let index = 0; index < 3_000; index++)
    entries[`a file with a rather long name ${index}`] = file(`${index % 50}`);
  await assertReadable(folder({ large: folder(entries), z: file('last') }));
});

test('equal files are stored once', async () => {
  const bytes = new Uint8Array(500_000).map((_, index) => (index * 2654435761) >>> 13);
  const one = await imageOf(folder({ a: file(bytes) }));
  const two = await imageOf(folder({ a: file(bytes), b: file(bytes.slice()) }));
  assert.ok(two.length - one.length <= 4096, `${one.length} ${two.length}`);
  await assertReadable(folder({ a: file(bytes), b: file(bytes.slice()), c: file('a tail'), d: file('a tail') }));
});

test('extended attributes of every kind of node, each set stored once', async () => {
  const capability = Uint8Array.from([1, 0, 0, 2, 0, 4, 0, 0, 0, 0, 0, 0, 0xff, 0x80, 0, 0, 0, 0, 0, 0]);
  const xattrs = new Map([['security.capability', capability]]);
  const several = new Map([
    ['user.comment', new TextEncoder().encode('ünïcode')],
    ['trusted.empty', new Uint8Array(0)],
    ['user.large', new Uint8Array(9000).fill(3)],
  ]);
  const entries: Record<string, FsNode> = {
    ping: file('x', { xattrs }),
    web: file('y', { xattrs: new Map(xattrs) }),
    both: file('z', { xattrs: several }),
    plain: file('w'),
    dir: { ...folder({ inner: file('i') }), xattrs: several },
    link: { kind: 'symlink', ...attributes, mode: 0o777, target: 'ping', xattrs: new Map([['trusted.t', capability]]) },
    pipe: { kind: 'fifo', ...attributes, xattrs: new Map([['trusted.t', capability]]) },
    null: { kind: 'character', ...attributes, major: 1, minor: 3, xattrs: new Map([['trusted.t', capability]]) },
  };
  for (let index = 0; index < 700; index++) {
    entries[`n${index}`] = file('n', { xattrs: new Map([['user.n', new TextEncoder().encode(`${index}`)]]) });
  }
  const root = folder(entries);
  await using temporary = await temporaryFolder();
  const image = join(temporary.path, 'image.squashfs');
  await writeFile(image, await imageOf(root));
  assertSame(await listBySqfs2tar(image), await listTree(root), 'sqfs2tar');
  if (!canMount) return;
  const mounted = join(temporary.path, 'mounted');
  await mkdir(mounted);
  await tool('mount', ['-o', 'loop,ro', '-t', 'squashfs', image, mounted]);
  try {
    const value = await tool('getfattr', ['--only-values', '-n', 'security.capability', join(mounted, 'ping')]);
    assert.deepEqual(new Uint8Array(value), capability);
    const large = await tool('getfattr', ['--only-values', '-n', 'user.large', join(mounted, 'dir')]);
    assert.equal(large.length, 9000);
    const last = await tool('getfattr', ['--only-values', '-n', 'user.n', join(mounted, 'n699')]);
    assert.equal(last.toString(), '699');
    const all = await tool('getfattr', ['-h', '-d', '-m', '-', join(mounted, 'link')]);
    assert.match(all.toString(), /trusted\.t/);
  } finally {
    await tool('umount', [mounted]);
  }
});

test('blocks of zeros take no room', async () => {
  const zeros = new Uint8Array(8 << 20);
  assert.equal((await imageOf(folder({ zeros: file(zeros) }))).length, 4096);
  zeros[5 << 20] = 1;
  await assertReadable(folder({ zeros: file(zeros) }));
});

test('every compressor, level and block size is read back', async () => {
  const text = 'a line that repeats, with a number: ';
  const lines = Array.from({ length: 40_000 }, (_, index) => `${text}${index}\n`).join('');
  const root = folder({ text: file(lines), tail: file(lines.slice(0, 5000)), zeros: file(new Uint8Array(3_000_000)) });
  const sizes: number[] = [];
  for (const how of [
    { compressor: 'gzip', level: 1 },
    { compressor: 'gzip', level: 9, blockSize: 4096 },
    { compressor: 'gzip', level: 9, blockSize: 1 << 20 },
    { compressor: 'zstd', blockSize: 4096 },
    { compressor: 'zstd', blockSize: 1 << 20 },
    { compressor: 'zstd', level: 19 },
    { compressor: 'xz' },
    { compressor: 'xz', blockSize: 4096 },
    { compressor: 'xz', blockSize: 1 << 20 },
  ] as const) {
    await assertReadable(root, { how });
    sizes.push((await imageOf(root, how)).length);
  }
  assert.equal(new Set(sizes).size, sizes.length, `levels and sizes matter: ${sizes.join(', ')}`);
  for (const how of [
    { level: 10 },
    { level: 0 },
    { compressor: 'xz', level: 6 } as const,
    { blockSize: 5000 },
    { blockSize: 2048 },
    { blockSize: 1 << 21 },
  ]) {
    await assert.rejects(imageOf(root, how), SquashfsError, JSON.stringify(how));
  }
});

test('an export table names every inode by its number', async () => {
  const many = Array.from({ length: 3000 }, (_, index) => [`file-${index}`, file(`${index}`)] as const);
  const root = folder({ sub: folder(Object.fromEntries(many)), other: file('other') });
  await assertReadable(root, { how: { exportTable: true } });
  await using temporary = await temporaryFolder();
  const path = join(temporary.path, 'image');
  const image = await imageOf(root, { exportTable: true });
  await writeFile(path, image);
  assert.match((await tool('unsquashfs', ['-s', path])).toString(), /^Filesystem is exportable via NFS/m);
  if (!canMount) return;
  const found = await tool('python3', ['test/support/inodes_by_handle.py', path]);
  assert.equal(found.toString(), 'same 3003 of 3003\n');
});

test('a deep tree', async () => {
  let root = folder({ end: file('here') });
  for (let level = 0; level < 100; level++) root = folder({ [`d${level}`]: root });
  await assertReadable(root);
});

test('random trees are read back by every oracle', async () => {
  await fc.assert(
    fc.asyncProperty(anyTree, (root) => assertReadable(root, { viaTar: !hasSocket(root) })),
    { numRuns: 25 },
  );
});

function hasSocket(node: FsNode): boolean {
  return node.kind === 'socket' || (node.kind === 'directory' && [...node.children.values()].some(hasSocket));
}

test('the same tree gives the same bytes, whatever the order of its names', async () => {
  await fc.assert(
    fc.asyncProperty(anyTree, async (root) => {
      const reversed = (node: DirectoryNode): DirectoryNode => ({
        ...node,
        children: new Map(
          [...node.children]
            .reverse()
            .map(([key, child]) => [key, child.kind === 'directory' ? reversed(child) : child]),
        ),
      });
      assert.equal(sha256(await imageOf(root)), sha256(await imageOf(reversed(root))));
    }),
    { numRuns: 20 },
  );
});

test('a name over 255 bytes is refused', async () => {
  await assert.rejects(imageOf(folder({ ['x'.repeat(256)]: file('') })), SquashfsError);
});
