import { createHash } from 'node:crypto';
import { digestContent } from '../../archive/content.ts';
import { encodeName } from '../../byte-names.ts';
import { toHex } from '../../bytes.ts';
import type { Blake3Hasher } from '../../hash/blake3.ts';
import { PathSource } from '../../io/file-source.ts';
import { StageMeter } from '../../progress.ts';
import { type DirectoryNode, type FsNode, listFiles, sortedChildren, sumSizes } from '../../squashfs/node.ts';
import { takeTurns } from '../../turns/take-turns.ts';
import { factsOf, type IndexedSource, type SourceFacts } from './source-index.ts';

/**
 * A folder of files without extended attributes, as `readFolder` gives it, known by all that an image of it holds: names, modes,
 * targets of links, and the bytes of files.
 */
export function indexedFolder(path: string, root: DirectoryNode): IndexedSource {
  return {
    path,
    facts: () => factsOfTree(root),
    async hash(label, work) {
      const meter = new StageMeter(`Hashing ${label}`, sumSizes(listFiles(root)), work);
      const hasher = work.blake3.create();
      for (const [name, node, depth] of everything(root)) {
        await takeTurns(work.signal);
        describe(hasher, name, node, depth);
        if (node.kind === 'file') hasher.update((await digestContent(node.content, work.blake3, meter)).hash);
      }
      return toHex(hasher.digest());
    },
  };
}

/** What is in the tree, and what the file system says of each file of it. */
async function factsOfTree(root: DirectoryNode): Promise<SourceFacts> {
  const hash = createHash('sha256');
  let changed = 0;
  for (const [name, node, depth] of everything(root)) {
    describe(hash, name, node, depth);
    if (node.kind !== 'file') continue;
    if (!(node.content instanceof PathSource)) throw new TypeError('a file of the tree is not on the disk');
    const file = await factsOf(node.content.path);
    changed = Math.max(changed, file.changed);
    hash.update(`${file.facts}\0`);
  }
  return { facts: hash.digest('hex'), changed };
}

/** The root, and everything in it in the order of names, each with how many folders it is below the root. */
function* everything(node: FsNode, name = '', depth = 0): Generator<[name: string, node: FsNode, depth: number]> {
  yield [name, node, depth];
  if (node.kind !== 'directory') return;
  for (const [child, inner] of sortedChildren(node)) yield* everything(inner, child, depth + 1);
}

/** Names and targets hold no NUL, so that no two trees give the same bytes. */
function describe(hasher: Pick<Blake3Hasher, 'update'>, name: string, node: FsNode, depth: number): void {
  const { kind, mode, uid, gid, mtime } = node;
  const target = node.kind === 'symlink' ? node.target : '';
  hasher.update(encodeName(`${[depth, kind, mode, uid, gid, mtime].join(' ')}\0${name}\0${target}\0`));
}
