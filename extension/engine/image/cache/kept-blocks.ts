import { readFile } from 'node:fs/promises';
import { equalBytes, joinBytes } from '../../bytes.ts';
import { type Blake3, HASH_SIZE, hashBytes } from '../../hash/blake3.ts';
import type { ByteSource } from '../../io/byte-source.ts';
import { Closers } from '../../io/closers.ts';
import { FileSource } from '../../io/file-source.ts';
import { WindowSource } from '../../io/window-source.ts';
import { DATA_UNCOMPRESSED } from '../../squashfs/format.ts';
import type { BlockMemory, StoredBlock } from '../../squashfs/write/block-pipeline.ts';

/** A squashfs image that is kept, and the list of its blocks. */
export interface KeptImage {
  readonly image: string;
  readonly list: string;
}

/** Of a block's bytes in the image, so that damage shows before they go into another one. */
const CHECKSUM_SIZE = 16;
/** Of a record: the BLAKE3 of the raw block, position (64 bits), size as in the image (32 bits), checksum. Little-endian. */
const RECORD_SIZE = HASH_SIZE + 8 + 4 + CHECKSUM_SIZE;
/** Blocks that are known at once: some 25 GB of files, in some 30 MB of memory. */
const MOST = 200_000;

interface Place {
  readonly image: string;
  readonly position: number;
  readonly size: number;
  readonly checksum: Uint8Array;
}

/**
 * The blocks of the images that are kept, by the BLAKE3 of what is in them: an image that shares files with them takes its
 * blocks from there and compresses the others only. They stand in the images themselves, so they need no room of their own.
 * Every block is compared with its checksum before it is used; what is damaged or gone is compressed again.
 */
export class KeptBlocks implements BlockMemory, AsyncDisposable {
  private readonly places = new Map<string, Place>();
  private readonly images = new Map<string, Promise<ByteSource | undefined>>();
  private readonly closers = new Closers();
  private readonly records: Uint8Array[] = [];
  private readonly settings: Uint8Array;
  private readonly blake3: Blake3;

  private constructor(settings: Uint8Array, blake3: Blake3) {
    this.settings = settings;
    this.blake3 = blake3;
  }

  /**
   * @param kept the images, those first that are looked at first
   * @param settings what decides about the bytes of a compressed block; lists of others are passed over
   */
  static async load(kept: readonly KeptImage[], settings: string, blake3: Blake3): Promise<KeptBlocks> {
    const blocks = new KeptBlocks(hashBytes(blake3, new TextEncoder().encode(settings)), blake3);
    for (const { image, list } of kept) {
      if (blocks.places.size >= MOST) break;
      const bytes = await readFile(list).catch(() => undefined);
      if (bytes) blocks.addList(image, bytes);
    }
    return blocks;
  }

  look(raw: Uint8Array): { name: Uint8Array; packed: Promise<Uint8Array | undefined> | undefined } {
    const name = hashBytes(this.blake3, raw);
    const place = this.places.get(keyOf(name));
    return { name, packed: place && this.take(place, raw.length) };
  }

  note(name: Uint8Array, { position, size }: Readonly<StoredBlock>, bytes: Uint8Array): void {
    const record = new Uint8Array(RECORD_SIZE);
    const view = new DataView(record.buffer);
    record.set(name);
    view.setBigUint64(HASH_SIZE, BigInt(position), true);
    view.setUint32(HASH_SIZE + 8, size, true);
    record.set(this.checksum(bytes), HASH_SIZE + 12);
    this.records.push(record);
  }

  /** The list of the blocks of the image that was made: what it was made with, the records, and the BLAKE3 of it all. */
  list(): Uint8Array {
    const body = joinBytes([this.settings, ...this.records]);
    return joinBytes([body, hashBytes(this.blake3, body)]);
  }

  private addList(image: string, bytes: Uint8Array): void {
    const body = bytes.subarray(0, Math.max(0, bytes.length - HASH_SIZE));
    if ((body.length - HASH_SIZE) % RECORD_SIZE !== 0 || !equalBytes(body.subarray(0, HASH_SIZE), this.settings))
      return;
    if (!equalBytes(hashBytes(this.blake3, body), bytes.subarray(body.length))) return;
    const view = new DataView(body.buffer, body.byteOffset, body.length);
    for (let at = HASH_SIZE; at < body.length; at += RECORD_SIZE) {
      const key = keyOf(body.subarray(at, at + HASH_SIZE));
      const position = Number(view.getBigUint64(at + HASH_SIZE, true));
      const size = view.getUint32(at + HASH_SIZE + 8, true);
      const checksum = body.subarray(at + HASH_SIZE + 12, at + RECORD_SIZE);
      if (!this.places.has(key)) this.places.set(key, { image, position, size, checksum });
    }
  }

  private async take({ image, position, size, checksum }: Place, rawSize: number): Promise<Uint8Array | undefined> {
    const length = size & ~DATA_UNCOMPRESSED;
    const isRaw = (size & DATA_UNCOMPRESSED) !== 0;
    if (isRaw ? length !== rawSize : length >= rawSize) return undefined;
    try {
      const bytes = await (await this.open(image))?.read(position, length);
      return bytes && equalBytes(this.checksum(bytes), checksum) ? bytes : undefined;
    } catch {
      // An image that cannot be read is as good as none.
      return undefined;
    }
  }

  private open(image: string): Promise<ByteSource | undefined> {
    const known =
      this.images.get(image) ??
      FileSource.open(image).then(
        (source) => new WindowSource(this.closers.use(source)),
        () => undefined,
      );
    this.images.set(image, known);
    return known;
  }

  private checksum(bytes: Uint8Array): Uint8Array {
    return hashBytes(this.blake3, bytes).subarray(0, CHECKSUM_SIZE);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.closers[Symbol.asyncDispose]();
  }
}

function keyOf(name: Uint8Array): string {
  return Buffer.from(name.buffer, name.byteOffset, name.length).toString('latin1');
}
