import { crc32 } from 'node:zlib';
import { digestContent } from '../../archive/content.ts';
import type { Blake3 } from '../../hash/blake3.ts';
import { type ByteSource, MemorySource, type Piece, readPassing } from '../../io/byte-source.ts';
import type { StageMeter } from '../../progress.ts';
import { NO_FRAGMENT } from '../format.ts';
import type { FileNode } from '../node.ts';
import { BlockPipeline, type PipelineOptions, type StoredBlock } from './block-pipeline.ts';
import type { FileLayout } from './inode.ts';
import type { FileToWrite } from './read-ahead.ts';

/** Files up to this many bytes are read once, whether an equal one may have been there or not. */
const READ_WHOLE = 1 << 20;

/** Of so many tails in the second half of a fragment one ends it. */
const CUT_EVERY = 8;

/** Where a file's content goes; known in full once all data is written. */
export interface PendingLayout {
  /** Undefined for blocks of zeros. */
  readonly blocks: readonly (StoredBlock | undefined)[];
  readonly fragment: number;
  readonly fragmentOffset: number;
  /** Bytes of zeros that are not stored. */
  readonly sparse: number;
}

/** Of files that are tails only, which most are. */
const NO_BLOCKS: PendingLayout['blocks'] = [];
const NOTHING: PendingLayout = { blocks: NO_BLOCKS, fragment: NO_FRAGMENT, fragmentOffset: 0, sparse: 0 };

export type OnSmallFile = (file: FileNode, bytes: Uint8Array) => void;

/** Writes the contents of files: full blocks, then tails packed together into fragments; equal files once. */
export class DataWriter {
  private readonly fragments: StoredBlock[] = [];
  private readonly fragment: Uint8Array;
  private readonly whole = new Uint8Array(READ_WHOLE);
  private readonly onSmallFile: OnSmallFile | undefined;
  private fragmentUsed = 0;
  private readonly layouts = new Map<string, PendingLayout>();
  private readonly zeros: Uint8Array;
  private readonly pipeline: BlockPipeline;
  private readonly blockSize: number;
  private readonly blake3: Blake3;
  private readonly meter: StageMeter;

  /** @param onSmallFile hears of the bytes of files up to a mebibyte as they pass; they are gone afterwards */
  constructor(options: PipelineOptions, blake3: Blake3, meter: StageMeter, onSmallFile?: OnSmallFile) {
    this.onSmallFile = onSmallFile;
    this.pipeline = new BlockPipeline(options);
    this.blockSize = options.compression.blockSize;
    this.blake3 = blake3;
    this.meter = meter;
    this.fragment = new Uint8Array(this.blockSize);
    this.zeros = new Uint8Array(this.blockSize);
  }

  /**
   * Writes a file's content.
   * @param mayRepeat whether another file has the same size, so that it is worth looking for an equal one first
   * @returns once the next file may come
   */
  async write({ file, bytes }: FileToWrite, mayRepeat: boolean): Promise<PendingLayout> {
    const { content } = file;
    if (content.size === 0) return NOTHING;
    const source = content.size <= READ_WHOLE ? new MemorySource(await this.readWhole(file, bytes)) : content;
    checkLength(source.size, content.size);
    if (!mayRepeat) return this.store(source);
    const { hash } = await digestContent(source, this.blake3);
    // A character a byte: there may be a million.
    const key = Buffer.from(hash).toString('latin1');
    const known = this.layouts.get(key);
    if (known) {
      this.meter.add(content.size);
      return known;
    }
    const layout = await this.store(source);
    this.layouts.set(key, layout);
    return layout;
  }

  private async readWhole(file: FileNode, ahead: FileToWrite['bytes']): Promise<Uint8Array> {
    const bytes = await (ahead ?? this.readSmall(file.content));
    this.onSmallFile?.(file, bytes);
    return bytes;
  }

  /** A small file, in memory that the next one is read into: what is written of it was copied by then. */
  private async readSmall(content: ByteSource): Promise<Uint8Array> {
    const { size } = content;
    if (!content.readInto) return content.read(0, size);
    return this.whole.subarray(0, await content.readInto(0, this.whole.subarray(0, size)));
  }

