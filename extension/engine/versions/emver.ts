/**
 * Versions and ranges of StartOS 0.3 ("emver", s9pk-v1 section 3.15). The reference reads as much as it understands and
 * silently ignores the rest; parsing here tells what that rest is.
 */

import { VersionError } from './exver.ts';

export interface EmverVersion {
  /** One to four unsigned 64-bit numbers; missing ones count as 0. */
  readonly numbers: readonly bigint[];
  /** What the reference does not read. */
  readonly rest: string;
}

/** @throws VersionError if not even a prefix is a version */
export function parseEmver(text: string): EmverVersion {
  const reader = new EmverReader(text);
  const numbers = reader.version();
  if (!numbers) throw new VersionError(`"${text}" is not a version: write one to four numbers joined by dots`);
  if (/^\.\d/.test(reader.rest)) throw new VersionError(`"${text}" is not a version: it has more than four numbers`);
  return { numbers, rest: reader.rest };
}

/**
 * Parses a range such as `>=1.2.3 <2.0.0`.
 * @returns its normal form, which is what packages hold, and what the reference does not read and therefore drops
 * @throws VersionError if not even a prefix is a range
 */
export function parseEmverRange(text: string): { normal: string; rest: string } {
  const reader = new EmverReader(text);
  const range = reader.range();
  if (!range) {
    const isBare = /^\d/.test(text);
    const hint = isBare ? `a version alone is no range: write =${text}` : 'write for example >=1.2.3 <2.0.0';
    throw new VersionError(`"${text}" is not a version range: ${hint}`);
  }
  return { normal: printRange(range), rest: reader.rest };
}

/** A version range, with its short forms spelled out. */
type EmverRange =
  | { readonly kind: 'any' }
  | { readonly kind: 'anchor'; readonly operator: string; readonly numbers: readonly bigint[] }
  | { readonly kind: 'all' | 'some'; readonly parts: readonly EmverRange[] };

const ANY: EmverRange = { kind: 'any' };

const anchor = (operator: string, numbers: readonly bigint[]): EmverRange => ({ kind: 'anchor', operator, numbers });

function allOf(parts: readonly EmverRange[]): EmverRange {
  // What says nothing drops out.
  const telling = parts.flatMap((part) => (part.kind === 'all' ? part.parts : part.kind === 'any' ? [] : [part]));
  return telling.length > 1 ? { kind: 'all', parts: telling } : (telling[0] ?? ANY);
}

function someOf(parts: readonly EmverRange[]): EmverRange {
  if (parts.some(({ kind }) => kind === 'any')) return ANY;
  const flat = parts.flatMap((part) => (part.kind === 'some' ? part.parts : [part]));
  return flat.length > 1 ? { kind: 'some', parts: flat } : (flat[0] ?? ANY);
}

/** From a version up to the next one at a place: 0 for the first number. */
function upTo(numbers: readonly bigint[], place: number): EmverRange {
  const next = numbers.slice(0, place + 1).map((number, index) => (index === place ? number + 1n : number));
  return allOf([anchor('>=', numbers), anchor('<', next)]);
}

/** `^`: up to the next version at the first number that is not 0. */
function caret(numbers: readonly bigint[]): EmverRange {
  const place = [0, 1, 2].find((index) => (numbers[index] ?? 0n) !== 0n);
  return place === undefined ? anchor('=', numbers) : upTo(numbers, place);
}

function printRange(range: EmverRange): string {
  switch (range.kind) {
    case 'any':
      return '*';
    case 'anchor':
      return range.operator + printNumbers(range.numbers);
    case 'all':
      return range.parts.map((part) => (part.kind === 'some' ? `(${printRange(part)})` : printRange(part))).join(' ');
    case 'some':
      return range.parts.map(printRange).join(' || ');
  }
}

function printNumbers(numbers: readonly bigint[]): string {
  const [a = 0n, b = 0n, c = 0n, d = 0n] = numbers;
  return d === 0n ? `${a}.${b}.${c}` : `${a}.${b}.${c}.${d}`;
}

