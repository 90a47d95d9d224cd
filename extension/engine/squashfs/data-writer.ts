import { availableParallelism } from 'node:os';
import { digestContent } from '../archive/content.ts';
import { toHex } from '../bytes.ts';
import type { Blake3 } from '../hash/blake3.ts';
import type { ByteSink } from '../io/byte-sink.ts';
import { readChunks } from '../io/byte-source.ts';
import type { StageMeter } from '../progress.ts';
import type { CompressBlock } from './compress.ts';
import { DATA_UNCOMPRESSED, NO_FRAGMENT } from './format.ts';
import { EMPTY_LAYOUT, type FileLayout } from './inode.ts';
import type { FileNode } from './node.ts';

/** A data block or a fragment as it stands in the image. */
interface StoredBlock {
  readonly position: number;
  /** On-disk size with the flag for uncompressed blocks. */
  readonly size: number;
}

/** Blocks in memory for each core: some being compressed or written, the others waiting, so that no core runs dry. */
const BLOCKS_PER_CORE = 6;

/**
 * Compresses blocks in parallel and writes them in the order in which they were submitted, so that the image does not
 * depend on which thread was faster. At most a few blocks per core are in memory.
 */
class BlockPipeline {
  position: number;
  private readonly slots: Promise<unknown>[] = [];
  private lastWrite: Promise<unknown> = Promise.resolve();
  private readonly sink: ByteSink;
  private readonly compress: CompressBlock;

  constructor(sink: ByteSink, position: number, compress: CompressBlock) {
    this.sink = sink;
    this.position = position;
    this.compress = compress;
  }

  /** Waits until there is room for one more block. */
  async room(): Promise<void> {
    if (this.slots.length >= BLOCKS_PER_CORE * availableParallelism()) await this.slots.shift();
  }

  /** Takes a block; the result is known once it is written. Await {@link room} before. */
  submit(block: Uint8Array): Promise<StoredBlock> {
    const stored = this.store(block, this.compress(block), this.lastWrite);
    this.lastWrite = stored;
    // Failures reach whoever awaits the layout; until then they must not count as unhandled.
    stored.catch(() => undefined);
    this.slots.push(stored);
    return stored;
  }

  private async store(block: Uint8Array, packing: Promise<Uint8Array>, before: Promise<unknown>): Promise<StoredBlock> {
    const [packed] = await Promise.all([packing, before]);
    const isSmaller = packed.length < block.length;
    const bytes = isSmaller ? packed : block;
    const stored = { position: this.position, size: isSmaller ? bytes.length : bytes.length | DATA_UNCOMPRESSED };
    this.position += bytes.length;
    await this.sink.write(bytes);
    return stored;
  }

  /** Waits for the last block. @throws what writing or compressing threw. */
  async drain(): Promise<void> {
    await this.lastWrite;
  }
}

/** Writes the contents of files: full blocks, then tails packed together into fragments; equal files once. */
export class DataWriter {
  readonly fragments: Promise<StoredBlock>[] = [];
  private fragment: Uint8Array;
  private fragmentUsed = 0;
  private readonly layouts = new Map<string, Promise<FileLayout>>();
  private readonly zeros: Uint8Array;
  private readonly pipeline: BlockPipeline;
  private readonly blockSize: number;
  private readonly blake3: Blake3;
  private readonly meter: StageMeter;

  constructor(
    sink: ByteSink,
    start: number,
    blockSize: number,
    compress: CompressBlock,
    blake3: Blake3,
    meter: StageMeter,
  ) {
    this.pipeline = new BlockPipeline(sink, start, compress);
    this.blockSize = blockSize;
    this.blake3 = blake3;
    this.meter = meter;
    this.fragment = new Uint8Array(blockSize);
    this.zeros = new Uint8Array(blockSize);
  }

  /**
   * Writes a file's content.
   * @param mayRepeat whether another file has the same size, so that it is worth looking for an equal one first
   * @returns once the next file may come; its `layout` is known when its blocks are written
   */
  async write(file: FileNode, mayRepeat: boolean): Promise<{ layout: Promise<FileLayout> }> {
    if (file.content.size === 0) return { layout: Promise.resolve(EMPTY_LAYOUT) };
    if (!mayRepeat) return this.store(file);
    const { hash } = await digestContent(file.content, this.blake3);
    const key = `${file.content.size}:${toHex(hash)}`;
    const known = this.layouts.get(key);
    if (known) {
      this.meter.add(file.content.size);
      return { layout: known };
    }
    const stored = await this.store(file);
    this.layouts.set(key, stored.layout);
    return stored;
  }

  private async store(file: FileNode): Promise<{ layout: Promise<FileLayout> }> {
    const blocks: (Promise<StoredBlock> | undefined)[] = [];
    let sparse = 0;
    let tail: { fragment: number; fragmentOffset: number } = { fragment: NO_FRAGMENT, fragmentOffset: 0 };
    let length = 0;
    for await (const chunk of readChunks(file.content, 8 * this.blockSize)) {
      for (let start = 0; start < chunk.length; start += this.blockSize) {
        const block = chunk.subarray(start, start + this.blockSize);
        if (block.length < this.blockSize) {
          tail = await this.addTail(block);
        } else if (this.isZero(block)) {
          blocks.push(undefined);
          sparse += block.length;
        } else {
          await this.pipeline.room();
          blocks.push(this.pipeline.submit(block));
        }
        this.meter.add(block.length);
      }
      length += chunk.length;
    }
    if (length !== file.content.size) {
      throw new Error(`a file changed while it was read: ${length} bytes instead of ${file.content.size}`);
    }
    const layout = finishLayout(blocks, tail, sparse);
    layout.catch(() => undefined);
    return { layout };
  }

  private isZero(block: Uint8Array): boolean {
    return block[0] === 0 && Buffer.compare(block, this.zeros) === 0;
  }

  private async addTail(tail: Uint8Array): Promise<{ fragment: number; fragmentOffset: number }> {
    if (this.fragmentUsed + tail.length > this.blockSize) await this.flushFragment();
    const fragmentOffset = this.fragmentUsed;
    this.fragment.set(tail, fragmentOffset);
    this.fragmentUsed += tail.length;
    return { fragment: this.fragments.length, fragmentOffset };
  }

  private async flushFragment(): Promise<void> {
    if (this.fragmentUsed === 0) return;
    await this.pipeline.room();
    this.fragments.push(this.pipeline.submit(this.fragment.subarray(0, this.fragmentUsed)));
    this.fragment = new Uint8Array(this.blockSize);
    this.fragmentUsed = 0;
  }

  /** Ends the data. @returns the position behind it, and the fragment table's records (16 bytes each). */
  async finish(): Promise<{ end: number; fragments: Uint8Array[] }> {
    await this.flushFragment();
    await this.pipeline.drain();
    const stored = await Promise.all(this.fragments);
    const fragments = stored.map(({ position, size }) => {
      const record = new Uint8Array(16);
      const view = new DataView(record.buffer);
      view.setBigUint64(0, BigInt(position), true);
      view.setUint32(8, size, true);
      return record;
    });
    return { end: this.pipeline.position, fragments };
  }
}

async function finishLayout(
  blocks: readonly (Promise<StoredBlock> | undefined)[],
  tail: { fragment: number; fragmentOffset: number },
  sparse: number,
): Promise<FileLayout> {
  const stored = await Promise.all(blocks);
  const start = stored.find((block) => block !== undefined)?.position ?? 0;
  return { start, blocks: stored.map((block) => block?.size ?? 0), sparse, ...tail };
}
