import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { BUDGET } from '../../../extension/engine/budget.ts';
import { MemorySink } from '../../../extension/engine/io/byte-sink.ts';
import { MemorySource, readPieces } from '../../../extension/engine/io/byte-source.ts';
import { xzCompressor } from '../../../extension/engine/squashfs/codec/xz.ts';
import type { DirectoryNode, FsNode } from '../../../extension/engine/squashfs/node.ts';
import { SquashfsImage } from '../../../extension/engine/squashfs/read/image-reader.ts';
import { readImageTree } from '../../../extension/engine/squashfs/read/image-tree.ts';
import { SquashfsError } from '../../../extension/engine/squashfs/squashfs-error.ts';
import { writeSquashfs } from '../../../extension/engine/squashfs/write/writer.ts';
import { blake3 } from '../../support/archives.ts';
import { temporaryFolder, tool } from '../../support/tools.ts';
import { mutate } from '../mutate.ts';
import type { Random } from '../random.ts';
import { allowing, type FuzzTarget } from '../target.ts';
import { mutateXz } from '../xz-streams.ts';

const run = promisify(execFile);
/** Of the contents of a changed image no more is read: a bomb is refused by its blocks, not by its bytes. */
const READ_BYTES = 4 << 20;

/** Tables and data as they are, so that a change of a byte is one of a field. */
const PLAIN = ['-noI', '-noId', '-noD', '-noF', '-noX'];

async function seeds(): Promise<Uint8Array[]> {
  await using temporary = await temporaryFolder();
  const folder = join(temporary.path, 'in');
  await mkdir(join(folder, 'a', 'b'), { recursive: true });
  await writeFile(join(folder, 'file'), 'text\n'.repeat(3000));
  await writeFile(join(folder, 'a', 'holes'), new Uint8Array(9000));
  for (let index = 0; index < 40; index++) await writeFile(join(folder, 'a', 'b', `name-${index}`), `${index}`);
  await tool('ln', ['-s', '../file', join(folder, 'a', 'link')]);
  await tool('setfattr', ['-n', 'user.note', '-v', 'value', join(folder, 'file')]).catch(() => undefined);
  const images: Uint8Array[] = [];
  for (const options of [
    PLAIN,
    ['-comp', 'gzip'],
    ['-comp', 'zstd'],
    ['-comp', 'xz'],
    ['-comp', 'xz', '-Xbcj', 'x86', '-Xdict-size', '8K'],
    ['-comp', 'lz4'],
    ['-comp', 'lzo'],
    ['-comp', 'lzma'],
    ['-no-fragments', ...PLAIN],
  ]) {
    const image = join(temporary.path, `${images.length}.squashfs`);
    const args = [folder, image, '-quiet', '-no-progress', '-all-root', '-b', '4096', ...options];
    // Not every mksquashfs has every compressor; the corpus has an image of each that we read.
    const isMade = await tool('mksquashfs', args).then(
      () => true,
      () => false,
    );
    if (isMade) images.push(await readFile(image));
  }
  return images;
}

/** Some, or as many and as large as one inode may have, and one more. */
function xattrsOf(random: Random): Map<string, Uint8Array> {
  const key = (index: number) => `user.${index}${'k'.repeat(random.size(200))}`;
  const of = (count: number, size: number) =>
    new Map(Array.from({ length: count }, (_, index) => [key(index), new Uint8Array(size)]));
  // One inode of an image, mostly: each takes its time.
  switch (random.below(400)) {
    case 0:
      return of(BUDGET.xattrs + random.between(-1, 1), 1);
    case 1:
      return of(1, BUDGET.xattrBytes + random.between(-1, 1));
    case 2:
      return of(BUDGET.xattrSetBytes / BUDGET.xattrBytes + random.below(2), BUDGET.xattrBytes);
    default:
      return new Map([[key(0), random.bytes(random.size(5000))]]);
  }
}

/** Links that lead to each other, as many as are followed, and one more or less; and one in a circle. */
function linkChain(random: Random): DirectoryNode {
  const attributes = { mode: 0o755, uid: 0, gid: 0, mtime: 0 };
  const count = random.near(BUDGET.linksFollowed);
  const link = (target: string): FsNode => ({ kind: 'symlink', ...attributes, target });
  const links = Array.from(
    { length: count },
    (_, n) => [`l${n}`, link(random.oneIn(3) ? `/l${n + 1}` : `./l${n + 1}`)] as const,
  );
  const end: FsNode = { kind: 'directory', ...attributes, children: new Map([['up', link('../../l0')]]) };
  return { kind: 'directory', ...attributes, children: new Map([...links, [`l${count}`, end], ['o', link('o/../o')]]) };
}

/** Folders in each other, as many as a path has room for, and one more or less. */
function deepFolder(random: Random): DirectoryNode {
  const attributes = { mode: 0o755, uid: 0, gid: 0, mtime: 0 };
  let node: DirectoryNode = { kind: 'directory', ...attributes, children: new Map() };
  for (let left = BUDGET.imageDepth + random.between(-2, 2); left > 0; left--)
    node = { kind: 'directory', ...attributes, children: new Map([['d', node]]) };
  return node;
}

