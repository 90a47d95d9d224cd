import { encode } from 'cborg';
import { concatBytes, joinBytes } from '../bytes.ts';

/** What CBOR (RFC 8949) says in the manifests of StartOS 0.3. */
export type CborValue = null | boolean | number | bigint | string | readonly CborValue[] | CborMap;

/** A map whose keys are texts, in the order in which they are written. */
export class CborMap {
  readonly entries: readonly (readonly [string, CborValue])[];
  /** Written without its length and with an end instead, as the reference writes records with flattened parts. */
  readonly isIndefinite: boolean;

  constructor(entries: readonly (readonly [string, CborValue])[], isIndefinite = false) {
    this.entries = entries;
    this.isIndefinite = isIndefinite;
  }
}

const ARRAY = 4;
const MAP = 5;
const INDEFINITE = 31;
const BREAK = Uint8Array.of(0xff);

/** The bytes of a value: shortest heads, shortest numbers, order as given (s9pk-v1 section 2.1.2). */
export function encodeCbor(value: CborValue): Uint8Array {
  if (value instanceof CborMap) {
    const items = value.entries.flatMap(([key, item]) => [encode(key), encodeCbor(item)]);
    return value.isIndefinite
      ? joinBytes([head(MAP, INDEFINITE), ...items, BREAK])
      : joinBytes([lengthHead(MAP, value.entries.length), ...items]);
  }
  if (typeof value === 'object' && value !== null)
    return joinBytes([lengthHead(ARRAY, value.length), ...value.map(encodeCbor)]);
  return encode(value);
}

function head(major: number, low: number): Uint8Array {
  return Uint8Array.of((major << 5) | low);
}

/** A head with a length of at most 32 bits, in as few bytes as there are. */
function lengthHead(major: number, length: number): Uint8Array {
  if (length < 24) return head(major, length);
  if (length < 0x100) return concatBytes(head(major, 24), Uint8Array.of(length));
  if (length < 0x10000) return concatBytes(head(major, 25), Uint8Array.of(length >> 8, length & 0xff));
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setUint32(0, length);
  return concatBytes(head(major, 26), bytes);
}
