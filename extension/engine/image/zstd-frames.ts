import type { ByteSource } from '../io/byte-source.ts';
import { ImageError } from './image-error.ts';

/**
 * Frames of the Zstandard format (RFC 8878, section 3). Integers are little-endian. A file may be any number of frames one
 * after the other, as parallel compressors and zstd:chunked layers write them, with skippable ones between.
 */
export interface ZstdFrame {
  readonly position: number;
  /** Bytes of the frame; of a skippable one too. */
  readonly size: number;
  readonly isSkippable: boolean;
  /** Bytes that it gives, where its header says so. */
  readonly contentSize?: number;
}

const MAGIC = 0xfd2fb528;
const SKIPPABLE = 0x184d2a50;

/** Whether bytes begin with a frame, or with a skippable one, of which nothing else begins so. */
export function isZstd(start: Uint8Array): boolean {
  if (start.length < 4) return false;
  const magic = viewOf(start).getUint32(0, true);
  return magic === MAGIC || isSkippable(magic);
}

function isSkippable(magic: number): boolean {
  return (magic & 0xfffffff0) >>> 0 === SKIPPABLE;
}

function viewOf({ buffer, byteOffset, byteLength }: Uint8Array): DataView {
  return new DataView(buffer, byteOffset, byteLength);
}

/**
 * The frame at a position, found by the sizes of its blocks without decompressing it; undefined at the end.
 * @throws ImageError if there is none, or it is cut short.
 */
export async function frameAt(source: ByteSource, position: number, name: string): Promise<ZstdFrame | undefined> {
  if (position >= source.size) return undefined;
  const damaged = () => new ImageError(`${name} is damaged: no frame of zstd is at byte ${position}`);
  // The largest header: magic, descriptor, window, dictionary, content size.
  const header = await source.read(position, 18);
  if (header.length < 8) throw damaged();
  const view = viewOf(header);
  const magic = view.getUint32(0, true);
  if (isSkippable(magic)) return { position, size: whole(8 + view.getUint32(4, true)), isSkippable: true };
  if (magic !== MAGIC) throw damaged();
  const descriptor = view.getUint8(4);
  const isSingle = (descriptor & 0x20) !== 0;
  const sizeBytes = [isSingle ? 1 : 0, 2, 4, 8][descriptor >> 6] ?? 0;
  const dictionaryBytes = [0, 1, 2, 4][descriptor & 3] ?? 0;
  const sizeAt = 5 + (isSingle ? 0 : 1) + dictionaryBytes;
  if (header.length < sizeAt + sizeBytes) throw damaged();
  let at = position + sizeAt + sizeBytes;
  for (let isLast = false; !isLast; ) {
    const block = await source.read(at, 3);
    if (block.length < 3) throw damaged();
    const word = (block[0] ?? 0) | ((block[1] ?? 0) << 8) | ((block[2] ?? 0) << 16);
    isLast = (word & 1) !== 0;
    const type = (word >> 1) & 3;
    // A block of one repeated byte is stored as that byte.
    at += 3 + (type === 1 ? 1 : word >> 3);
  }
  if ((descriptor & 4) !== 0) at += 4;
  const contentSize = readSize(view, sizeAt, sizeBytes);
  return {
    position,
    size: whole(at - position),
    isSkippable: false,
    ...(contentSize !== undefined && { contentSize }),
  };

  function whole(size: number): number {
    if (position + size > source.size) throw damaged();
    return size;
  }
}

function readSize(view: DataView, at: number, bytes: number): number | undefined {
  switch (bytes) {
    case 1:
      return view.getUint8(at);
    case 2:
      return view.getUint16(at, true) + 256;
    case 4:
      return view.getUint32(at, true);
    case 8:
      return Number(view.getBigUint64(at, true));
    default:
      return undefined;
  }
}
