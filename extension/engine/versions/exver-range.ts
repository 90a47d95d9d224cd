import {
  type ExtendedVersion,
  parseVersion,
  portabilityProblem,
  printExtendedVersion,
  type Version,
  VersionError,
} from './exver.ts';

/**
 * Version ranges (s9pk-v2 section 5.5). The meaning is the reference's Rust parser's; where its TypeScript parser
 * understands a text differently, `portability` says so. Text after a complete range, which the reference silently
 * ignores, is an error here.
 */
export type VersionRange =
  | { readonly kind: 'anchor'; readonly operator: Operator; readonly version: ExtendedVersion }
  | { readonly kind: 'and' | 'or'; readonly left: VersionRange; readonly right: VersionRange }
  | { readonly kind: 'not'; readonly operand: VersionRange }
  | { readonly kind: 'flavor'; readonly flavor: string }
  | { readonly kind: 'any' }
  | { readonly kind: 'none' };

type Operator = '>=' | '<=' | '!=' | '=' | '<' | '>';

export interface ParsedRange {
  readonly range: VersionRange;
  /** How upstream's two parsers differ on this text; empty if they agree. */
  readonly portability: readonly string[];
  /** Prereleases in it that SDKs before 3.0.0 do not read. */
  readonly prereleases: readonly string[];
}

const ANY: VersionRange = { kind: 'any' };
const NONE: VersionRange = { kind: 'none' };
const ZERO: Version = { numbers: [0n], prerelease: [] };

/** @throws VersionError saying what stands where something else should. */
export function parseRange(text: string): ParsedRange {
  const parser = new RangeParser(text);
  const range = parser.range();
  parser.expectEnd();
  return { range, portability: parser.portability, prereleases: parser.prereleases };
}

/** The range as the reference prints it into a packed manifest: operators expanded, downstream always written. */
export function printRange(range: VersionRange): string {
  switch (range.kind) {
    case 'anchor':
      return range.operator + printExtendedVersion(range.version);
    case 'and':
      return `${printOperand(range.left)} ${printOperand(range.right)}`;
    case 'or':
      return `${printOperand(range.left)} || ${printOperand(range.right)}`;
    case 'not':
      return `!${printOperand(range.operand)}`;
    case 'flavor':
      return `#${range.flavor}`;
    case 'any':
      return '*';
    case 'none':
      return '!';
  }
}

function printOperand(range: VersionRange): string {
  const isSimple = range.kind === 'anchor' || range.kind === 'any' || range.kind === 'none';
  return isSimple ? printRange(range) : `(${printRange(range)})`;
}

function and(left: VersionRange, right: VersionRange): VersionRange {
  if (left.kind === 'any') return right;
  if (right.kind === 'any') return left;
  if (left.kind === 'none' || right.kind === 'none') return NONE;
  return { kind: 'and', left, right };
}

function or(left: VersionRange, right: VersionRange): VersionRange {
  if (left.kind === 'any' || right.kind === 'any') return ANY;
  if (left.kind === 'none') return right;
  if (right.kind === 'none') return left;
  return { kind: 'or', left, right };
}

function not(range: VersionRange): VersionRange {
  switch (range.kind) {
    case 'any':
      return NONE;
    case 'none':
      return ANY;
    case 'not':
      return range.operand;
    case 'and':
      return { kind: 'or', left: not(range.left), right: not(range.right) };
    case 'or':
      return { kind: 'and', left: not(range.left), right: not(range.right) };
    case 'anchor':
      if (range.operator === '=') return { ...range, operator: '!=' };
      if (range.operator === '!=') return { ...range, operator: '=' };
      return { kind: 'not', operand: range };
    case 'flavor':
      return { kind: 'not', operand: range };
  }
}

/** `>= version` and `<` the version whose number at the deciding place is one higher. */
function between(version: ExtendedVersion, limit: readonly bigint[]): VersionRange {
  const upstream: Version = { numbers: limit, prerelease: version.upstream.prerelease };
  const below: ExtendedVersion = { ...version, upstream, downstream: ZERO };
  return and({ kind: 'anchor', operator: '>=', version }, { kind: 'anchor', operator: '<', version: below });
}

/** Numbers without trailing zeros (at least one), and the index of the first that is not zero. */
function significant(version: Version): { numbers: readonly bigint[]; major: number } {
  let length = version.numbers.length;
  while (length > 1 && version.numbers[length - 1] === 0n) length--;
  const numbers = version.numbers.slice(0, length);
  const major = numbers.findIndex((number) => number !== 0n);
  return { numbers, major: major < 0 ? numbers.length - 1 : major };
}

function caret(version: ExtendedVersion): VersionRange {
  const { numbers, major } = significant(version.upstream);
  return between(version, [...numbers.slice(0, major), (numbers[major] ?? 0n) + 1n]);
}

function tilde(version: ExtendedVersion): VersionRange {
  const { numbers, major } = significant(version.upstream);
  return between(version, [...numbers.slice(0, major + 1), (numbers[major + 1] ?? 0n) + 1n]);
}

const OPERATORS = ['>=', '<=', '!=', '=', '<', '>', '^', '~'] as const;
/** Parentheses and negations nested deeper than this, and ranges of more parts, are refused: no stack holds what they become. */
const MAX_DEPTH = 200;
const MAX_ATOMS = 1000;

class RangeParser {
  readonly portability: string[] = [];
  readonly prereleases: string[] = [];
  private atoms = 0;
  private position = 0;
  private depth = 0;
  private readonly text: string;

