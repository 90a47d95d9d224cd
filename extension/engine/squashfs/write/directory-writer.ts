import { joinBytes } from '../../bytes.ts';
import { INODE_TYPE, MAX_HEADER_ENTRIES, METADATA_BLOCK_SIZE } from '../format.ts';
import type { ListingLayout } from './inode.ts';
import type { MetadataPosition, MetadataWriter } from './metadata-writer.ts';

/** One name in a directory and the inode it stands for. */
export interface ListedEntry {
  readonly name: Uint8Array;
  readonly kind: keyof typeof INODE_TYPE;
  readonly inode: MetadataPosition;
  readonly number: number;
}

/**
 * Writes a directory's listing: entries sorted by name bytes, in runs that share a header. A run ends after 256
 * entries, where the inodes' metadata block changes, where inode numbers are too far apart for 16 bits, and at a
 * metadata block's end, so that the index can point to a header there.
 */
export async function writeListing(entries: readonly ListedEntry[], table: MetadataWriter): Promise<ListingLayout> {
  const { block, offset } = table.position;
  const index: Uint8Array[] = [];
  let size = 0;
  let lastBlock = block;
  for (let start = 0; start < entries.length; ) {
    const position = table.position;
    const run = takeRun(entries, start, METADATA_BLOCK_SIZE - position.offset);
    const first = run[0];
    if (!first) break;
    if (position.block !== lastBlock) {
      index.push(encodeIndexEntry(size, position.block, first.name));
      lastBlock = position.block;
    }
    const bytes = encodeRun(run, first);
    await table.append(bytes);
    size += bytes.length;
    start += run.length;
  }
  // The kernel reads an index only for listings that it calls large; below two blocks it helps nobody.
  return { block, offset, size, index: { count: index.length, bytes: joinBytes(index) } };
}

const RUN_HEADER_SIZE = 12;
const ENTRY_SIZE = 8;

function takeRun(entries: readonly ListedEntry[], start: number, room: number): ListedEntry[] {
  const first = entries[start];
  const run: ListedEntry[] = [];
  if (!first) return run;
  let size = RUN_HEADER_SIZE;
  for (let index = start; index < entries.length && run.length < MAX_HEADER_ENTRIES; index++) {
    const entry = entries[index];
    if (!entry || entry.inode.block !== first.inode.block) break;
    const distance = entry.number - first.number;
    if (distance > 0x7fff || distance < -0x8000) break;
    size += ENTRY_SIZE + entry.name.length;
    if (size > room && run.length > 0) break;
    run.push(entry);
  }
  return run;
}

function encodeRun(run: readonly ListedEntry[], first: ListedEntry): Uint8Array {
  const header = new Uint8Array(RUN_HEADER_SIZE);
  const headerView = new DataView(header.buffer);
  headerView.setUint32(0, run.length - 1, true);
  headerView.setUint32(4, first.inode.block, true);
  headerView.setUint32(8, first.number, true);
  const parts = [header];
  for (const entry of run) {
    const bytes = new Uint8Array(ENTRY_SIZE + entry.name.length);
    const view = new DataView(bytes.buffer);
    view.setUint16(0, entry.inode.offset, true);
    view.setInt16(2, entry.number - first.number, true);
    view.setUint16(4, INODE_TYPE[entry.kind], true);
    view.setUint16(6, entry.name.length - 1, true);
    bytes.set(entry.name, ENTRY_SIZE);
    parts.push(bytes);
  }
  return joinBytes(parts);
}

/** Position in the listing, metadata block that holds it, and the name that stands there. */
function encodeIndexEntry(listingOffset: number, block: number, name: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(12 + name.length);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, listingOffset, true);
  view.setUint32(4, block, true);
  view.setUint32(8, name.length - 1, true);
  bytes.set(name, 12);
  return bytes;
}
