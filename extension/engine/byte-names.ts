import { decodeUtf8 } from './bytes.ts';

/**
 * Names in file systems are bytes, mostly but not always UTF-8. Here they are text in which every byte that is not part of
 * UTF-8 is a lone surrogate, U+DC80 for 0x80 to U+DCFF for 0xFF (as in Python's `surrogateescape`): two names that differ in
 * one byte stay two, and every name comes out as the bytes that it came in as.
 */

const ESCAPE = 0xdc00;
const encoder = new TextEncoder();

/** The text that stands for the bytes of a name. */
export function decodeName(bytes: Uint8Array): string {
  const whole = decodeUtf8(bytes);
  if (whole !== undefined) return whole;
  let text = '';
  for (let start = 0; start < bytes.length; ) {
    const length = sequenceLength(bytes, start);
    const part = length > 0 ? decodeUtf8(bytes.subarray(start, start + length)) : undefined;
    text += part ?? String.fromCharCode(ESCAPE | (bytes[start] ?? 0));
    start += part === undefined ? 1 : length;
  }
  return text;
}

/** How long a UTF-8 sequence that begins so would be; 0 if none does. */
function sequenceLength(bytes: Uint8Array, start: number): number {
  const first = bytes[start] ?? 0;
  const length = first < 0x80 ? 1 : first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : first >= 0xc2 ? 2 : 0;
  return start + length <= bytes.length ? length : 0;
}

/** The bytes that a text stands for. */
export function encodeName(name: string): Uint8Array {
  if (name.isWellFormed()) return encoder.encode(name);
  const bytes: number[] = [];
  for (const char of name) {
    const unit = char.length === 1 ? char.charCodeAt(0) : 0;
    if (unit >= ESCAPE + 0x80 && unit <= ESCAPE + 0xff) bytes.push(unit & 0xff);
    else bytes.push(...encoder.encode(char));
  }
  return Uint8Array.from(bytes);
}

/** A path for Node's file system functions, which take bytes where a text is not enough. */
export function fsPath(path: string): string | Buffer {
  return path.isWellFormed() ? path : Buffer.from(encodeName(path));
}
