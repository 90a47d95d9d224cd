import type { ByteSink } from '../../io/byte-sink.ts';
import type { Compression } from '../codec/compress.ts';
import { compressHere } from '../codec/compress.ts';
import { CompressPool, type Job, jobMemory } from '../codec/compress-pool.ts';
import { DATA_UNCOMPRESSED } from '../format.ts';

/** A data block or a fragment as it stands in the image; filled in when it is written. */
export interface StoredBlock {
  position: number;
  /** On-disk size with the flag for uncompressed blocks. */
  size: number;
}

/** Blocks that were compressed before with the same settings, by what is in them. */
export interface BlockMemory {
  /** How a raw block is named, and what it became, if that is known. */
  look(raw: Uint8Array): { readonly name: Uint8Array; readonly packed: Promise<Uint8Array | undefined> | undefined };
  /** Hears of every block that was written. @param bytes as they stand in the image */
  note(name: Uint8Array, stored: Readonly<StoredBlock>, bytes: Uint8Array): void;
}

export interface PipelineOptions {
  readonly sink: ByteSink;
  /** Where in the image the first block goes. */
  readonly position: number;
  readonly compression: Compression;
  /** Threads that compress; by default one for each core. */
  readonly threads?: number | undefined;
  readonly memory?: BlockMemory | undefined;
}

/** Bytes that a thread gets at once: waking one costs as much as compressing 10 KiB, in a virtual machine more. */
const BATCH_SIZE = 1 << 20;
/** Batches beside those which the threads work on or have next: one is filled while one is written. */
const MORE_BATCHES = 2;

/** A block that was given, and where it is in the batch. */
interface Waiting {
  readonly stored: StoredBlock;
  readonly offset: number;
  readonly length: number;
  readonly name: Uint8Array | undefined;
  readonly known: Promise<Uint8Array | undefined> | undefined;
}

interface Batch {
  readonly memory: Pick<Job, 'raw' | 'packed'>;
  readonly blocks: Waiting[];
  used: number;
}

/** Compresses some blocks of a batch. @returns for each its bytes, or undefined if it does not become smaller */
type Pack = (memory: Batch['memory'], blocks: readonly Waiting[]) => Promise<(Uint8Array | undefined)[]>;

/**
 * Compresses blocks in threads and writes them in the order in which they were given, so that the image does not
 * depend on which thread was faster. Memory: some batches for each thread, used again and again.
 */
export class BlockPipeline {
  /** Where the next block will stand, once all before it are written. */
  position: number;
  private batch: Batch;
  private readonly spare: Batch[] = [];
  private batchesLeft: number;
  private readonly writing: Promise<void>[] = [];
  private lastWrite: Promise<void> = Promise.resolve();
  private readonly options: PipelineOptions;
  private readonly pack: Pack;

  constructor(options: PipelineOptions) {
    this.options = options;
    this.position = options.position;
    const pool = CompressPool.of(options.threads);
    this.pack = packerFor(options.compression, pool);
    this.batchesLeft = 2 * pool.threads + MORE_BATCHES;
    this.batch = this.newBatch();
  }

  /**
   * Takes a copy of a block. What comes back is filled in by {@link drain} at the latest.
   * @throws what writing or compressing an earlier one threw
   */
  async add(block: Uint8Array): Promise<StoredBlock> {
    if (this.batch.used + block.length > this.batch.memory.raw.length) await this.send();
    const { batch } = this;
    const looked = this.options.memory?.look(block);
    const stored: StoredBlock = { position: 0, size: 0 };
    const offset = batch.used;
    batch.memory.raw.set(block, offset);
    batch.used += block.length;
    batch.blocks.push({ stored, offset, length: block.length, name: looked?.name, known: looked?.packed });
    return stored;
  }

  /** Writes what is left. @throws what writing or compressing threw */
  async drain(): Promise<void> {
    await this.send();
    await this.lastWrite;
  }

  /** Hands the batch over to the threads, and waits until there is another one to fill. */
  private async send(): Promise<void> {
    const { batch } = this;
    if (batch.blocks.length === 0) return;
    const missing = batch.blocks.filter(({ known }) => known === undefined);
    const packing = missing.length > 0 ? this.pack(batch.memory, missing) : Promise.resolve([]);
    const written = this.write(batch, missing, packing, this.lastWrite);
    // A failure reaches whoever gives the next block or drains; until then it must not count as unhandled.
    written.catch(() => undefined);
    this.lastWrite = written;
    this.writing.push(written);
    // The first of those that are on their way may be done for long.
    while (this.spare.length === 0 && this.batchesLeft <= 0 && this.writing.length > 0) await this.writing.shift();
    this.batch = this.spare.pop() ?? this.newBatch();
  }

  private newBatch(): Batch {
    this.batchesLeft--;
    const { blockSize } = this.options.compression;
    return { memory: jobMemory(Math.max(blockSize, BATCH_SIZE), blockSize), blocks: [], used: 0 };
  }

  private async write(
    batch: Batch,
    missing: readonly Waiting[],
    packing: Promise<(Uint8Array | undefined)[]>,
    before: Promise<void>,
  ): Promise<void> {
    const [packed] = await Promise.all([packing, before]);
    const made = new Map(missing.map((block, index) => [block, packed[index]]));
    const pieces: Uint8Array[] = [];
    for (const block of batch.blocks) {
      const { stored, offset, length } = block;
      const smaller = made.has(block) ? made.get(block) : await this.known(batch, block);
      const piece = smaller ?? batch.memory.raw.subarray(offset, offset + length);
      pieces.push(piece);
      stored.position = this.position;
      stored.size = piece.length === length ? length | DATA_UNCOMPRESSED : piece.length;
      this.position += piece.length;
    }
    for (const [index, piece] of pieces.entries()) {
      const { name, stored } = batch.blocks[index] ?? {};
      if (name && stored) this.options.memory?.note(name, stored, piece);
      await this.options.sink.write(piece);
    }
    // Everything of it was copied, so that it can be filled again.
    batch.blocks.length = 0;
    batch.used = 0;
    this.spare.push(batch);
  }

  /** What a block is known to become, or is made to where the memory of it is damaged. */
  private async known(batch: Batch, block: Waiting): Promise<Uint8Array | undefined> {
    const bytes = await block.known;
    if (bytes) return bytes;
    // What the threads made of the others still stands in the batch's own.
    const { packed } = jobMemory(block.length, this.options.compression.blockSize);
    const [made] = await this.pack({ raw: batch.memory.raw, packed }, [block]);
    return made;
  }
}

function packerFor(compression: Compression, pool: CompressPool): Pack {
  if (compression.compressor === 'xz') {
    const compress = compressHere(compression);
    const pack = async (raw: Uint8Array) => {
      const packed = await compress(raw);
      return packed.length < raw.length ? packed : undefined;
    };
    // The native module takes no shared memory.
    return ({ raw }, blocks) =>
      Promise.all(blocks.map(({ offset, length }) => pack(new Uint8Array(raw.subarray(offset, offset + length)))));
  }
  return async ({ raw, packed }, blocks) => {
    const places = blocks.map(({ offset, length }) => ({ offset, length }));
    const sizes = await pool.run({ settings: compression, raw, packed, blocks: places });
    let position = 0;
    return sizes.map((size) => {
      const start = position;
      position += size;
      return size === 0 ? undefined : packed.subarray(start, position);
    });
  };
}