  constructor(text: string) {
    this.text = text;
  }

  range(): VersionRange {
    let range = this.atom();
    let connective: '&&' | '||' | undefined;
    for (;;) {
      const before = this.position;
      this.skipSpaces();
      const written = this.take('||') ? '||' : this.take('&&') ? '&&' : undefined;
      if (written) this.skipSpaces();
      else if (this.atEnd() || this.peek(')')) {
        this.position = before;
        return range;
      }
      if (connective === '||' && !written) {
        this.portability.push(
          'a range beside another after "||" is joined by "or" on devices, by "and" in the SDK; write it out',
        );
      }
      if (connective && written && connective !== written) {
        this.portability.push('"||" and "&&" are read from left to right without precedence; use parentheses');
      }
      // As in the reference, the last written connective also holds for ranges that merely stand beside each other.
      connective = written ?? connective;
      const next = this.atom();
      range = connective === '||' ? or(range, next) : and(range, next);
    }
  }

  expectEnd(): void {
    this.skipSpaces();
    if (this.atEnd()) return;
    const rest = this.text.slice(this.position);
    throw new VersionError(`"${rest}" after "${this.text.slice(0, this.position)}" does not belong to a version range`);
  }

  private atom(): VersionRange {
    if (++this.depth > MAX_DEPTH) throw new VersionError('the range is nested too deeply');
    if (++this.atoms > MAX_ATOMS) throw new VersionError(`the range has more than ${MAX_ATOMS} parts`);
    try {
      return this.group() ?? this.anchor() ?? this.negation() ?? this.flavor() ?? this.fail();
    } finally {
      this.depth--;
    }
  }

  private group(): VersionRange | undefined {
    if (!this.take('(')) return undefined;
    this.skipSpaces();
    const range = this.range();
    this.skipSpaces();
    if (!this.take(')')) throw new VersionError('a ")" is missing');
    return range;
  }

  private anchor(): VersionRange | undefined {
    const before = this.position;
    const operator = OPERATORS.find((candidate) => this.take(candidate));
    if (operator) this.skipSpaces();
    const version = this.spec();
    if (!version) {
      if (operator && operator !== '!=') throw new VersionError(`a version is missing after "${operator}"`);
      this.position = before;
      return undefined;
    }
    if (operator && operator !== '^' && operator !== '~') return { kind: 'anchor', operator, version };
    const { numbers, prerelease } = version.upstream;
    const major = numbers.findIndex((number) => number !== 0n);
    const what =
      major < 0
        ? 'version 0'
        : prerelease.length > 0
          ? 'a prerelease'
          : operator === '~' && numbers.length <= major + 1
            ? 'nothing after its first number that is not 0'
            : undefined;
    if (what) {
      this.portability.push(
        `"${operator ?? '^'}" with ${what} means one thing on devices and another in the SDK; write ">=" and "<"`,
      );
    }
    return operator === '~' ? tilde(version) : caret(version);
  }

  private spec(): ExtendedVersion | undefined {
    const match =
      /^(?:#([a-z]*):)?([0-9]+(?:\.[0-9]+)*(?:-[0-9A-Za-z.-]+)?)(?::([0-9]+(?:\.[0-9]+)*(?:-[0-9A-Za-z.-]+)?))?/.exec(
        this.text.slice(this.position),
      );
    if (!match) return undefined;
    this.position += match[0].length;
    const [whole, flavor, upstream = '', downstream = '0'] = match;
    if (/(?:^|[.:])0[0-9]/.test(`${upstream}:${downstream}`.replace(/-[^:]*/g, ''))) {
      throw new VersionError(`numbers in a range may not start with 0: "${whole}"`);
    }
    const version = { upstream: parseVersion(upstream), downstream: parseVersion(downstream) };
    for (const part of [version.upstream, version.downstream]) {
      const problem = portabilityProblem(part);
      if (problem) this.prereleases.push(problem);
    }
    // An empty flavor is none here; only versions keep it.
    return flavor === undefined || flavor === '' ? version : { flavor, ...version };
  }

  private negation(): VersionRange | undefined {
    if (this.take('*')) return ANY;
    if (!this.take('!')) return undefined;
    const before = this.position;
    this.skipSpaces();
    if (this.atEnd() || this.peek(')') || this.peek('||') || this.peek('&&')) {
      this.position = before;
      return NONE;
    }
    return not(this.atom());
  }

  private flavor(): VersionRange | undefined {
    const match = /^#([a-z]*)/.exec(this.text.slice(this.position));
    if (!match) return undefined;
    this.position += match[0].length;
    if (match[1] === '')
      this.portability.push(
        '"#" alone means every version without a flavor on devices, none in the SDK; write ">=0:0"',
      );
    return { kind: 'flavor', flavor: match[1] ?? '' };
  }

  private fail(): never {
    const rest = this.text.slice(this.position);
    throw new VersionError(
      rest === '' ? 'the range ends where a version should be' : `"${rest}" is not a version range`,
    );
  }

  private take(token: string): boolean {
    if (!this.peek(token)) return false;
    this.position += token.length;
    return true;
  }

  private peek(token: string): boolean {
    return this.text.startsWith(token, this.position);
  }

  private skipSpaces(): void {
    while (this.peek(' ')) this.position++;
  }

  private atEnd(): boolean {
    return this.position >= this.text.length;
  }
}
