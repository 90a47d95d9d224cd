import type { ByteSource } from '../../io/byte-source.ts';
import type { DecompressBlock } from '../codec/decompress.ts';
import { METADATA_BLOCK_SIZE, METADATA_UNCOMPRESSED } from '../format.ts';
import { SquashfsError } from '../squashfs-error.ts';

interface MetadataBlock {
  readonly bytes: Uint8Array;
  /** Position of the next block's header. */
  readonly next: number;
}

/** Where a record begins: the position of its block's header, and the offset in the uncompressed block. */
export interface MetadataPlace {
  readonly position: number;
  readonly offset: number;
}

/** Blocks kept in memory: 2 MiB, enough for any directory one looks at. */
const CACHED_BLOCKS = 256;

/** Reads metadata blocks, each once while it stays in a small cache. */
export class MetadataReader {
  private readonly cache = new Map<number, MetadataBlock | Promise<MetadataBlock>>();
  private readonly source: ByteSource;
  private readonly decompress: DecompressBlock;

  constructor(source: ByteSource, decompress: DecompressBlock) {
    this.source = source;
    this.decompress = decompress;
  }

  /** A cursor at `offset` in the block whose header is at `position`. */
  at(position: number, offset: number): MetadataCursor {
    return new MetadataCursor(this, position, offset);
  }

  /** A block, at once if it was read. */
  block(position: number): MetadataBlock | Promise<MetadataBlock> {
    const known = this.cache.get(position);
    if (known) return known;
    const reading = this.readBlock(position);
    this.cache.set(position, reading);
    reading.then(
      (block) => this.cache.get(position) === reading && this.cache.set(position, block),
      () => undefined,
    );
    const [oldest] = this.cache.keys();
    if (this.cache.size > CACHED_BLOCKS && oldest !== undefined) this.cache.delete(oldest);
    return reading;
  }

  private async readBlock(position: number): Promise<MetadataBlock> {
    const start = await this.source.read(position, 2);
    if (start.length < 2) throw new SquashfsError(`there is no metadata at byte ${position}`);
    const header = new DataView(start.buffer, start.byteOffset, 2).getUint16(0, true);
    const size = header & ~METADATA_UNCOMPRESSED;
    const stored = await this.source.read(position + 2, size);
    if (size > METADATA_BLOCK_SIZE || stored.length < size)
      throw new SquashfsError(`metadata at byte ${position} is damaged`);
    const isPlain = (header & METADATA_UNCOMPRESSED) !== 0;
    const bytes = isPlain ? stored : await this.decompress(stored, METADATA_BLOCK_SIZE);
    if (bytes.length === 0) throw new SquashfsError(`metadata at byte ${position} is empty`);
    return { bytes, next: position + 2 + size };
  }
}

/** Reads records that may go on from one metadata block into the next. Integers are little-endian. */
export class MetadataCursor {
  private readonly reader: MetadataReader;
  private position: number;
  private offset: number;
  /** The block at the position, once it was read. */
  private block: MetadataBlock | undefined;

  constructor(reader: MetadataReader, position: number, offset: number) {
    this.reader = reader;
    this.position = position;
    this.offset = offset;
  }

  place(): MetadataPlace {
    return { position: this.position, offset: this.offset };
  }

  /** The next bytes, which nobody may change: at once where they are in the block that was read last, as most are. */
  take(length: number): DataView | Promise<DataView> {
    const { offset } = this;
    const block = this.block ?? this.reader.block(this.position);
    if (block instanceof Promise || offset + length > block.bytes.length) return this.gather(length);
    this.block = block;
    this.offset += length;
    return new DataView(block.bytes.buffer, block.bytes.byteOffset + offset, length);
  }

  private async gather(length: number): Promise<DataView> {
    const bytes = new Uint8Array(length);
    for (let filled = 0; filled < length; ) {
      this.block ??= await this.reader.block(this.position);
      const { block } = this;
      if (this.offset >= block.bytes.length) {
        this.offset -= block.bytes.length;
        this.position = block.next;
        this.block = undefined;
        continue;
      }
      const piece = block.bytes.subarray(this.offset, this.offset + length - filled);
      bytes.set(piece, filled);
      filled += piece.length;
      this.offset += piece.length;
    }
    return new DataView(bytes.buffer);
  }
}
