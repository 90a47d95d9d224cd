import { nameBytes } from '../archive/names.ts';
import { concatBytes } from '../bytes.ts';

const BLOCK = 512;
const NAME_LENGTH = 100;
const MAX_SIZE = 0o77777777777;
/** Bits of a mode that say what a thing is, which the reference writes, too. */
const KIND = { file: 0o100000, directory: 0o040000 } as const;

/** Something that goes into a tar: a file, or a folder. Owner and time are always 0. */
export interface GnuItem {
  /** The whole path, without a slash at its end. */
  readonly name: string;
  readonly kind: 'file' | 'directory';
  /** Permission bits; without them the fields of mode, owner and type stay empty, as the reference leaves them once. */
  readonly mode?: number;
  /** Bytes of a file, which must be as many as come. */
  readonly size: number;
  chunks?(): AsyncIterable<Uint8Array>;
}

/**
 * A tar in GNU's format, as the tools of StartOS 0.3 write it (s9pk-v1 sections 2.3 and 2.4), but with what changes from machine to
 * machine left out.
 * @throws RangeError if a file has another length than was said
 */
export async function* writeGnuTar(items: Iterable<GnuItem>): AsyncGenerator<Uint8Array> {
  for (const item of items) {
    yield* headers(item);
    let size = 0;
    for await (const chunk of item.chunks?.() ?? []) {
      size += chunk.length;
      yield chunk;
    }
    if (size !== item.size)
      throw new RangeError(`${item.name} has ${size} bytes instead of ${item.size}: it was changed`);
    if (size % BLOCK !== 0) yield new Uint8Array(BLOCK - (size % BLOCK));
  }
  yield new Uint8Array(2 * BLOCK);
}

/** Bytes of such a tar. */
export function sizeOfGnuTar(items: Iterable<GnuItem>): number {
  let sum = 2 * BLOCK;
  for (const item of items) {
    for (const header of headers(item)) sum += header.length;
    sum += Math.ceil(item.size / BLOCK) * BLOCK;
  }
  return sum;
}

/** The header of an item; before it, if its name is long, one whose content is the name. */
function* headers({ name, kind, mode, size }: GnuItem): Generator<Uint8Array> {
  const bytes = nameBytes(name);
  if (bytes.length > NAME_LENGTH) {
    const long = concatBytes(bytes, Uint8Array.of(0));
    yield header(nameBytes('././@LongLink'), 'L', 0o644, long.length);
    yield concatBytes(long, new Uint8Array((BLOCK - (long.length % BLOCK)) % BLOCK));
  }
  const type = kind === 'directory' ? '5' : '0';
  yield mode === undefined ? header(bytes, undefined, undefined, size) : header(bytes, type, KIND[kind] | mode, size);
}

function header(name: Uint8Array, type: string | undefined, mode: number | undefined, size: number): Uint8Array {
  const bytes = new Uint8Array(BLOCK);
  const octal = (at: number, length: number, value: number) =>
    bytes.set(nameBytes(value.toString(8).padStart(length - 1, '0')), at);
  bytes.set(name.subarray(0, NAME_LENGTH), 0);
  if (mode !== undefined) {
    octal(100, 8, mode);
    octal(108, 8, 0);
    octal(116, 8, 0);
  }
  // Larger ones as a number in binary, which the highest bit says.
  if (size > MAX_SIZE) {
    new DataView(bytes.buffer).setBigUint64(128, BigInt(size));
    bytes[124] = 0x80;
  } else octal(124, 12, size);
  octal(136, 12, 0);
  bytes.fill(0x20, 148, 156);
  if (type !== undefined) bytes[156] = type.charCodeAt(0);
  bytes.set(nameBytes('ustar  \0'), 257);
  if (mode !== undefined) {
    octal(329, 8, 0);
    octal(337, 8, 0);
  }
  const sum = bytes.reduce((total, byte) => total + byte, 0);
  bytes.set(nameBytes(`${sum.toString(8).padStart(6, '0')}\0 `), 148);
  return bytes;
}
