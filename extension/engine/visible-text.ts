/**
 * What plays with whoever shows it: control characters (C0, C1), line and paragraph separators, characters without a width
 * and those that change the direction of writing, and the bytes of names that are no text (lone surrogates).
 */
const INVISIBLE =
  /[\u0000-\u001f\u007f-\u009f\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]|\p{Surrogate}|[\u{e0000}-\u{e0fff}]/gu;

/** A text of others in one line for people, whatever shows it: what is invisible is an escape, a byte that is no text `\xff`. */
export function visibleText(text: string): string {
  return text.replace(INVISIBLE, escaped);
}

/** The same for texts of several lines: line ends and tabs stay what they are. */
export function visibleLines(text: string): string {
  return text.replace(INVISIBLE, (char, at: number) => {
    const isLineEnd = char === '\n' || char === '\t' || (char === '\r' && text[at + 1] === '\n');
    return isLineEnd ? char : escaped(char);
  });
}

/** JSON without one invisible character in it: the same value, by escapes that JSON has itself. */
export function visibleJson(value: unknown, indent?: number): string {
  const json = JSON.stringify(value, undefined, indent);
  return json.replace(INVISIBLE, (char) => (char === '\n' ? char : [...unitsOf(char)].map(unicodeEscape).join('')));
}

function escaped(char: string): string {
  const unit = char.charCodeAt(0);
  const isByte = char.length === 1 && unit >= 0xdc80 && unit <= 0xdcff;
  if (isByte) return `\\x${(unit & 0xff).toString(16)}`;
  return [...unitsOf(char)].map(unicodeEscape).join('');
}

function* unitsOf(char: string): Generator<number> {
  for (let index = 0; index < char.length; index++) yield char.charCodeAt(index);
}

function unicodeEscape(unit: number): string {
  return `\\u${unit.toString(16).padStart(4, '0')}`;
}
