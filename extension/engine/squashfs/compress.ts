import { promisify } from 'node:util';
import { constants, deflate, zstdCompress } from 'node:zlib';
import { SquashfsError } from './squashfs-error.ts';
import { xzCompressor } from './xz.ts';

/** Compresses one block; runs in Node's thread pool, so several at once use several cores. */
export type CompressBlock = (block: Uint8Array) => Promise<Uint8Array>;

/** Compressors that images can be written with. Every StartOS device mounts gzip and xz; zstd not all of them. */
export const WRITABLE_COMPRESSORS = ['gzip', 'xz', 'zstd'] as const;
export type WritableCompressor = (typeof WRITABLE_COMPRESSORS)[number];

/**
 * Levels where none is asked for. gzip 6 instead of mksquashfs's 9: five times as fast for 0.2 % more bytes on a
 * Debian root file system and 2.4 % on a tree of JavaScript packages. zstd 6: as small as gzip 9 and faster than 6.
 */
const LEVELS: Readonly<Record<Exclude<WritableCompressor, 'xz'>, { readonly default: number; readonly most: number }>> =
  {
    gzip: { default: 6, most: 9 },
    zstd: { default: 6, most: 22 },
  };

const deflateAsync = promisify(deflate);
const zstdAsync = promisify(zstdCompress);

/**
 * The compressor of an image. What it makes depends on zlib alone, so it is the same on every machine with the same
 * Node (for xz, the same module). `gzip` is zlib's format (RFC 1950) in spite of its name.
 * @throws SquashfsError if the level is none of the compressor's.
 */
export function compressorFor(compressor: WritableCompressor, blockSize: number, asked?: number): CompressBlock {
  if (compressor === 'xz') {
    if (asked !== undefined) throw new SquashfsError('xz takes no level');
    return xzCompressor(blockSize);
  }
  const { default: usual, most } = LEVELS[compressor];
  const level = asked ?? usual;
  if (!Number.isInteger(level) || level < 1 || level > most) {
    throw new SquashfsError(`the level of ${compressor} is a whole number from 1 to ${most}`);
  }
  // The kernel's decoder has room for one block; a frame with a larger window does not mount.
  const params = { [constants.ZSTD_c_compressionLevel]: level, [constants.ZSTD_c_windowLog]: Math.log2(blockSize) };
  // Room for a whole block: with less, each piece of output goes to the main thread and back before the next is made.
  const chunkSize = blockSize + 4096;
  const compress =
    compressor === 'gzip'
      ? (block: Uint8Array) => deflateAsync(block, { level, chunkSize })
      : (block: Uint8Array) => zstdAsync(block, { params, chunkSize });
  return async (block) => {
    const packed = await compress(block);
    return new Uint8Array(packed.buffer, packed.byteOffset, packed.length);
  };
}
