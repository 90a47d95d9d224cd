import { METADATA_BLOCK_SIZE } from '../format.ts';
import { SquashfsError } from '../squashfs-error.ts';
import { type CodecSettings, codecFor, roomFor } from './codec.ts';
import { xzCompressor } from './xz.ts';

/** Compresses one block by itself; what comes back is nobody else's memory. */
export type CompressBlock = (block: Uint8Array) => Promise<Uint8Array>;

/** Compressors that images can be written with; which of them a device mounts is said in `pack/image-compression.ts`. */
export const WRITABLE_COMPRESSORS = ['gzip', 'xz', 'zstd'] as const;
export type WritableCompressor = (typeof WRITABLE_COMPRESSORS)[number];

/**
 * Levels where none is asked for. gzip 6 instead of mksquashfs's 9: five times as fast for 0.2 % more bytes on a
 * Debian root file system and 2.4 % on a tree of JavaScript packages. zstd 4: the first level that is as small as gzip 6 on
 * both together (0.2 % less and 0.3 % more), at a quarter of its processor time; 5 is 2.5 % smaller, for 1.7 times the time of 4.
 */
const LEVELS: Readonly<Record<Exclude<WritableCompressor, 'xz'>, { readonly default: number; readonly most: number }>> =
  {
    gzip: { default: 6, most: 9 },
    zstd: { default: 4, most: 22 },
  };

/** How an image is compressed: what the codec needs, or xz, which has a module of its own. */
export type Compression = CodecSettings | { readonly compressor: 'xz'; readonly blockSize: number };

/** The usual level of a compressor; undefined for xz, which has none. */
export function defaultLevel(compressor: WritableCompressor): number | undefined {
  return compressor === 'xz' ? undefined : LEVELS[compressor].default;
}

/**
 * The compression of an image. What it makes depends on zlib or zstd alone, so it is the same on every machine with the
 * same Node (for xz, the same module). `gzip` is zlib's format (RFC 1950) in spite of its name.
 * @throws SquashfsError if the level is none of the compressor's.
 */
export function compressionOf(compressor: WritableCompressor, blockSize: number, asked?: number): Compression {
  if (compressor === 'xz') {
    if (asked !== undefined) throw new SquashfsError('xz takes no level');
    return { compressor, blockSize };
  }
  const { default: usual, most } = LEVELS[compressor];
  const level = asked ?? usual;
  if (!Number.isInteger(level) || level < 1 || level > most) {
    throw new SquashfsError(`the level of ${compressor} is a whole number from 1 to ${most}`);
  }
  return { compressor, level, blockSize };
}

/** Compresses in this thread (xz: in Node's pool): for the few small blocks of an image's tables. */
export function compressHere(compression: Compression): CompressBlock {
  if (compression.compressor === 'xz') return xzCompressor(compression.blockSize);
  const codec = codecFor(compression);
  const out = new Uint8Array(roomFor(Math.max(compression.blockSize, METADATA_BLOCK_SIZE)));
  return async (block) => out.slice(0, codec.compress(block, out));
}
