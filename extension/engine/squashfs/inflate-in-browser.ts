import { Decompress } from 'fzstd';
import { joinBytes } from '../bytes.ts';

/** The same as `inflate.ts` with what a browser has: its own streams for zlib, and TypeScript for Zstandard. */

/** Decompresses a zlib stream (RFC 1950). @throws if it is damaged, or larger than `limit` bytes. */
export async function inflateBlock(block: Uint8Array, limit: number): Promise<Uint8Array> {
  const pieces = new Pieces(limit);
  const packed = new Response(new Uint8Array(block)).body;
  const reader = packed?.pipeThrough(new DecompressionStream('deflate')).getReader();
  try {
    for (let piece = await reader?.read(); piece && !piece.done; piece = await reader?.read()) pieces.add(piece.value);
  } catch (error) {
    await reader?.cancel().catch(() => undefined);
    throw error;
  }
  return pieces.join();
}

/** Decompresses a Zstandard frame (RFC 8878). @throws if it is damaged, or larger than `limit` bytes. */
export async function inflateZstdBlock(block: Uint8Array, limit: number): Promise<Uint8Array> {
  const pieces = new Pieces(limit);
  // What it hands over lies in memory that it uses again.
  const stream = new Decompress((piece) => pieces.add(piece.slice()));
  stream.push(block, true);
  return pieces.join();
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
