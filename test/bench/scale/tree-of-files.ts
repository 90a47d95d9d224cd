import { MemorySource } from '../../../extension/engine/io/byte-source.ts';
import type { DirectoryNode, FsNode } from '../../../extension/engine/squashfs/node.ts';

const attributes = { mode: 0o644, uid: 0, gid: 0, mtime: 0 };

/** What is in each file: a hundred bytes. */
export const FILE_TEXT = new TextEncoder().encode('a file of a hundred bytes or so, '.repeat(3));

/** The folders of so many files, a thousand in each. */
export function* foldersOf(files: number): Generator<[name: string, folder: DirectoryNode]> {
  for (let first = 0; first < files; first += 1000) {
    const children = new Map<string, FsNode>();
    for (let index = first; index < Math.min(files, first + 1000); index++)
      children.set(`file-${index}`, { kind: 'file', ...attributes, content: new MemorySource(FILE_TEXT) });
    yield [`folder-${first / 1000}`, { kind: 'directory', ...attributes, mode: 0o755, children }];
  }
}

/** A root with such folders. */
export function treeOf(files: number): DirectoryNode {
  return { kind: 'directory', ...attributes, mode: 0o755, children: new Map(foldersOf(files)) };
}
