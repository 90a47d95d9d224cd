import { createHash, type Hash } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { Readable, Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip, createZstdDecompress } from 'node:zlib';
import { type ByteSource, readChunks } from '../io/byte-source.ts';
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
  const decompress = decompressorFor(start, options.name);
  if (!decompress && !options.digest && !options.diffId) return blob;
  const stored = createHash('sha256');
  const plain = createHash('sha256');
  const meter = new StageMeter(`Reading ${options.name}`, blob.size, options);
  if (!decompress) {
    for await (const chunk of readChunks(blob)) {
      stored.update(chunk);
      meter.add(chunk.length);
    }
    const actual = digestOf(stored);
    for (const expected of [options.digest, options.diffId]) checkDigest(actual, expected, options.name);
    return blob;
  }
  async function* counted(): AsyncGenerator<Uint8Array> {
    for await (const chunk of readChunks(blob)) {
      stored.update(chunk);
      meter.add(chunk.length);
      yield chunk;
    }
  }
  const tee = new Transform({
    transform(chunk: Uint8Array, _encoding, done) {
      plain.update(chunk);
      done(null, chunk);
    },
  });
  try {
    await pipeline(Readable.from(counted()), decompress, tee, createWriteStream(options.scratch, { flags: 'wx' }), {
      ...(options.signal && { signal: options.signal }),
    });
  } catch (error) {
    options.signal?.throwIfAborted();
    const code = (error as NodeJS.ErrnoException).code ?? '';
    if (!/^(?:Z_|ZSTD_|ERR_)/.test(code)) throw error;
    throw new ImageError(`${options.name} is damaged and cannot be decompressed: ${(error as Error).message}`);
  }
  checkDigest(digestOf(stored), options.digest, options.name);
  checkDigest(digestOf(plain), options.diffId, options.name);
  return closers.use(await FileSource.open(options.scratch));
}

function decompressorFor(start: Uint8Array, name: string): Transform | undefined {
  if (start[0] === 0x1f && start[1] === 0x8b) return createGunzip();
  if (start[0] === 0x28 && start[1] === 0xb5 && start[2] === 0x2f && start[3] === 0xfd) return createZstdDecompress();
  if (start[0] === 0xfd && start[1] === 0x37 && start[2] === 0x7a) {
    throw new ImageError(`${name} is compressed with xz; decompress it first (xz -d), or use gzip or zstd`);
  }
  return undefined;
}

function digestOf(hash: Hash): string {
  return `sha256:${hash.digest('hex')}`;
}

function checkDigest(actual: string, expected: string | undefined, name: string): void {
  if (expected === undefined || expected === actual) return;
  throw new ImageError(`${name} is damaged: its digest is ${actual}, not ${expected}`);
}
