import { type Token, Tokenizer, Type } from 'cborg';
import { ExactNumber } from '../package/json.ts';

/** Bytes of a key that the reference still reads (s9pk-v1 section 2.1.1). */
const KEY_LIMIT = 4096;

/**
 * Reads CBOR as the reference does (s9pk-v1 section 2.1.1): tags count for nothing, a text that is no UTF-8 is an error, and a
 * number written as a float stays one, because devices take none where an integer belongs. Texts in pieces are refused: the
 * reference takes them for some values, and nobody writes them.
 */
export class ManifestTokenizer extends Tokenizer {
  constructor(bytes: Uint8Array) {
    super(bytes, { retainStringBytes: true, allowIndefinite: true, allowUndefined: true, allowBigInt: true });
  }

  override next(): Token {
    let token = super.next();
    while (Type.equals(token.type, Type.tag)) token = super.next();
    // Zeros after the point that JavaScript does not keep say that it is no integer.
    if (Type.equals(token.type, Type.float) && Number.isInteger(token.value))
      token.value = new ExactNumber(String(token.value).replace(/^-?\d+$/, '$&.0'));
    if (token.byteValue) token.value = UTF8.decode(token.byteValue);
    return token;
  }
}

const UTF8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** @throws RangeError for a key that is no text or is too long to be read. */
export function checkKey(key: unknown): string {
  if (typeof key !== 'string') throw new RangeError('it has a key that is no text');
  if (new TextEncoder().encode(key).length > KEY_LIMIT)
    throw new RangeError(`it has a key of more than ${KEY_LIMIT} bytes`);
  return key;
}
