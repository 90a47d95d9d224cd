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
 * @returns what the reference does not read, and therefore drops
 * @throws VersionError if not even a prefix is a range
 */
export function parseEmverRange(text: string): { rest: string } {
  const reader = new EmverReader(text);
  if (!reader.range()) {
    const isBare = /^\d/.test(text);
    const hint = isBare ? `a version alone is no range: write =${text}` : 'write for example >=1.2.3 <2.0.0';
    throw new VersionError(`"${text}" is not a version range: ${hint}`);
  }
  return { rest: reader.rest };
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

  range(): boolean {
    return this.try(() => this.sum()) || this.match(/\*/y) !== undefined;
  }

  private sum(): boolean {
    if (!this.term()) return false;
    while (this.try(() => this.match(/\s*\|\|\s*/y) !== undefined && this.term()));
    return true;
  }

  private term(): boolean {
    // A range in brackets is an item too, so nothing is tried twice.
    return this.product();
  }

  private product(): boolean {
    if (!this.item()) return false;
    while (this.try(() => this.match(/\s+/y) !== undefined && this.item()));
    return true;
  }

  private item(): boolean {
    return (
      this.try(() => this.match(/>=|<=|!=|=|>|</y) !== undefined && this.version() !== undefined) ||
      this.try(() => this.match(/[\^~]/y) !== undefined && this.version() !== undefined) ||
      this.match(/\d+(?:\.\d+){0,2}\.x/y) !== undefined ||
      this.try(
        () => this.version() !== undefined && this.match(/\s*-\s*/y) !== undefined && this.version() !== undefined,
      ) ||
      this.try(() => this.brackets())
    );
  }

  private brackets(): boolean {
    if (this.depth >= MAX_DEPTH) return false;
    this.depth++;
    const isRange = this.match(/\(\s*/y) !== undefined && this.range() && this.match(/\s*\)/y) !== undefined;
    this.depth--;
    return isRange;
  }

  private match(pattern: RegExp): RegExpExecArray | undefined {
    pattern.lastIndex = this.at;
    const match = pattern.exec(this.text);
    if (!match) return undefined;
    this.at = pattern.lastIndex;
    return match;
  }

  /** Goes back to where it was if the attempt fails. */
  private try(attempt: () => boolean): boolean {
    const start = this.at;
    if (attempt()) return true;
    this.at = start;
    return false;
  }
}
