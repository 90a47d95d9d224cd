import { concatBytes, joinBytes } from '../bytes.ts';
import { type Blake3, hashBytes } from '../hash/blake3.ts';
import type { DirectoryEntry, Entry } from './entry.ts';
import { compareNames, nameBytes } from './names.ts';
import { encodeVarint, varintSize } from './varint.ts';

/** Bytes of an entry after its name, by type: missing 41, file 49, directory 57 (s9pk-v2 section 1.3). */
const ENTRY_TAIL = { missing: 41, file: 49, directory: 57 } as const;

/** Length in bytes of a directory's table of contents with its children as they are now. */
export function tableSize(directory: DirectoryEntry): number {
  let size = varintSize(directory.children.size);
  for (const [name, entry] of directory.children) {
    const length = nameBytes(name).length;
    size += varintSize(length) + length + ENTRY_TAIL[entry.kind];
  }
  return size;
}

/** An entry's hash and size as its parent's table states them. */
export interface Digest {
  readonly hash: Uint8Array;
  readonly size: bigint;
}

/**
 * The hash and the size of an entry. A directory read from an archive keeps what was signed; one that is being made
 * is hashed, each once however often it is asked for.
 */
export function digestOf(entry: Entry, blake3: Blake3): Digest {
  if (entry.kind !== 'directory') return entry;
  return entry.signed ?? digestDirectory(entry, blake3);
}

const digests = new WeakMap<DirectoryEntry, Digest>();

/** Sighash and table size of a directory from its children (s9pk-v2 section 1.4), whatever an archive stated. */
export function digestDirectory(directory: DirectoryEntry, blake3: Blake3): Digest {
  const known = digests.get(directory);
  if (known) return known;
  const parts = [encodeVarint(directory.children.size)];
  const names = [...directory.children.keys()].sort(compareNames);
  for (const name of names) {
    const entry = directory.children.get(name);
    if (entry) parts.push(encodeEntry(name, digestOf(entry, blake3)), Uint8Array.of(0));
  }
  const digest = { hash: hashBytes(blake3, joinBytes(parts)), size: BigInt(tableSize(directory)) };
  digests.set(directory, digest);
  return digest;
}

/** The part of an entry that is the same in a table and in a sighash: name, hash, size (big-endian u64). */
export function encodeEntry(name: string, digest: Digest): Uint8Array {
  const bytes = nameBytes(name);
  return concatBytes(encodeVarint(bytes.length), bytes, digest.hash, encodeU64(digest.size));
}

export function encodeU64(value: bigint): Uint8Array {
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setBigUint64(0, value);
  return bytes;
}
