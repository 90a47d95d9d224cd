import { encodeName } from '../byte-names.ts';
import { compareBytes } from '../bytes.ts';
import { visibleText } from '../visible-text.ts';

/** Orders names by their UTF-8 bytes, which is code point order and not JavaScript's own (s9pk-v2 section 1.4). */
export function compareNames(a: string, b: string): number {
  if (!a.isWellFormed() || !b.isWellFormed()) return compareBytes(encodeName(a), encodeName(b));
  const length = Math.min(a.length, b.length);
  for (let index = 0; index < length; index++) {
    const left = a.charCodeAt(index);
    const right = b.charCodeAt(index);
    if (left !== right) return surrogatesLast(left) - surrogatesLast(right);
  }
  return a.length - b.length;
}

/** UTF-16 puts surrogates (code points from 2^16 on) before U+E000..U+FFFF; their place is after. */
function surrogatesLast(unit: number): number {
  return unit >= 0xd800 && unit <= 0xdfff ? unit + 0x10000 : unit;
}

export function nameBytes(name: string): Uint8Array {
  return encodeName(name);
}

/** Why a name cannot safely be one path segment on every system, or undefined if it can. */
export function unsafeNameReason(name: string): string | undefined {
  if (name === '') return 'it is empty';
  if (name === '.' || name === '..') return 'it means a folder';
  if (/[/\\]/.test(name)) return 'it holds a path separator';
  if (/[\u0000-\u001f\u007f]/.test(name)) return 'it holds a control character';
  return undefined;
}

/** A name for people: what could hide, or play with a terminal, is made visible; a byte that is no text is `\\xff`. */
export function printableName(name: string): string {
  return visibleText(name);
}

/** Joins path segments for display and look-up in findings. */
export function joinPath(parent: string, name: string): string {
  return parent === '' ? printableName(name) : `${parent}/${printableName(name)}`;
}

/** A whole path from the root, for display and look-up in findings. */
export function printablePath(segments: readonly string[]): string {
  return segments.reduce(joinPath, '');
}
