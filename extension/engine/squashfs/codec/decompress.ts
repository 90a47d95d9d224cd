import xz from 'xz-decompress';
import type { Compressor } from '../format.ts';
import { SquashfsError } from '../squashfs-error.ts';
import { inflateBlock, inflateZstdBlock } from './inflate.ts';
import { decompressLz4 } from './lz4.ts';

/** Decompresses one block to at most `limit` bytes. @throws SquashfsError if it is damaged or larger. */
export type DecompressBlock = (block: Uint8Array, limit: number) => Promise<Uint8Array>;

/** The decompressor of an image. @throws SquashfsError for lzo and lzma, which no StartOS tool writes. */
export function decompressorOf(compressor: Compressor): DecompressBlock {
  switch (compressor) {
    case 'gzip':
      return guarded(inflateBlock);
    case 'zstd':
      return guarded(inflateZstdBlock);
    case 'xz':
      return guarded(decompressXz);
    case 'lz4':
      return guarded(async (block, limit) => decompressLz4(block, limit));
    case 'lzo':
    case 'lzma':
      throw new SquashfsError(`images compressed with ${compressor} are not supported`);
  }
}

function guarded(decompress: DecompressBlock): DecompressBlock {
  return async (block, limit) => {
    try {
      const bytes = await decompress(block, limit);
      return new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.length);
    } catch (error) {
      throw new SquashfsError(`a block cannot be decompressed: ${(error as Error).message}`);
    }
  };
}

/** Where a block of the .xz format says how many filters it has: behind the stream's header and the block's size. */
const XZ_BLOCK_FLAGS = 13;

async function decompressXz(block: Uint8Array, limit: number): Promise<Uint8Array> {
  if (((block[XZ_BLOCK_FLAGS] ?? 0) & 3) !== 0)
    throw new RangeError('it is compressed with xz and a filter for machine code (BCJ), which is not supported');
  const source = new ReadableStream<Uint8Array>({
    start(controller) {
      controller.enqueue(block);
      controller.close();
    },
  });
  const bytes = new Uint8Array(limit);
  let length = 0;
  const reader = new xz.XzReadableStream(source).getReader();
  try {
    for (let piece = await reader.read(); !piece.done; piece = await reader.read()) {
      if (length + piece.value.length > limit) throw new RangeError(`it is larger than ${limit} bytes`);
      bytes.set(piece.value, length);
      length += piece.value.length;
    }
  } finally {
    // The library decodes one stream at a time and waits for the last one to be finished or given up.
    await reader.cancel().catch(() => undefined);
  }
  return bytes.subarray(0, length);
}
