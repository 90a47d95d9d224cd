import type { ByteSource } from '../io/byte-source.ts';
import {
  MAX_ZSTD_HEADER,
  parseZstdBlock,
  parseZstdHeader,
  ZSTD_BLOCK_HEADER,
  ZSTD_MAGIC,
} from '../squashfs/codec/zstd-header.ts';
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

const SKIPPABLE = 0x184d2a50;

/** Whether bytes begin with a frame, or with a skippable one, of which nothing else begins so. */
export function isZstd(start: Uint8Array): boolean {
  if (start.length < 4) return false;
  const magic = viewOf(start).getUint32(0, true);
  return magic === ZSTD_MAGIC || isSkippable(magic);
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
  const start = await source.read(position, MAX_ZSTD_HEADER);
  if (start.length < 8) throw damaged();
  const view = viewOf(start);
  if (isSkippable(view.getUint32(0, true)))
    return { position, size: whole(8 + view.getUint32(4, true)), isSkippable: true };
  const header = parseZstdHeader(start);
  if (!header) throw damaged();
  let at = position + header.length;
  for (let isLast = false; !isLast; ) {
    const block = parseZstdBlock(await source.read(at, ZSTD_BLOCK_HEADER), 0);
    if (!block) throw damaged();
    isLast = block.isLast;
    at += ZSTD_BLOCK_HEADER + block.stored;
  }
  if (header.hasChecksum) at += 4;
  const { contentSize } = header;
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
