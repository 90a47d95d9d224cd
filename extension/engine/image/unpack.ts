import { createHash } from 'node:crypto';
import { type Duplex, Readable, Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { promisify } from 'node:util';
import { createGunzip, createZstdDecompress, zstdDecompress } from 'node:zlib';
import { type ByteSource, readChunks, SliceSource } from '../io/byte-source.ts';
import type { Closers } from '../io/closers.ts';
import { FileSink } from '../io/file-sink.ts';
import { FileSource } from '../io/file-source.ts';
import { StageMeter, type Work } from '../progress.ts';
import { ImageError } from './image-error.ts';
import { frameAt, isZstd } from './zstd-frames.ts';

export interface UnpackOptions extends Work {
  /** What is unpacked, for messages and progress. */
  readonly name: string;
  /** A path that does not exist yet; used only if the bytes are compressed. */
  readonly scratch: string;
  /** Expected `sha256:` digests of the stored and of the uncompressed bytes. */
  readonly digest?: string | undefined;
  readonly diffId?: string | undefined;
}

/**
 * The uncompressed bytes of a tar that may be gzip or zstd: the source itself if it is plain, else a file at
 * `scratch`. Random access to the result is what makes the merge and the image writer simple.
 * @throws ImageError if a digest does not match or the bytes are compressed otherwise or damaged.
 */
export async function unpack(blob: ByteSource, closers: Closers, options: UnpackOptions): Promise<ByteSource> {
  const compression = compressionOf(await blob.read(0, 8), options.name);
  if (options.digest || (!compression && options.diffId)) {
    const actual = await digestOf(blob, options);
    checkDigest(actual, options.digest, options.name);
    if (!compression && options.diffId !== undefined && actual !== options.diffId)
      throw new ImageError(
        `${options.name} is neither a tar nor compressed with gzip or zstd, which are what is read here; is it encrypted, or compressed otherwise?`,
      );
  }
  if (!compression) return blob;
  const plain = createHash('sha256');
  {
    await using sink = await FileSink.create(options.scratch);
    const write = async (chunk: Uint8Array) => {
      plain.update(chunk);
      await sink.write(chunk);
    };
    const meter = new StageMeter(`Unpacking ${options.name}`, blob.size, options);
    await (compression === 'zstd' ? unpackZstd : unpackGzip)(blob, write, meter, options);
  }
  checkDigest(`sha256:${plain.digest('hex')}`, options.diffId, options.name);
  return closers.use(await FileSource.open(options.scratch));
}

type Write = (chunk: Uint8Array) => Promise<void>;

/** Bytes that a decompressor gives at once; with Node's own 16 KiB the trips through the event loop cost more than the bytes. */
const CHUNKS = { chunkSize: 256 * 1024 };

/** Several members are one after the other, perhaps with zeros behind them (tapes, and tools that pad). */
async function unpackGzip(blob: ByteSource, write: Write, meter: StageMeter, options: UnpackOptions): Promise<void> {
  for (let position = 0; position < blob.size; ) {
    const decompressor = createGunzip(CHUNKS);
    await pump(new SliceSource(blob, position, blob.size - position), decompressor, write, options);
    if (decompressor.bytesWritten === 0) return;
    position += decompressor.bytesWritten;
    meter.add(decompressor.bytesWritten);
    if (await isZeros(blob, position)) return;
  }
}

/** A frame that is no larger than this, packed or plain, is decompressed at once: a stream costs more than its bytes. */
const SMALL_FRAME = 4 << 20;

/** A decompressor stops after one frame, so each has its own. */
async function unpackZstd(blob: ByteSource, write: Write, meter: StageMeter, options: UnpackOptions): Promise<void> {
  for (let frame = await frameAt(blob, 0, options.name); frame; ) {
    options.signal?.throwIfAborted();
    const { position, size, isSkippable, contentSize } = frame;
    if (!isSkippable) {
      if (size <= SMALL_FRAME && contentSize !== undefined && contentSize <= SMALL_FRAME) {
        const bytes = await blob.read(position, size);
        await write(await decompressFrame(bytes, contentSize, options.name));
      } else await pump(new SliceSource(blob, position, size), createZstdDecompress(CHUNKS), write, options);
    }
    meter.add(size);
    frame = await frameAt(blob, position + size, options.name);
  }
}

async function decompressFrame(bytes: Uint8Array, size: number, name: string): Promise<Uint8Array> {
  try {
    return await promisify(zstdDecompress)(bytes, { maxOutputLength: Math.max(1, size) });
  } catch (error) {
    throw new ImageError(`${name} is damaged and cannot be decompressed: ${(error as Error).message}`);
  }
}

async function isZeros(blob: ByteSource, from: number): Promise<boolean> {
  for await (const chunk of readChunks(new SliceSource(blob, from, blob.size - from)))
    if (chunk.some((byte) => byte !== 0)) return false;
  return true;
}

/** Runs a source through a decompressor. */
async function pump(
  source: ByteSource,
  decompressor: Duplex,
  write: Write,
  { name, signal }: UnpackOptions,
): Promise<void> {
  const target = new Writable({
    write(chunk: Uint8Array, _encoding, done) {
      write(chunk).then(() => done(), done);
    },
  });
  try {
    await pipeline(Readable.from(readChunks(source)), decompressor, target, { ...(signal && { signal }) });
  } catch (error) {
    signal?.throwIfAborted();
    const code = (error as NodeJS.ErrnoException).code ?? '';
    if (!/^(?:Z_|ZSTD_|ERR_)/.test(code)) throw error;
    throw new ImageError(`${name} is damaged and cannot be decompressed: ${(error as Error).message}`);
  }
}

async function digestOf(blob: ByteSource, options: UnpackOptions): Promise<string> {
  const hash = createHash('sha256');
  const meter = new StageMeter(`Checking ${options.name}`, blob.size, options);
  for await (const chunk of readChunks(blob)) {
    hash.update(chunk);
    meter.add(chunk.length);
  }
  return `sha256:${hash.digest('hex')}`;
}

/** What other compressions begin with, and what takes them away. */
const UNREAD: readonly (readonly [start: readonly number[], name: string, tool: string])[] = [
  [[0xfd, 0x37, 0x7a, 0x58, 0x5a], 'xz', 'xz -d'],
  [[0x42, 0x5a, 0x68], 'bzip2', 'bzip2 -d'],
  [[0x04, 0x22, 0x4d, 0x18], 'lz4', 'lz4 -d'],
  [[0x4c, 0x5a, 0x49, 0x50], 'lzip', 'lzip -d'],
  [[0x1f, 0x9d], 'compress', 'uncompress'],
];

/** How a file that starts so is compressed; undefined if it is not. @throws ImageError for what is not read */
function compressionOf(start: Uint8Array, name: string): 'gzip' | 'zstd' | undefined {
  if (start[0] === 0x1f && start[1] === 0x8b) return 'gzip';
  if (isZstd(start)) return 'zstd';
  for (const [bytes, what, tool] of UNREAD) {
    if (bytes.every((byte, index) => start[index] === byte))
      throw new ImageError(`${name} is compressed with ${what}; decompress it first (${tool}), or use gzip or zstd`);
  }
  return undefined;
}

function checkDigest(actual: string, expected: string | undefined, name: string): void {
  if (expected === undefined || expected === actual) return;
  throw new ImageError(`${name} is damaged: its digest is ${actual}, not ${expected}`);
}
