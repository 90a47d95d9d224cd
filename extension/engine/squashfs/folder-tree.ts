import { lstat, readdir, readlink } from 'node:fs/promises';
import { join } from 'node:path';
import { PathSource } from '../io/file-source.ts';
import type { Attributes, DirectoryNode, FsNode } from './node.ts';

/**
 * A folder on disk as a tree, made the same on every machine: owned by root, modes 0755 for folders and executables
 * and 0644 for the rest, all times `mtime`. Symbolic links stay links. Sockets, pipes and devices are left out.
 * @throws the file system's error if something cannot be read.
 */
export async function readFolder(path: string, mtime: number): Promise<DirectoryNode> {
  const names = await readdir(path);
  const children = new Map<string, FsNode>();
  for (const name of names) {
    const node = await readNode(join(path, name), mtime);
    if (node) children.set(name, node);
  }
  return { kind: 'directory', ...attributes(0o755, mtime), children };
}

async function readNode(path: string, mtime: number): Promise<FsNode | undefined> {
  const info = await lstat(path);
  if (info.isDirectory()) return readFolder(path, mtime);
  if (info.isSymbolicLink()) return { kind: 'symlink', ...attributes(0o777, mtime), target: await readlink(path) };
  if (!info.isFile()) return undefined;
  const mode = (info.mode & 0o111) !== 0 && process.platform !== 'win32' ? 0o755 : 0o644;
  return { kind: 'file', ...attributes(mode, mtime), content: new PathSource(path, info.size) };
}

function attributes(mode: number, mtime: number): Attributes {
  return { mode, uid: 0, gid: 0, mtime };
}
