import { promisify } from 'node:util';
import { inflate, zstdDecompress } from 'node:zlib';
import { isWholeZstdFrame } from './zstd-header.ts';

/**
 * What Node has for compressed blocks, in its thread pool. In a browser `inflate-in-browser.ts` stands in its place: the
 * bundle for browsers is built so.
 */

const inflateAsync = promisify(inflate);
const zstdAsync = promisify(zstdDecompress);

/** Decompresses a zlib stream (RFC 1950). @throws if it is damaged, or larger than `limit` bytes. */
export function inflateBlock(block: Uint8Array, limit: number): Promise<Uint8Array> {
  return inflateAsync(block, { maxOutputLength: limit });
}

/** Decompresses a Zstandard frame (RFC 8878). @throws if it is damaged, or larger than `limit` bytes. */
export async function inflateZstdBlock(block: Uint8Array, limit: number): Promise<Uint8Array> {
  // Node 22, which VS Code brought for long, gives what it has of a frame that is cut short, and says nothing.
  if (!isWholeZstdFrame(block)) throw new RangeError('the frame is cut short');
  return zstdAsync(block, { maxOutputLength: limit });
}
