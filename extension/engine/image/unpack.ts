import { createHash, type Hash } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { Readable, Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip, createZstdDecompress } from 'node:zlib';
import { type ByteSource, readChunks, SliceSource } from '../io/byte-source.ts';
import type { Closers } from '../io/closers.ts';
import { FileSource } from '../io/file-source.ts';
import { StageMeter, type Work } from '../progress.ts';
import { ImageError } from './image-error.ts';

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
  const start = await blob.read(0, 6);
  const makeDecompressor = decompressorFor(start, options.name);
  if (options.digest || (!makeDecompressor && options.diffId)) {
    const actual = await digestOf(blob, options);
    checkDigest(actual, options.digest, options.name);
    if (!makeDecompressor) checkDigest(actual, options.diffId, options.name);
  }
  if (!makeDecompressor) return blob;
  const plain = createHash('sha256');
  const meter = new StageMeter(`Unpacking ${options.name}`, blob.size, options);
  // One round for each frame: a zstd file may be several, one after the other, and a decompressor stops after the first.
  for (let position = 0; position < blob.size; ) {
    const decompressor = makeDecompressor();
    await unpackFrame(
      new SliceSource(blob, position, blob.size - position),
      decompressor,
      plain,
      position > 0,
      options,
    );
    if (decompressor.bytesWritten === 0) break;
    position += decompressor.bytesWritten;
    meter.add(decompressor.bytesWritten);
  }
  checkDigest(`sha256:${plain.digest('hex')}`, options.diffId, options.name);
  return closers.use(await FileSource.open(options.scratch));
}

/** Decompresses one frame to the end of the scratch file, and feeds its bytes to `plain`. */
async function unpackFrame(
  source: ByteSource,
  decompressor: Decompressor,
  plain: Hash,
  append: boolean,
  options: UnpackOptions,
): Promise<void> {
  const tee = new Transform({
    transform(chunk: Uint8Array, _encoding, done) {
      plain.update(chunk);
      done(null, chunk);
    },
  });
  const target = createWriteStream(options.scratch, { flags: append ? 'a' : 'wx' });
  try {
    await pipeline(Readable.from(readChunks(source)), decompressor, tee, target, {
      ...(options.signal && { signal: options.signal }),
    });
  } catch (error) {
    options.signal?.throwIfAborted();
    const code = (error as NodeJS.ErrnoException).code ?? '';
    if (!/^(?:Z_|ZSTD_|ERR_)/.test(code)) throw error;
    throw new ImageError(`${options.name} is damaged and cannot be decompressed: ${(error as Error).message}`);
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

type Decompressor = ReturnType<typeof createGunzip> | ReturnType<typeof createZstdDecompress>;

/** How to decompress a file that starts so; undefined if it is not compressed. */
function decompressorFor(start: Uint8Array, name: string): (() => Decompressor) | undefined {
  if (start[0] === 0x1f && start[1] === 0x8b) return createGunzip;
  if (start[0] === 0x28 && start[1] === 0xb5 && start[2] === 0x2f && start[3] === 0xfd) return createZstdDecompress;
  if (start[0] === 0xfd && start[1] === 0x37 && start[2] === 0x7a) {
    throw new ImageError(`${name} is compressed with xz; decompress it first (xz -d), or use gzip or zstd`);
  }
  return undefined;
}

function checkDigest(actual: string, expected: string | undefined, name: string): void {
  if (expected === undefined || expected === actual) return;
  throw new ImageError(`${name} is damaged: its digest is ${actual}, not ${expected}`);
}
