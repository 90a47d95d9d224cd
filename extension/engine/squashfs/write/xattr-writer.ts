import { encodeName } from '../../byte-names.ts';
import { concatBytes, joinBytes } from '../../bytes.ts';
import type { CompressBlock } from '../codec/compress.ts';
import { METADATA_BLOCK_SIZE, NO_XATTRS } from '../format.ts';
import { SquashfsError } from '../squashfs-error.ts';
import { encodeIndexedTable, MetadataWriter } from './metadata-writer.ts';

/** Numbers of the namespaces of extended attributes. */
const NAMESPACES = ['user.', 'trusted.', 'security.'] as const;

/** Whether squashfs can hold an extended attribute of this name. */
export function isStorableXattr(name: string): boolean {
  return NAMESPACES.some((namespace) => name.startsWith(namespace) && name.length > namespace.length);
}

/**
 * The tables of extended attributes: sets of names and values, each set once however many inodes have it, and a list
 * of the sets. Kept in memory like the other tables.
 */
export class XattrWriter {
  private readonly pairs: MetadataWriter;
  private readonly indexes = new Map<string, number>();
  private readonly records: Uint8Array[] = [];
  private readonly compress: CompressBlock;

  constructor(compress: CompressBlock) {
    this.compress = compress;
    this.pairs = new MetadataWriter(compress);
  }

  /** Index of a set, for an inode; that of none if there are no attributes. @throws SquashfsError on other namespaces. */
  async add(xattrs: ReadonlyMap<string, Uint8Array> | undefined): Promise<number> {
    if (!xattrs || xattrs.size === 0) return NO_XATTRS;
    const encoded = [...xattrs].sort(([a], [b]) => (a < b ? -1 : 1)).map(([name, value]) => encodePair(name, value));
    const bytes = joinBytes(encoded);
    const key = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('latin1');
    const known = this.indexes.get(key);
    if (known !== undefined) return known;
    const { block, offset } = this.pairs.position;
    const record = new Uint8Array(16);
    const view = new DataView(record.buffer);
    view.setBigUint64(0, (BigInt(block) << 16n) | BigInt(offset), true);
    view.setUint32(8, encoded.length, true);
    view.setUint32(12, bytes.length, true);
    await this.pairs.append(bytes);
    this.records.push(record);
    this.indexes.set(key, this.records.length - 1);
    return this.records.length - 1;
  }

  /**
   * Ends the tables. @param start position in the image where they will stand
   * @returns their bytes, and the position that the superblock points to; undefined if no inode has attributes
   */
  async finish(start: number): Promise<{ bytes: Uint8Array; header: number } | undefined> {
    if (this.records.length === 0) return undefined;
    const pairs = await this.pairs.finish();
    const ids = await encodeIndexedTable(this.records, start + pairs.length, this.compress);
    // The list of block positions comes last in the id table; the header stands right before it.
    const listSize = Math.ceil((this.records.length * 16) / METADATA_BLOCK_SIZE) * 8;
    const header = new Uint8Array(16);
    const view = new DataView(header.buffer);
    view.setBigUint64(0, BigInt(start), true);
    view.setUint32(8, this.records.length, true);
    const blocks = ids.bytes.subarray(0, ids.bytes.length - listSize);
    const list = ids.bytes.subarray(ids.bytes.length - listSize);
    return { bytes: concatBytes(pairs, blocks, header, list), header: start + pairs.length + blocks.length };
  }
}

function encodePair(name: string, value: Uint8Array): Uint8Array {
  const namespace = NAMESPACES.findIndex((prefix) => name.startsWith(prefix));
  if (!isStorableXattr(name)) throw new SquashfsError(`squashfs cannot hold the extended attribute ${name}`);
  const key = encodeName(name.slice(NAMESPACES[namespace]?.length));
  const bytes = new Uint8Array(8 + key.length + value.length);
  const view = new DataView(bytes.buffer);
  view.setUint16(0, namespace, true);
  view.setUint16(2, key.length, true);
  bytes.set(key, 4);
  view.setUint32(4 + key.length, value.length, true);
  bytes.set(value, 8 + key.length);
  return bytes;
}
