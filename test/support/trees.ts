import fc from 'fast-check';
import { MemorySource, readAll } from '../../extension/engine/io/byte-source.ts';
import type { DirectoryNode, FsNode } from '../../extension/engine/squashfs/node.ts';
import { sha256 } from './archives.ts';

/** One line a path that says everything about it: what two file systems are compared by. */
export type Listing = Map<string, string>;

/** The listing of a tree that is in memory. Hard links are named by the first path, in sorted order. */
export async function listTree(root: DirectoryNode): Promise<Listing> {
  const listing: Listing = new Map();
  const firstPath = new Map<FsNode, string>();
  const visit = async (node: FsNode, path: string): Promise<void> => {
    const attributes = `${(node.mode & 0o7777).toString(8)} ${node.uid}:${node.gid} ${Math.floor(node.mtime)}`;
    const xattrs = [...(node.xattrs ?? [])]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, value]) => ` ${key}=${Buffer.from(value).toString('hex')}`)
      .join('');
    const first = firstPath.get(node);
    if (node.kind !== 'directory') firstPath.set(node, first ?? path);
    listing.set(
      path,
      `${node.kind} ${attributes} ${await describe(node)}${xattrs}${first ? ` = ${first}` : ''}`.trimEnd(),
    );
    if (node.kind !== 'directory') return;
    const names = [...node.children.keys()].sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
    for (const name of names) {
      const child = node.children.get(name);
      if (child) await visit(child, `${path}/${name}`);
    }
  };
  await visit(root, '');
  return listing;
}

async function describe(node: FsNode): Promise<string> {
  switch (node.kind) {
    case 'file':
      return `${node.content.size} ${sha256(await readAll(node.content, 1 << 30))}`;
    case 'symlink':
      return node.target;
    case 'block':
    case 'character':
      return `${node.major},${node.minor}`;
    default:
      return '';
  }
}

const name = fc
  .string({ minLength: 1, maxLength: 20, unit: 'grapheme' })
  .filter(
    (text) =>
      !/[/\0\n\\]/.test(text) &&
      text !== '.' &&
      text !== '..' &&
      Buffer.byteLength(text) < 256 &&
      !/\p{Cs}/u.test(text),
  );
const attributes = {
  mode: fc.integer({ min: 0, max: 0o7777 }),
  uid: fc.constantFrom(0, 1, 1000, 65534, 100000),
  gid: fc.constantFrom(0, 5, 1000, 4000000),
  mtime: fc.integer({ min: 0, max: 0xffffffff }),
};

/** Contents that meet every rule of the data writer: empty, tails, whole blocks, blocks of zeros, repeated. */
const content = fc
  .tuple(fc.constantFrom(0, 1, 5, 4096, 131071, 131072, 131073, 300000, 524288), fc.integer({ min: 0, max: 3 }))
  .map(([size, seed]) => {
    const bytes = new Uint8Array(size);
    // Seed 0 leaves zeros; seed 3 puts a block of zeros in the middle.
    if (seed > 0) for (let index = 0; index < size; index++) bytes[index] = (index * seed * 2654435761) >>> 24;
    if (seed === 3) bytes.fill(0, 131072, 262144);
    return new MemorySource(bytes);
  });

const leaf: fc.Arbitrary<FsNode> = fc.oneof(
  { weight: 5, arbitrary: fc.record({ kind: fc.constant('file' as const), ...attributes, content }) },
  fc.record({ kind: fc.constant('symlink' as const), ...attributes, mode: fc.constant(0o777), target: name }),
  fc.record({
    kind: fc.constantFrom('block' as const, 'character' as const),
    ...attributes,
    major: fc.integer({ min: 0, max: 4095 }),
    minor: fc.integer({ min: 0, max: 0xfffff }),
  }),
  fc.record({ kind: fc.constantFrom('fifo' as const, 'socket' as const), ...attributes }),
);

/** Random file systems of a few levels. */
export const anyTree: fc.Arbitrary<DirectoryNode> = fc.letrec<{ node: FsNode; directory: DirectoryNode }>((tie) => ({
  node: fc.oneof({ maxDepth: 4 }, leaf, tie('directory')),
  directory: fc.record({
    kind: fc.constant('directory' as const),
    ...attributes,
    children: fc
      .uniqueArray(fc.tuple(name, tie('node')), { maxLength: 8, selector: ([key]) => key })
      .map((entries) => new Map(entries)),
  }),
})).directory;
