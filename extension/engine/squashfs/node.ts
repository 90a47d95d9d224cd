import { compareNames } from '../archive/names.ts';
import type { ByteSource } from '../io/byte-source.ts';

/** What every file system object has. */
export interface Attributes {
  /** Permission bits with setuid, setgid and sticky: the low 12 bits of st_mode. */
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  /** Seconds since 1970; squashfs holds 32 unsigned bits. */
  readonly mtime: number;
  /** Extended attributes by full name (`security.capability`); namespaces that squashfs has no number for are refused. */
  readonly xattrs?: ReadonlyMap<string, Uint8Array>;
}

export interface FileNode extends Attributes {
  readonly kind: 'file';
  readonly content: ByteSource;
}

export interface SymlinkNode extends Attributes {
  readonly kind: 'symlink';
  readonly target: string;
}

export interface DeviceNode extends Attributes {
  readonly kind: 'block' | 'character';
  readonly major: number;
  readonly minor: number;
}

export interface SpecialNode extends Attributes {
  readonly kind: 'fifo' | 'socket';
}

export interface DirectoryNode extends Attributes {
  readonly kind: 'directory';
  /** By name, in any order. */
  readonly children: ReadonlyMap<string, FsNode>;
}

/**
 * One object of a file system that is to become a squashfs image. A node that stands under several names is a hard
 * link: identity is the object's, not the path's.
 */
export type FsNode = FileNode | SymlinkNode | DeviceNode | SpecialNode | DirectoryNode;

/** Files in the order of their paths, which is that of tars: neighbours there are read together and stand together here. */
export function* listFiles(directory: DirectoryNode): Generator<FileNode> {
  for (const [, child] of sortedChildren(directory)) {
    if (child.kind === 'file') yield child;
    else if (child.kind === 'directory') yield* listFiles(child);
  }
}

/** The entries of a directory by the bytes of their names. */
export function sortedChildren(directory: DirectoryNode): [string, FsNode][] {
  return [...directory.children].sort(([a], [b]) => compareNames(a, b));
}

/** What an attribute takes beside its name and value: its place in a map, a text and an array. */
const XATTR_OVERHEAD = 256;

/** About how many bytes extended attributes take. */
export function xattrBytes(xattrs: Attributes['xattrs']): number {
  let bytes = 0;
  for (const [name, value] of xattrs ?? []) bytes += name.length + value.length + XATTR_OVERHEAD;
  return bytes;
}

/** Bytes of all contents. */
export function sumSizes(files: Iterable<FileNode>): number {
  let sum = 0;
  for (const { content } of files) sum += content.size;
  return sum;
}
