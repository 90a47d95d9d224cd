import { Decompress } from 'fzstd';
import { joinBytes } from '../../bytes.ts';
import { parseZstdBlock, parseZstdHeader, ZSTD_BLOCK_HEADER } from './zstd-header.ts';

/** The same as `inflate.ts` with what a browser has: its own streams for zlib, and TypeScript for Zstandard. */

/** A piece that goes in makes at most a thousand times as much, whatever comes out is only counted then. */
const PIECE = 16 * 1024;
/** Memory for what a Zstandard frame refers back to, in bytes; Node's limit is higher, and nobody writes such blocks. */
const MAX_WINDOW = 8 << 20;

/** Decompresses a zlib stream (RFC 1950). @throws if it is damaged, or larger than `limit` bytes. */
export async function inflateBlock(block: Uint8Array, limit: number): Promise<Uint8Array> {
  const pieces = new Pieces(limit);
  let position = 0;
  const packed = new ReadableStream<Uint8Array<ArrayBuffer>>({
    pull(controller) {
      if (position >= block.length) {
        controller.close();
        return;
      }
      controller.enqueue(new Uint8Array(block.subarray(position, position + PIECE)));
      position += PIECE;
    },
  });
  const reader = packed.pipeThrough(new DecompressionStream('deflate')).getReader();
  try {
    for (let piece = await reader.read(); !piece.done; piece = await reader.read()) pieces.add(piece.value);
  } catch (error) {
    await reader.cancel().catch(() => undefined);
    throw error;
  }
  return pieces.join();
}

/** Decompresses a Zstandard frame (RFC 8878). @throws if it is damaged, or larger than `limit` bytes. */
export async function inflateZstdBlock(block: Uint8Array, limit: number): Promise<Uint8Array> {
  if (windowOf(block) > Math.max(MAX_WINDOW, limit)) throw new RangeError('it wants more memory than a block may');
  const pieces = new Pieces(limit);
  // What it hands over lies in memory that it uses again.
  const stream = new Decompress((piece) => pieces.add(piece.slice()));
  stream.push(block, true);
  return pieces.join();
}

/**
 * Bytes that a Zstandard frame claims for decompressing it.
 * @throws RangeError if the block is not one frame and nothing else: what follows could claim what it likes.
 */
function windowOf(block: Uint8Array): number {
  const header = parseZstdHeader(block);
  if (!header) throw new RangeError('this is no Zstandard frame');
  let position = header.length;
  for (let isLast = false; !isLast; ) {
    const part = parseZstdBlock(block, position);
    if (!part) throw new RangeError('this is not one Zstandard frame');
    isLast = part.isLast;
    position += ZSTD_BLOCK_HEADER + part.stored;
  }
  if (position + (header.hasChecksum ? 4 : 0) !== block.length) throw new RangeError('this is not one Zstandard frame');
  return header.windowSize;
}

/** Decompressed bytes as they come, up to a limit. */
class Pieces {
  private readonly limit: number;
  private readonly pieces: Uint8Array[] = [];
  private length = 0;

  constructor(limit: number) {
    this.limit = limit;
  }

  add(piece: Uint8Array): void {
    this.length += piece.length;
    if (this.length > this.limit) throw new RangeError(`it is larger than ${this.limit} bytes`);
    this.pieces.push(piece);
  }

  join(): Uint8Array {
    return joinBytes(this.pieces);
  }
}
