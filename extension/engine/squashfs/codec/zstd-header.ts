/** The headers of Zstandard frames and of their blocks (RFC 8878 section 3.1.1). Integers are little-endian. */
export interface ZstdHeader {
  /** Bytes from the magic number to the first block. */
  readonly length: number;
  /** Bytes that decompressing refers back to; for a frame of one segment they are its content. */
  readonly windowSize: number;
  /** Bytes that the frame gives, where it says so. */
  readonly contentSize: number | undefined;
  /** Whether four bytes of checksum follow the last block. */
  readonly hasChecksum: boolean;
}

/** Magic number of a frame. */
export const ZSTD_MAGIC = 0xfd2fb528;
/** The longest header: magic, descriptor, window, dictionary, content size. */
export const MAX_ZSTD_HEADER = 18;

/** The header that bytes begin with; undefined if they begin with none, or it is cut short. */
export function parseZstdHeader(bytes: Uint8Array): ZstdHeader | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length < 6 || view.getUint32(0, true) !== ZSTD_MAGIC) return undefined;
  const descriptor = view.getUint8(4);
  const isSingleSegment = (descriptor & 0x20) !== 0;
  const sizeLength = [isSingleSegment ? 1 : 0, 2, 4, 8][descriptor >> 6] ?? 0;
  const sizeAt = 5 + (isSingleSegment ? 0 : 1) + ([0, 1, 2, 4][descriptor & 3] ?? 0);
  if (bytes.length < sizeAt + sizeLength) return undefined;
  const contentSize = readSize(view, sizeAt, sizeLength);
  const windowSize = isSingleSegment ? (contentSize ?? 0) : windowOf(view.getUint8(5));
  return { length: sizeAt + sizeLength, windowSize, contentSize, hasChecksum: (descriptor & 4) !== 0 };
}

/** Bytes of a block's header. */
export const ZSTD_BLOCK_HEADER = 3;

/** The header of a block, and how many bytes it stores behind that; undefined if it is cut short. */
export function parseZstdBlock(bytes: Uint8Array, at: number): { isLast: boolean; stored: number } | undefined {
  const [low, middle, high] = bytes.subarray(at, at + ZSTD_BLOCK_HEADER);
  if (low === undefined || middle === undefined || high === undefined) return undefined;
  const word = low | (middle << 8) | (high << 16);
  // Of a byte that repeats, the size says how often.
  return { isLast: (word & 1) !== 0, stored: ((word >> 1) & 3) === 1 ? 1 : word >> 3 };
}

/** Whether bytes hold the frame that they begin with up to its end, checksum included, by the sizes of its blocks. */
export function isWholeZstdFrame(bytes: Uint8Array): boolean {
  const header = parseZstdHeader(bytes);
  if (!header) return false;
  let at = header.length;
  for (let isLast = false; !isLast; ) {
    const block = parseZstdBlock(bytes, at);
    if (!block) return false;
    isLast = block.isLast;
    at += ZSTD_BLOCK_HEADER + block.stored;
  }
  return at + (header.hasChecksum ? 4 : 0) <= bytes.length;
}

function windowOf(descriptor: number): number {
  const base = 2 ** (10 + (descriptor >> 3));
  return base + (base / 8) * (descriptor & 7);
}

function readSize(view: DataView, at: number, length: number): number | undefined {
  switch (length) {
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
