import { BUDGET } from './budget.ts';

/** What brackets of a text say before it is parsed: parsers call themselves for each that is open, and look long for what closes none. */

/** Where more brackets are open than any manifest has; undefined if that is nowhere. Brackets in strings do not count. */
export function tooDeepAt(text: string): number | undefined {
  return bracketsOf(text, '[{', ']}').tooDeepAt;
}

/** Where more brackets, round ones too, have been closed without being opened than anybody mistypes; undefined if nowhere. */
export function tooManyClosedAt(text: string): number | undefined {
  return bracketsOf(text, '[{(', ']})').tooManyClosedAt;
}

function bracketsOf(text: string, opening: string, closing: string) {
  let depth = 0;
  let closed = 0;
  let deep: number | undefined;
  for (let at = 0; at < text.length; at++) {
    const char = text.charAt(at);
    if (char === '"') at = endOfString(text, at);
    else if (opening.includes(char)) {
      if (++depth > BUDGET.manifestBrackets) deep ??= at;
    } else if (closing.includes(char)) {
      if (depth > 0) depth--;
      else if (++closed > BUDGET.manifestBrackets) return { tooDeepAt: deep, tooManyClosedAt: at };
    }
  }
  return { tooDeepAt: deep };
}

/** The closing quote of a string in one line; where there is none, the opening one: an apostrophe or half-typed. */
function endOfString(text: string, start: number): number {
  for (let at = start + 1; at < text.length && text[at] !== '\n'; at++) {
    if (text[at] === '\\') at++;
    else if (text[at] === '"') return at;
  }
  return start;
}