function nodeOf(random: Random, depth: number): FsNode {
  const attributes = {
    mode: random.below(0o10000),
    uid: random.pick([0, 1000, 0xffff_ffff]),
    gid: random.below(70_000),
    mtime: random.next(),
    ...(random.oneIn(6) && { xattrs: xattrsOf(random) }),
  };
  const kind = depth === 0 ? random.below(4) : random.below(6);
  if (kind === 0) {
    const length = random.oneIn(20) ? BUDGET.pathBytes + random.between(-1, 1) : 1 + random.size(4000);
    return { kind: 'symlink', ...attributes, target: 'x'.repeat(length) };
  }
  if (kind === 1)
    return {
      kind: random.pick(['block', 'character']),
      ...attributes,
      major: random.below(4096),
      minor: random.next() & 0xfffff,
    };
  if (kind <= 3) {
    const content = random.oneIn(3) ? new Uint8Array(random.size(40_000)) : random.bytes(random.size(20_000));
    return { kind: 'file', ...attributes, content: new MemorySource(content) };
  }
  return folderOf(random, depth, attributes);
}

function folderOf(random: Random, depth: number, attributes: Omit<DirectoryNode, 'kind' | 'children'>): DirectoryNode {
  const count = depth > 6 ? 1 : random.size(depth > 2 ? 4 : 600);
  const children = new Map<string, FsNode>();
  for (let index = 0; index < count; index++) {
    const name = random.oneIn(12) ? 'n'.repeat(random.between(250, 255)) : `${random.below(5000)}`;
    children.set(name, depth > 6 ? folderOf(random, depth - 1, attributes) : nodeOf(random, depth - 1));
  }
  return { kind: 'directory', ...attributes, children };
}

/** The paths of a tree, folders too. */
function* pathsOf(node: FsNode, path = ''): Generator<string> {
  if (node.kind !== 'directory') return;
  for (const [name, child] of node.children) {
    yield `${path}/${name}`;
    yield* pathsOf(child, `${path}/${name}`);
  }
}

async function treeOf(input: Uint8Array): Promise<DirectoryNode | undefined> {
  let tree: DirectoryNode | undefined;
  await allowing([SquashfsError], async () => {
    tree = await readImageTree(await SquashfsImage.open(new MemorySource(input)));
  });
  return tree;
}

/** What another reader lists; undefined if it refuses the image, or dies of it. */
async function listedBy(program: string, args: readonly string[]): Promise<string[] | undefined> {
  try {
    const { stdout, stderr } = await run(program, args, { timeout: 5000, maxBuffer: 64 << 20 });
    return stderr.trim() === '' ? stdout.trim().split('\n') : undefined;
  } catch {
    return undefined;
  }
}

const XZ_MAGIC = Buffer.from('fd377a585a00', 'hex');

/** The native module that images are compressed with is optional. */
const hasXz = await Promise.resolve()
  .then(() => xzCompressor(4096) !== undefined)
  .catch(() => false);

/** Images of root file systems. */
export const squashfsTarget: FuzzTarget = {
  name: 'squashfs',
  covers: [
    'extension/engine/squashfs/superblock.ts',
    'extension/engine/squashfs/read/*.ts',
    'extension/engine/squashfs/codec/{decompress,lz4,xz,inflate}.ts',
  ],
  seeds,

  async make(random) {
    const sink = new MemorySink();
    const shape = random.below(60);
    const special = shape === 0 ? deepFolder(random) : shape === 1 ? linkChain(random) : undefined;
    const root = special ?? folderOf(random, random.oneIn(10) ? 40 : 3, { mode: 0o755, uid: 0, gid: 0, mtime: 0 });
    const compressor = random.pick(['gzip', 'zstd', hasXz ? 'xz' : 'gzip'] as const);
    const blockSize = random.pick([4096, 131_072, 1 << 20]);
    await writeSquashfs(root, sink, { blake3, label: 'fuzz', compressor, blockSize });
    return sink.bytes();
  },

  mutate: (input, other, random) =>
    random.oneIn(2) && Buffer.from(input).includes(XZ_MAGIC) ? mutateXz(input, random) : mutate(input, other, random),

  async read(input) {
    await allowing([SquashfsError], async () => {
      const image = await SquashfsImage.open(new MemorySource(input));
      for (const path of [
        'l0',
        'l1/up',
        'o',
        'a/b/name-1',
        'a/link',
        '..//a/./../file',
        'd/'.repeat(BUDGET.imageDepth),
      ])
        for (const follow of [true, false]) await allowing([SquashfsError], () => image.lookUp(path, follow));
      await allowing([SquashfsError], () => image.ids());
      await allowing([SquashfsError], () => image.xzFilters());
      const tree = await readImageTree(image);
      let read = 0;
      const visit = async (node: FsNode): Promise<void> => {
        if (node.kind === 'directory') for (const child of node.children.values()) await visit(child);
        if (node.kind !== 'file' || read > READ_BYTES) return;
        for await (const piece of readPieces(node.content)) {
          if ('hole' in piece) continue;
          read += piece.length;
          if (read > READ_BYTES) return;
        }
      };
      await visit(tree);
    });
  },

  async compare(input) {
    const tree = await treeOf(input);
    if (!tree) return;
    const ours = [...pathsOf(tree)].sort();
    // Both print names as they are: only what is plain can be compared.
    if (!ours.every((path) => /^[\w./-]+$/.test(path))) return;
    await using temporary = await temporaryFolder();
    const image = join(temporary.path, 'image');
    await writeFile(image, input);
    const described = await listedBy('rdsquashfs', ['-d', image]);
    const paths = described?.map((line) => line.split(' ')[1] ?? '').filter((path) => path !== '/' && path !== '');
    if (paths) assert.deepEqual(paths.map((path) => `/${path.replace(/^\//, '')}`).sort(), ours, 'rdsquashfs');
    const listed = await listedBy('unsquashfs', ['-no-progress', '-l', '-d', '', image]);
    const names = listed?.filter((path) => path.startsWith('/'));
    if (names) assert.deepEqual(names.sort(), ours, 'unsquashfs');
  },
};
