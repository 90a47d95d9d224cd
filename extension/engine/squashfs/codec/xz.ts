import { createRequire } from 'node:module';
import { crc32 } from 'node:zlib';
import { joinBytes } from '../../bytes.ts';
import { SquashfsError } from '../squashfs-error.ts';

/** The part of @napi-rs/lzma that is used. It is an optional dependency, loaded by name at run time. */
interface NativeModule {
  /** Raw LZMA2 of a block, made in the thread pool. */
  readonly lzma2: { readonly compress: (block: Uint8Array) => Promise<Uint8Array> };
}

/** Below this no dictionary is, whatever the block size: metadata blocks have 8 KiB. */
const LEAST_DICTIONARY = 8192;

/** The filter's id and the check's, in the format's own numbers. */
const LZMA2 = 0x21;
const CHECK_CRC32 = 0x01;
const STREAM_FLAGS = Uint8Array.of(0, CHECK_CRC32);

/**
 * Compresses blocks as streams of the .xz format (version 1.2.0) that the kernel's decoder takes: one block, LZMA2 alone,
 * CRC32 as the check (it knows no CRC64), and a dictionary no larger than a block of the image.
 * @throws SquashfsError where the native module of this platform is not installed.
 */
export function xzCompressor(blockSize: number): (block: Uint8Array) => Promise<Uint8Array> {
  const { lzma2 } = loadNative();
  const dictionary = Math.max(blockSize, LEAST_DICTIONARY);
  return async (block) => xzStream(await lzma2.compress(block), block, dictionary);
}

function loadNative(): NativeModule {
  const require = createRequire(import.meta.url);
  for (const name of ['./lzma.node', '@napi-rs/lzma']) {
    try {
      return require(name) as NativeModule;
    } catch {
      // The next one; what to do without any is said below.
    }
  }
  throw new SquashfsError('images cannot be compressed with xz on this platform; use gzip, or zstd');
}

/** Puts raw LZMA2 data of `plain` into a stream of its own. Integers are little-endian. */
function xzStream(packed: Uint8Array, plain: Uint8Array, dictionary: number): Uint8Array {
  // Dictionary sizes are powers of two: 0 stands for 4 KiB, and each second number for the next power.
  const dictionaryByte = (Math.log2(dictionary) - 12) * 2;
  // Size of the header in words less one, flags for one filter, the filter, the length of its one property, padding.
  const blockHeader = withCrc(Uint8Array.of(2, 0, LZMA2, 1, dictionaryByte, 0, 0, 0));
  const unpadded = blockHeader.length + packed.length + 4;
  const index = withCrc(padded(Uint8Array.of(0, 1, ...variableLength(unpadded), ...variableLength(plain.length))));
  const footer = joinBytes([uint32(index.length / 4 - 1), STREAM_FLAGS]);
  return joinBytes([
    Uint8Array.of(0xfd, 0x37, 0x7a, 0x58, 0x5a, 0),
    withCrc(STREAM_FLAGS),
    blockHeader,
    padded(packed),
    uint32(crc32(plain)),
    index,
    uint32(crc32(footer)),
    footer,
    Uint8Array.of(0x59, 0x5a),
  ]);
}

function withCrc(bytes: Uint8Array): Uint8Array {
  return joinBytes([bytes, uint32(crc32(bytes))]);
}

function padded(bytes: Uint8Array): Uint8Array {
  return joinBytes([bytes, new Uint8Array((4 - (bytes.length % 4)) % 4)]);
}

function uint32(value: number): Uint8Array {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setUint32(0, value, true);
  return bytes;
}

/** Seven bits a byte, the lowest first; the top bit says that more follow. */
function variableLength(value: number): number[] {
  return value < 0x80 ? [value] : [(value % 0x80) | 0x80, ...variableLength(Math.floor(value / 0x80))];
}
