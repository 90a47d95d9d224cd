import { concatBytes, joinBytes } from '../../bytes.ts';
import type { CompressBlock } from '../codec/compress.ts';
import { METADATA_BLOCK_SIZE, METADATA_UNCOMPRESSED } from '../format.ts';

/** Where something stands in a metadata table. */
export interface MetadataPosition {
  /** Position of the block's header, in bytes from the table's start. */
  readonly block: number;
  /** Offset in the uncompressed block. */
  readonly offset: number;
}

/**
 * A metadata table: a stream of records cut into blocks of 8 KiB, each compressed if that makes it smaller. Kept in
 * memory (about 10 bytes a file once compressed), because tables stand behind the data.
 */
export class MetadataWriter {
  private readonly written: Uint8Array[] = [];
  private writtenSize = 0;
  private readonly block = new Uint8Array(METADATA_BLOCK_SIZE);
  private used = 0;
  private readonly compress: CompressBlock;

  constructor(compress: CompressBlock) {
    this.compress = compress;
  }

  /** Where the next record will start. */
  get position(): MetadataPosition {
    return { block: this.writtenSize, offset: this.used };
  }

  async append(record: Uint8Array): Promise<void> {
    for (let start = 0; start < record.length; ) {
      const piece = record.subarray(start, start + METADATA_BLOCK_SIZE - this.used);
      this.block.set(piece, this.used);
      this.used += piece.length;
      start += piece.length;
      if (this.used === METADATA_BLOCK_SIZE) await this.flush();
    }
  }

  /** Ends the table and gives its bytes. */
  async finish(): Promise<Uint8Array> {
    if (this.used > 0) await this.flush();
    return joinBytes(this.written);
  }

  private async flush(): Promise<void> {
    const plain = this.block.slice(0, this.used);
    const packed = await this.compress(plain);
    const isSmaller = packed.length < plain.length;
    const body = isSmaller ? packed : plain;
    const header = new Uint8Array(2);
    new DataView(header.buffer).setUint16(0, isSmaller ? body.length : body.length | METADATA_UNCOMPRESSED, true);
    this.written.push(header, body);
    this.writtenSize += 2 + body.length;
    this.used = 0;
  }
}

/**
 * A table of records of equal size with a list of its blocks' positions behind it: the ids and the fragments.
 * @param start position of the table in the image
 * @returns the bytes, and where in the image the list of block positions starts (what the superblock points to)
 */
export async function encodeIndexedTable(
  records: readonly Uint8Array[],
  start: number,
  compress: CompressBlock,
): Promise<{ bytes: Uint8Array; list: number }> {
  const writer = new MetadataWriter(compress);
  const blocks: number[] = [];
  for (const record of records) {
    const { block, offset } = writer.position;
    if (offset === 0) blocks.push(block);
    await writer.append(record);
  }
  const table = await writer.finish();
  const list = new Uint8Array(blocks.length * 8);
  const view = new DataView(list.buffer);
  for (const [index, block] of blocks.entries()) view.setBigUint64(index * 8, BigInt(start + block), true);
  return { bytes: concatBytes(table, list), list: start + table.length };
}
