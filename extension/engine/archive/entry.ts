import type { ByteSource } from '../io/byte-source.ts';

/** A file: its hash, its length, and where its bytes come from (an archive, the disk, memory). */
export interface FileEntry {
  readonly kind: 'file';
  /** BLAKE3 of the content, 32 bytes. */
  readonly hash: Uint8Array;
  /** Length in bytes as signed; the source may be shorter in a damaged archive. */
  readonly size: bigint;
  readonly content: ByteSource;
}

/** A child whose bytes were left out while its hash keeps the parent's signature valid (a partial archive). */
export interface MissingEntry {
  readonly kind: 'missing';
  readonly hash: Uint8Array;
  readonly size: bigint;
}

export interface DirectoryEntry {
  readonly kind: 'directory';
  /** By name. A Map, so that names such as `__proto__` are names like any other. */
  readonly children: ReadonlyMap<string, Entry>;
  /**
   * Hash and largest table size as an archive stated them. Kept for directories that were read, because a table that
   * has lost entries since is smaller than what was signed; absent for directories that are being made.
   */
  readonly signed?: { readonly hash: Uint8Array; readonly size: bigint };
}

export type Entry = FileEntry | MissingEntry | DirectoryEntry;

export function directory(children: Iterable<readonly [string, Entry]>): DirectoryEntry {
  return { kind: 'directory', children: new Map(children) };
}

/** Finds an entry by path segments; undefined if there is none. */
export function lookUp(root: DirectoryEntry, ...segments: readonly string[]): Entry | undefined {
  let entry: Entry | undefined = root;
  for (const segment of segments) entry = entry?.kind === 'directory' ? entry.children.get(segment) : undefined;
  return entry;
}

/** Every entry below `root` with its path, parents before children, in the map's own order. */
export function* walk(root: DirectoryEntry, parent: readonly string[] = []): Generator<[readonly string[], Entry]> {
  for (const [name, entry] of root.children) {
    const path = [...parent, name];
    yield [path, entry];
    if (entry.kind === 'directory') yield* walk(entry, path);
  }
}