  private async store(content: ByteSource): Promise<PendingLayout> {
    const blocks: (StoredBlock | undefined)[] = [];
    let sparse = 0;
    let tail: { fragment: number; fragmentOffset: number } = { fragment: NO_FRAGMENT, fragmentOffset: 0 };
    let length = 0;
    for await (const chunk of this.pieces(content)) {
      if ('hole' in chunk) {
        for (let at = 0; at < chunk.hole; at += this.blockSize) blocks.push(undefined);
        sparse += chunk.hole;
        length += chunk.hole;
        this.meter.add(chunk.hole);
        continue;
      }
      for (let start = 0; start < chunk.length; start += this.blockSize) {
        const block = chunk.subarray(start, start + this.blockSize);
        if (block.length < this.blockSize) {
          tail = await this.addTail(block);
        } else if (this.isZero(block)) {
          blocks.push(undefined);
          sparse += block.length;
        } else {
          blocks.push(await this.pipeline.add(block));
        }
        this.meter.add(block.length);
      }
      length += chunk.length;
    }
    checkLength(length, content.size);
    const { fragment, fragmentOffset } = tail;
    return { blocks: blocks.length > 0 ? blocks : NO_BLOCKS, fragment, fragmentOffset, sparse };
  }

  /** The content in order from block to block: bytes, and holes of whole blocks, which are not read. */
  private async *pieces(content: ByteSource): AsyncGenerator<Piece> {
    const chunkSize = 8 * this.blockSize;
    const nextData = content.nextData?.bind(content);
    if (!nextData) {
      yield* readPassing(content, chunkSize);
      return;
    }
    for (let position = 0; position < content.size; ) {
      const gap = (await nextData(position)) - position;
      const hole = gap - (gap % this.blockSize);
      const piece = hole > 0 ? { hole } : await content.read(position, chunkSize);
      const length = 'hole' in piece ? piece.hole : piece.length;
      if (length === 0) return;
      yield piece;
      position += length;
    }
  }

  private isZero(block: Uint8Array): boolean {
    return block[0] === 0 && Buffer.compare(block, this.zeros) === 0;
  }

  private async addTail(tail: Uint8Array): Promise<{ fragment: number; fragmentOffset: number }> {
    if (this.fragmentUsed + tail.length > this.blockSize) await this.flushFragment();
    const place = { fragment: this.fragments.length, fragmentOffset: this.fragmentUsed };
    this.fragment.set(tail, this.fragmentUsed);
    this.fragmentUsed += tail.length;
    // Where a fragment ends is up to what is in it too: after a tail that changed the same ones come about again soon.
    if (this.fragmentUsed >= this.blockSize / 2 && crc32(tail) % CUT_EVERY === 0) await this.flushFragment();
    return place;
  }

  private async flushFragment(): Promise<void> {
    if (this.fragmentUsed === 0) return;
    this.fragments.push(await this.pipeline.add(this.fragment.subarray(0, this.fragmentUsed)));
    this.fragmentUsed = 0;
  }

  /** Ends the data. @returns the position behind it, and the fragment table's records (16 bytes each). */
  async finish(): Promise<{ end: number; fragments: Uint8Array[] }> {
    await this.flushFragment();
    await this.pipeline.drain();
    const fragments = this.fragments.map(({ position, size }) => {
      const record = new Uint8Array(16);
      const view = new DataView(record.buffer);
      view.setBigUint64(0, BigInt(position), true);
      view.setUint32(8, size, true);
      return record;
    });
    return { end: this.pipeline.position, fragments };
  }
}

/** @throws Error if a file is not as long as its tree says; sources of the disk say themselves that they are shorter by now */
function checkLength(actual: number, expected: number): void {
  if (actual === expected) return;
  throw new Error(`a file changed while it was read: ${actual} bytes instead of ${expected}`);
}

/** The layout as the inode says it, once all data is written. */
export function finishLayout({ blocks, ...rest }: PendingLayout): FileLayout {
  const start = blocks.find((block) => block !== undefined)?.position ?? 0;
  return { start, blocks: blocks.map((block) => block?.size ?? 0), ...rest };
}