const U64_MAX = (1n << 64n) - 1n;
/** Brackets deeper than this are nobody's version range. */
const MAX_DEPTH = 64;

class EmverReader {
  private at = 0;
  private depth = 0;
  private readonly text: string;

  constructor(text: string) {
    this.text = text;
  }

  get rest(): string {
    return this.text.slice(this.at);
  }

  version(): readonly bigint[] | undefined {
    const numbers: bigint[] = [];
    while (numbers.length < 4) {
      const match = this.match(numbers.length === 0 ? /\d+/y : /\.(\d+)/y);
      if (!match) break;
      const number = BigInt(match[1] ?? match[0]);
      if (number > U64_MAX) return undefined;
      numbers.push(number);
    }
    return numbers.length > 0 ? numbers : undefined;
  }

  range(): EmverRange | undefined {
    return this.try(() => this.sum()) ?? (this.match(/\*/y) ? ANY : undefined);
  }

  private sum(): EmverRange | undefined {
    const first = this.term();
    if (!first) return undefined;
    const parts = [first, ...this.more(() => (this.match(/\s*\|\|\s*/y) ? this.term() : undefined))];
    return someOf(parts);
  }

  private term(): EmverRange | undefined {
    // A range in brackets is an item too, so nothing is tried twice.
    return this.product();
  }

  private product(): EmverRange | undefined {
    const first = this.item();
    if (!first) return undefined;
    return allOf([first, ...this.more(() => (this.match(/\s+/y) ? this.item() : undefined))]);
  }

  private item(): EmverRange | undefined {
    return (
      this.try(() => this.compared()) ??
      this.try(() => this.shortened()) ??
      this.try(() => this.wildcard()) ??
      this.try(() => this.between()) ??
      this.try(() => this.brackets())
    );
  }

  private compared(): EmverRange | undefined {
    const operator = this.match(/>=|<=|!=|=|>|</y)?.[0];
    const numbers = operator === undefined ? undefined : this.version();
    return operator !== undefined && numbers ? anchor(operator, numbers) : undefined;
  }

  private shortened(): EmverRange | undefined {
    const sign = this.match(/[\^~]/y)?.[0];
    const numbers = sign === undefined ? undefined : this.version();
    if (!numbers) return undefined;
    return sign === '^' ? caret(numbers) : upTo(numbers, [0, 0, 1, 1, 2][numbers.length] ?? 2);
  }

  private wildcard(): EmverRange | undefined {
    const match = this.match(/(\d+(?:\.\d+){0,2})\.x/y);
    const numbers = match?.[1]?.split('.').map(BigInt);
    return numbers && upTo(numbers, numbers.length - 1);
  }

  private between(): EmverRange | undefined {
    const low = this.version();
    const high = low && this.match(/\s*-\s*/y) ? this.version() : undefined;
    return low && high ? allOf([anchor('>=', low), anchor('<=', high)]) : undefined;
  }

  private brackets(): EmverRange | undefined {
    if (this.depth >= MAX_DEPTH) return undefined;
    this.depth++;
    const range = this.match(/\(\s*/y) ? this.range() : undefined;
    this.depth--;
    return range && this.match(/\s*\)/y) ? range : undefined;
  }

  /** As many as there are. */
  private more(attempt: () => EmverRange | undefined): EmverRange[] {
    const found: EmverRange[] = [];
    for (let next = this.try(attempt); next; next = this.try(attempt)) found.push(next);
    return found;
  }

  private match(pattern: RegExp): RegExpExecArray | undefined {
    pattern.lastIndex = this.at;
    const match = pattern.exec(this.text);
    if (!match) return undefined;
    this.at = pattern.lastIndex;
    return match;
  }

  /** Goes back to where it was if the attempt fails. */
  private try(attempt: () => EmverRange | undefined): EmverRange | undefined {
    const start = this.at;
    const range = attempt();
    if (!range) this.at = start;
    return range;
  }
}
