import { constants, createDeflate, createZstdCompress, deflateSync, zstdCompressSync } from 'node:zlib';

/** What decides about the bytes of a compressed block, beside the block itself. */
export interface CodecSettings {
  readonly compressor: 'gzip' | 'zstd';
  readonly level: number;
  /** In bytes; the kernel's decoder has room for one block, and a zstd frame with a larger window does not mount. */
  readonly blockSize: number;
}

/** Compresses one block after the other in this thread. */
export interface Codec {
  /** Compresses `block` into the start of `out`, which has {@link roomFor} it. @returns the bytes that were written */
  compress(block: Uint8Array, out: Uint8Array): number;
}

/** Bytes that a compressed block can have at most, whatever is in it: both compressors' own bounds are below. */
export function roomFor(blockSize: number): number {
  return blockSize + (blockSize >> 8) + 1024;
}

/**
 * The codec for one thread. It keeps one context of zlib or zstd and begins anew in it for each block: making one, and the pages
 * that it touches, costs as much as a fast level's work. Node has no public name for that, so where its streams look
 * otherwise, or give other bytes, each block has a context of its own. The bytes are the same.
 */
export function codecFor(settings: CodecSettings): Codec {
  const plain = plainCodec(settings);
  const lasting = lastingCodec(settings);
  return lasting && agree(plain, lasting) ? lasting : plain;
}

function optionsOf({ compressor, level, blockSize }: CodecSettings) {
  if (compressor === 'gzip') return { level };
  return {
    params: { [constants.ZSTD_c_compressionLevel]: level, [constants.ZSTD_c_windowLog]: Math.log2(blockSize) },
  };
}

/** A context for each block, through what Node documents. */
function plainCodec(settings: CodecSettings): Codec {
  const options = optionsOf(settings);
  const pack = settings.compressor === 'gzip' ? deflateSync : zstdCompressSync;
  return {
    compress(block, out) {
      const packed = pack(block, { ...options, chunkSize: roomFor(block.length) });
      out.set(packed);
      return packed.length;
    },
  };
}

/** The parts of Node's compression streams that are used without the stream. */
interface StreamParts {
  readonly _handle?: {
    readonly reset?: () => void;
    readonly writeSync?: (
      flush: number,
      input: Uint8Array,
      inputOffset: number,
      inputLength: number,
      output: Uint8Array,
      outputOffset: number,
      outputLength: number,
    ) => void;
  };
  /** Bytes left in the output, and in the input, after a write. */
  readonly _writeState?: Uint32Array;
}

function lastingCodec(settings: CodecSettings): Codec | undefined {
  const isGzip = settings.compressor === 'gzip';
  const options = optionsOf(settings);
  const stream = isGzip ? createDeflate(options) : createZstdCompress(options);
  let failure: Error | undefined;
  stream.on('error', (error) => {
    failure = error;
  });
  const { _handle: handle, _writeState: state } = stream as unknown as StreamParts;
  if (!handle?.writeSync || !handle.reset || !(state instanceof Uint32Array)) return undefined;
  const { writeSync, reset } = handle;
  const flush = isGzip ? constants.Z_FINISH : constants.ZSTD_e_end;
  return {
    compress(block, out) {
      // The end of a frame makes a context of zstd ready for the next one; zlib's must be told.
      if (isGzip) reset.call(handle);
      writeSync.call(handle, flush, block, 0, block.length, out, 0, out.length);
      const [left = 0, unread = 0] = state;
      if (failure) throw failure;
      if (unread !== 0 || left === 0) throw new Error('a compressed block is larger than it can be');
      return out.length - left;
    },
  };
}

/** Two inputs after each other, so that what a context remembers of the first would show in the second. */
const SAMPLES = [7, 3].map((step) => new Uint8Array(4096).map((_, index) => (index * index * step) >> 7));

function agree(one: Codec, other: Codec): boolean {
  const made = (codec: Codec, sample: Uint8Array) => {
    const out = new Uint8Array(roomFor(sample.length));
    return Buffer.from(out.subarray(0, codec.compress(sample, out)));
  };
  try {
    return SAMPLES.every((sample) => made(one, sample).equals(made(other, sample)));
  } catch {
    return false;
  }
}
