import { toHex } from '../bytes.ts';
import type { Commitment, Signature } from '../sign/commitment.ts';

/** Magic `;;` and version 2, the first three bytes of the file. */
export const MAGIC = Uint8Array.of(0x3b, 0x3b, 0x02);
/** Length in bytes of everything before the root's table of contents (s9pk-v2 section 1.1). */
export const HEADER_SIZE = 155;
/** Largest signed root table that is opened without being told a commitment (s9pk-v2 section 1.6). */
export const MAX_ROOT_MAXSIZE = 1n << 20n;

export interface Header extends Signature, Commitment {
  /** Absolute position of the root's table of contents; not signed. */
  readonly tablePosition: bigint;
  /** Length of that table in bytes; not signed, but bounded by `rootMaxsize`. */
  readonly tableSize: bigint;
}

/** Reads a header of {@link HEADER_SIZE} bytes. Integers are big-endian. Nothing is checked here. */
export function parseHeader(bytes: Uint8Array): Header {
  const view = new DataView(bytes.buffer, bytes.byteOffset, HEADER_SIZE);
  return {
    publicKey: bytes.slice(3, 35),
    signature: bytes.slice(35, 99),
    rootSighash: bytes.slice(99, 131),
    rootMaxsize: view.getBigUint64(131),
    tablePosition: view.getBigUint64(139),
    tableSize: view.getBigUint64(147),
  };
}

export function encodeHeader(header: Header): Uint8Array {
  const bytes = new Uint8Array(HEADER_SIZE);
  const view = new DataView(bytes.buffer);
  bytes.set(MAGIC, 0);
  bytes.set(header.publicKey, 3);
  bytes.set(header.signature, 35);
  bytes.set(header.rootSighash, 99);
  view.setBigUint64(131, header.rootMaxsize);
  view.setBigUint64(139, header.tablePosition);
  view.setBigUint64(147, header.tableSize);
  return bytes;
}

/** What a file that does not start as a version 2 s9pk seems to be, in words for a message. */
export function describeForeign(start: Uint8Array): string {
  const known: readonly [string, string][] = [
    ['504b0304', 'a ZIP file; unpack it, the .s9pk is inside (CI artifacts come this way)'],
    ['504b0506', 'an empty ZIP file'],
    ['1f8b', 'a gzip file; unpack it first'],
    ['28b52ffd', 'a zstd file; unpack it first'],
    ['fd377a585a00', 'an xz file; unpack it first'],
    ['68737173', 'a squashfs image, not a package; it belongs into one'],
    ['7f454c46', 'a program (ELF)'],
    ['3c21444f43', 'a web page, perhaps the error page of a download'],
    ['3c68746d6c', 'a web page, perhaps the error page of a download'],
    ['76657273696f6e2068747470', 'a Git LFS pointer; run: git lfs pull'],
  ];
  const hex = toHex(start.subarray(0, 16));
  const match = known.find(([prefix]) => hex.startsWith(prefix));
  if (match) return match[1];
  const isText =
    start.length > 0 && start.every((byte) => byte >= 0x20 || byte === 0x09 || byte === 0x0a || byte === 0x0d);
  return isText ? 'a text file' : 'something else (it does not start with the bytes 3b 3b 02)';
}
