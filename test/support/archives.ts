import { createHash } from 'node:crypto';
import { type DirectoryEntry, directory, type Entry, type FileEntry } from '../../extension/engine/archive/entry.ts';
import type { EntryOrder } from '../../extension/engine/archive/order.ts';
import { writeArchive } from '../../extension/engine/archive/writer.ts';
import { hashBytes } from '../../extension/engine/hash/blake3.ts';
import { fastestBlake3 } from '../../extension/engine/hash/fastest-blake3.ts';
import { MemorySink } from '../../extension/engine/io/byte-sink.ts';
import { MemorySource } from '../../extension/engine/io/byte-source.ts';
import { keyFromSeed } from '../../extension/engine/sign/private-key.ts';

export const blake3 = fastestBlake3();

/** The key of every archive that tests make: a seed of 32 bytes of 01. */
export const testKey = keyFromSeed(new Uint8Array(32).fill(1));

export function file(content: string | Uint8Array): FileEntry {
  const bytes = typeof content === 'string' ? new TextEncoder().encode(content) : content;
  return { kind: 'file', hash: hashBytes(blake3, bytes), size: BigInt(bytes.length), content: new MemorySource(bytes) };
}

/** A tree of strings, bytes and nested trees as entries. */
export interface Tree {
  readonly [name: string]: string | Uint8Array | Tree | Entry;
}

export function tree(shape: Tree): DirectoryEntry {
  return directory(Object.entries(shape).map(([name, value]) => [name, toEntry(value)] as const));
}

function toEntry(value: Tree[string]): Entry {
  if (typeof value === 'string' || value instanceof Uint8Array) return file(value);
  return 'kind' in value && typeof value['kind'] === 'string' ? (value as Entry) : tree(value as Tree);
}

export async function archiveBytes(root: DirectoryEntry, order: EntryOrder = 'priority'): Promise<Uint8Array> {
  const sink = new MemorySink();
  await writeArchive(root, sink, { blake3, signer: { key: testKey }, order });
  return sink.bytes();
}

export function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}
