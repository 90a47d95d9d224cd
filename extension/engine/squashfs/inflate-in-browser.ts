import { Decompress } from 'fzstd';
import { joinBytes } from '../bytes.ts';

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

/** Magic number of a Zstandard frame, little-endian. */
const ZSTD_MAGIC = 0xfd2fb528;

/**
 * Bytes that a Zstandard frame claims for decompressing it (RFC 8878 section 3.1.1), all integers little-endian.
 * @throws RangeError if the block is not one frame and nothing else: what follows could claim what it likes.
 */
function windowOf(block: Uint8Array): number {
  const view = new DataView(block.buffer, block.byteOffset, block.byteLength);
  if (view.getUint32(0, true) !== ZSTD_MAGIC) throw new RangeError('this is no Zstandard frame');
  const descriptor = view.getUint8(4);
  const isSingleSegment = (descriptor & 0x20) !== 0;
  const sizeFlag = descriptor >> 6;
  const sizeAt = 5 + (isSingleSegment ? 0 : 1) + ([0, 1, 2, 4][descriptor & 3] ?? 0);
  const sizeLength = sizeFlag === 0 ? (isSingleSegment ? 1 : 0) : 2 ** sizeFlag;
  let position = sizeAt + sizeLength;
  for (let isLast = false; !isLast; ) {
    const header = view.getUint8(position) | (view.getUint8(position + 1) << 8) | (view.getUint8(position + 2) << 16);
    isLast = (header & 1) !== 0;
    // Of a byte that repeats, the size says how often.
    position += 3 + (((header >> 1) & 3) === 1 ? 1 : header >> 3);
  }
  const hasChecksum = (descriptor & 4) !== 0;
  if (position + (hasChecksum ? 4 : 0) !== block.length) throw new RangeError('this is not one Zstandard frame');
  if (!isSingleSegment) {
    const window = view.getUint8(5);
    const base = 2 ** (10 + (window >> 3));
    return base + (base / 8) * (window & 7);
  }
  // One segment: its window is its content.
  switch (sizeFlag) {
    case 0:
      return view.getUint8(sizeAt);
    case 1:
      return view.getUint16(sizeAt, true) + 256;
    case 2:
      return view.getUint32(sizeAt, true);
    default:
      return Number(view.getBigUint64(sizeAt, true));
  }
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
