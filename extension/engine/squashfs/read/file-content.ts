import type { ByteSource } from '../../io/byte-source.ts';
import { takeTurns } from '../../turns/take-turns.ts';
import type { DecompressBlock } from '../codec/decompress.ts';
import { DATA_UNCOMPRESSED } from '../format.ts';
import { SquashfsError } from '../squashfs-error.ts';
import { BlockList } from './block-list.ts';
import type { Inode } from './inode-reader.ts';
import type { MetadataCursor, MetadataPlace } from './metadata-reader.ts';

/** What a file's content is read with. */
export interface DataAccess {
  readonly source: ByteSource;
  readonly decompress: DecompressBlock;
  readonly blockSize: number;
  /** Position and on-disk size (with flag) of a fragment. */
  fragment(index: number): Promise<{ position: number; size: number }>;
  /** Reads the inode table on from a place in it. */
  metadataAt(place: MetadataPlace): MetadataCursor;
}

/** The content of a file in an image; only the blocks that are asked for are read and decompressed. */
export class FileContent implements ByteSource {
  readonly size: number;
  private readonly inode: Extract<Inode, { kind: 'file' }>;
  private readonly data: DataAccess;
  private readonly list: BlockList;
  private last: { index: number; bytes: Promise<Uint8Array> } | undefined;

  constructor(inode: Extract<Inode, { kind: 'file' }>, data: DataAccess) {
    this.inode = inode;
    this.data = data;
    this.size = inode.size;
    this.list = new BlockList(inode, data.metadataAt);
  }

  /** @throws SquashfsError if a block is damaged. */
  async read(position: number, length: number): Promise<Uint8Array> {
    const { blockSize } = this.data;
    const end = Math.min(this.size, position + length);
    const bytes = new Uint8Array(Math.max(0, end - position));
    for (let at = position; at < end; ) {
      await takeTurns();
      const index = Math.floor(at / blockSize);
      const block = await this.block(index);
      const from = at - index * blockSize;
      const piece = block.subarray(from, Math.min(block.length, from + end - at));
      if (piece.length === 0) throw new SquashfsError('a data block is shorter than its file says');
      bytes.set(piece, at - position);
      at += piece.length;
    }
    return bytes;
  }

  async nextData(position: number): Promise<number> {
    const { blockSize } = this.data;
    const index = Math.floor(position / blockSize);
    const next = index < this.inode.blockCount ? await this.list.nextData(index) : index;
    return Math.min(this.size, next === index ? position : next * blockSize);
  }

  private block(index: number): Promise<Uint8Array> {
    if (this.last?.index === index) return this.last.bytes;
    const bytes = index < this.inode.blockCount ? this.dataBlock(index) : this.tail();
    this.last = { index, bytes };
    return bytes;
  }

  private async dataBlock(index: number): Promise<Uint8Array> {
    const { blockSize } = this.data;
    const { position, size } = await this.list.block(index);
    const length = Math.min(blockSize, this.size - index * blockSize);
    return size === 0 ? new Uint8Array(length) : this.stored(position, size);
  }

  /** The last bytes of the file, which it shares a fragment for. */
  private async tail(): Promise<Uint8Array> {
    const { position, size } = await this.data.fragment(this.inode.fragment);
    const fragment = await this.stored(position, size);
    const length = this.size % this.data.blockSize;
    return fragment.subarray(this.inode.fragmentOffset, this.inode.fragmentOffset + length);
  }

  private async stored(position: number, size: number): Promise<Uint8Array> {
    const length = size & (DATA_UNCOMPRESSED - 1);
    if (length > this.data.blockSize) throw new SquashfsError('a data block is larger than the block size');
    const bytes = await this.data.source.read(position, length);
    if (bytes.length < length) throw new SquashfsError(`a data block at byte ${position} is cut short`);
    return (size & DATA_UNCOMPRESSED) !== 0 ? bytes : this.data.decompress(bytes, this.data.blockSize);
  }
}
