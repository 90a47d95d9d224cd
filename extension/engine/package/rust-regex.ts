/**
 * The dialect of Rust's `regex` (1.12, its default options), which devices match hardware with: a grammar of what it
 * reads, so that everything else is refused before a device does (s9pk-v2 section 5.6). Patterns are not matched here.
 */

/** Why devices cannot read a pattern; undefined if they can. */
export function problemInRust(pattern: string): string | undefined {
  try {
    new PatternReader(pattern).read();
    return undefined;
  } catch (error) {
    if (!(error instanceof PatternError)) throw error;
    return error.message;
  }
}

class PatternError extends Error {}

/** Bytes that a compiled pattern may have there; what each part takes is an estimate. */
const SIZE_LIMIT = 10 * 2 ** 20;
const SIZE = { literal: 40, class: 2_000, digits: 6_000, words: 48_000 } as const;
/** Groups, classes and repetitions inside each other. */
const NEST_LIMIT = 250;
const MAX_COUNT = 2 ** 32 - 1;
const POSIX = 'alnum alpha ascii blank cntrl digit graph lower print punct space upper word xdigit'.split(' ');
const ASSERTIONS = 'bBAz<>';
const BOUNDARIES = ['{start}', '{end}', '{start-half}', '{end-half}'];
const HEX_DIGITS: Readonly<Record<string, number>> = { x: 2, u: 4, U: 8 };

/** One member of a class: a character by its code point, or a class of its own. */
type ClassItem = { readonly point: number } | 'class';

class PatternReader {
  private readonly chars: readonly string[];
  private at = 0;
  private depth = 0;
  private ignoresSpace = false;
  private readonly names = new Set<string>();

  constructor(pattern: string) {
    this.chars = [...pattern];
  }

  read(): void {
    if (this.alternatives() > SIZE_LIMIT)
      throw new PatternError('it is too large once its repetitions are written out');
    if (this.peek() === ')') throw new PatternError('a bracket is closed that was not opened');
  }

  private peek(ahead = 0): string | undefined {
    return this.chars[this.at + ahead];
  }

  private take(text: string): boolean {
    if (!this.looksAt(text)) return false;
    this.at += text.length;
    return true;
  }

  private looksAt(text: string): boolean {
    return [...text].every((char, index) => this.peek(index) === char);
  }

  private skipSpace(): void {
    while (this.ignoresSpace) {
      const char = this.peek();
      if (char === '#') while (this.peek() !== undefined && this.peek() !== '\n') this.at++;
      else if (char !== undefined && /\s/u.test(char)) this.at++;
      else return;
    }
  }

  private nested<T>(read: () => T): T {
    if (++this.depth > NEST_LIMIT) throw new PatternError('it is nested too deeply');
    const value = read();
    this.depth--;
    return value;
  }

  /** Parts between `|`, up to a closing bracket or the end. @returns estimated bytes */
  private alternatives(): number {
    const outside = this.ignoresSpace;
    let size = 0;
    do size += this.sequence();
    while (this.take('|'));
    this.ignoresSpace = outside;
    return size;
  }

  private sequence(): number {
    let size = 0;
    let last: number | undefined;
    for (;;) {
      this.skipSpace();
      const char = this.peek();
      if (char === undefined || char === '|' || char === ')') return size + (last ?? 0);
      const count = this.repetition();
      if (count !== undefined) {
        if (last === undefined) throw new PatternError('there is nothing to repeat');
        last *= count;
        continue;
      }
      size += last ?? 0;
      last = this.atom(char);
    }
  }

  /** How often what stands before is written out; undefined where no repetition stands. */
  private repetition(): number | undefined {
    const char = this.peek();
    if (char === '*' || char === '+' || char === '?') this.at++;
    else if (char === '{') return this.counted();
    else return undefined;
    this.take('?');
    return char === '+' ? 2 : 1;
  }

  private counted(): number {
    this.at++;
    const least = this.count('{');
    let most: number | undefined = least;
    if (this.take(',')) most = this.isAtNumber() ? this.count(',') : undefined;
    this.skipBlanks();
    if (!this.take('}'))
      throw new PatternError('a counted repetition is not closed with "}"; write "\\{" for the character');
    this.take('?');
    if (most !== undefined && most < least)
      throw new PatternError(`the repetition {${least},${most}} counts backwards`);
    return Math.max(1, most ?? least + 1);
  }

  private count(before: string): number {
    this.skipBlanks();
    let digits = '';
    while (/[0-9]/.test(this.peek() ?? '')) digits += this.chars[this.at++];
    this.skipBlanks();
    if (digits === '') throw new PatternError(`a number is missing after "${before}"; write "\\{" for the character`);
    if (Number(digits) > MAX_COUNT) throw new PatternError(`${digits} is too large a repetition`);
    return Number(digits);
  }

  private isAtNumber(): boolean {
    this.skipBlanks();
    return /[0-9]/.test(this.peek() ?? '');
  }

  private skipBlanks(): void {
    while (/^\s$/u.test(this.peek() ?? '')) this.at++;
  }

  /** @returns estimated bytes; undefined for what cannot be repeated (flags) */
  private atom(char: string): number | undefined {
    if (char === '(') return this.nested(() => this.group());
    if (char === '[') return this.nested(() => this.class());
    if (char === '\\') {
      const isWords = /[wWpP]/.test(this.peek(1) ?? '');
      return this.escape(false) === 'class' ? (isWords ? SIZE.words : SIZE.digits) : SIZE.literal;
    }
    this.at++;
    return char === '.' ? SIZE.class : SIZE.literal;
  }

  private group(): number | undefined {
    this.at++;
    this.skipSpace();
    const outside = this.ignoresSpace;
    for (const look of ['?=', '?!', '?<=', '?<!'])
      if (this.looksAt(look)) throw new PatternError('their regular expressions have no look-around');
    if (this.take('?P<') || this.take('?<')) this.name();
    else if (this.take('?')) {
      if (this.flags() === ')') return undefined;
    }
    const size = this.alternatives();
    this.ignoresSpace = outside;
    if (!this.take(')')) throw new PatternError('a bracket is not closed');
    return size + SIZE.literal;
  }

  private name(): void {
    let name = '';
    for (let char = this.peek(); char !== '>'; char = this.peek()) {
      const isAllowed =
        char !== undefined && (name === '' ? /[\p{Alphabetic}_]/u : /[\p{Alphabetic}\p{N}_.[\]]/u).test(char);
      if (!isAllowed) throw new PatternError('the name of a group must begin with a letter and end with ">"');
      name += char;
      this.at++;
    }
    this.at++;
    if (name === '') throw new PatternError('a group has an empty name');
    if (this.names.has(name)) throw new PatternError(`two groups are named "${name}"`);
    this.names.add(name);
  }

  /** `i`, `-s`, `mx` behind `(?`, up to the colon or the closing bracket. */
  private flags(): ':' | ')' {
    const seen = new Set<string>();
    let isNegated = false;
    let last = '';
    for (;;) {
      const char = this.peek();
      if (char === undefined) throw new PatternError('a bracket is not closed');
      this.at++;
      if (char === ':' || char === ')') {
        if (last === '-') throw new PatternError('no flag follows the "-" of a group');
        if (char === ')' && last === '') throw new PatternError('there is nothing to repeat');
        return char;
      }
      if (char === '-' && isNegated) throw new PatternError('the flags of a group have two "-"');
      if (char !== '-' && !'imsUuxR'.includes(char))
        throw new PatternError(`"(?${char}" begins no group that they know`);
      if (char !== '-' && seen.has(char)) throw new PatternError(`the flag "${char}" stands twice`);
      if (char === 'x') this.ignoresSpace = !isNegated;
      isNegated ||= char === '-';
      seen.add(char);
      last = char;
    }
  }

  /** Reads an escape. @returns what it is in a class; assertions stand outside of classes only */
  private escape(isInClass: boolean): ClassItem {
    this.at++;
    const char = this.peek();
    if (char === undefined) throw new PatternError('it ends in a backslash');
    this.at++;
    if (/[0-9]/.test(char)) throw new PatternError('their regular expressions have no back-references');
    if ('dDsSwW'.includes(char)) return 'class';
    if (char === 'p' || char === 'P') return this.property();
    if (char in HEX_DIGITS) return this.hex(HEX_DIGITS[char] ?? 0);
    const control = 'afnrtv'.indexOf(char);
    if (control >= 0) return { point: [7, 12, 10, 13, 9, 11][control] ?? 0 };
    if (ASSERTIONS.includes(char)) {
      if (isInClass) throw new PatternError(`"\\${char}" cannot stand in square brackets`);
      if (char === 'b') for (const kind of BOUNDARIES) if (this.take(kind)) break;
      return { point: 0 };
    }
    if (/[A-Za-z]/.test(char) || char > '\u007f') throw new PatternError(`they do not know "\\${char}"`);
    return { point: char.codePointAt(0) ?? 0 };
  }

  private hex(digits: number): ClassItem {
    let text = '';
    if (this.take('{')) {
      while (/[0-9A-Fa-f]/.test(this.peek() ?? '')) text += this.chars[this.at++];
      if (!this.take('}')) throw new PatternError('a "}" is missing after the number of a character');
    } else for (let index = 0; index < digits; index++) text += this.chars[this.at++] ?? '';
    const point = /^[0-9A-Fa-f]{1,8}$/.test(text) ? Number.parseInt(text, 16) : Number.NaN;
    const isCharacter = point <= 0x10ffff && !(point >= 0xd800 && point <= 0xdfff);
    if (!isCharacter) throw new PatternError(`"${text}" is not the number of a character`);
    return { point };
  }

  private property(): ClassItem {
    let name = this.peek();
    if (name === undefined) throw new PatternError('it ends in a class without a name');
    this.at++;
    if (name === '{') {
      name = '';
      for (let char = this.peek(); char !== '}'; char = this.peek()) {
        if (char === undefined) throw new PatternError('a "}" is missing after the name of a class');
        name += char;
        this.at++;
      }
      this.at++;
    }
    if (!isUnicodeProperty(name)) throw new PatternError(`there is no class of characters named "${name}"`);
    return 'class';
  }

  private class(): number {
    this.at++;
    this.take('^');
    let size = SIZE.literal;
    this.skipSpace();
    while (this.take('-')) this.skipSpace();
    let isFirst = this.peek(-1) !== '-';
    for (;;) {
      this.skipSpace();
      const char = this.peek();
      if (char === undefined) throw new PatternError('a square bracket is not closed');
      if (char === ']' && !isFirst) {
        this.at++;
        return size;
      }
      isFirst = false;
      if (char === '[') size += this.posix() ? SIZE.literal : this.nested(() => this.class());
      else if (this.take('&&') || this.take('--') || this.take('~~')) size += SIZE.class;
      else size += this.range();
    }
  }

  /** `[:alpha:]`; whatever else begins so is a class in a class. */
  private posix(): boolean {
    const rest = this.chars.slice(this.at, this.at + 12).join('');
    const match = /^\[:\^?([a-z]+):\]/.exec(rest);
    if (!match || !POSIX.includes(match[1] ?? '')) return false;
    this.at += match[0].length;
    return true;
  }

  private range(): number {
    const first = this.item();
    this.skipSpace();
    const next = this.peek(1);
    if (this.peek() !== '-' || next === ']' || next === '-' || next === undefined) {
      return first === 'class' ? SIZE.words : SIZE.literal;
    }
    this.at++;
    this.skipSpace();
    const last = this.item();
    if (first === 'class' || last === 'class')
      throw new PatternError('a range in square brackets ends in a class of characters');
    if (first.point > last.point) throw new PatternError('a range in square brackets counts backwards');
    return SIZE.literal;
  }

  private item(): ClassItem {
    const char = this.peek();
    if (char === undefined) throw new PatternError('a square bracket is not closed');
    if (char === '\\') return this.escape(true);
    this.at++;
    return { point: char.codePointAt(0) ?? 0 };
  }
}

/** Names that Rust knows beside those of Unicode. */
const OWN_PROPERTIES = ['any', 'assigned', 'ascii'];

/** Whether Unicode has such a category, script or property; names match as Rust matches them, whatever their case. */
function isUnicodeProperty(text: string): boolean {
  const [kind, value] = text.split(/!?[=:]/, 2);
  const name = (value ?? kind ?? '')
    .trim()
    .replace(/^\^/, '')
    .replace(/[\s-]+/g, '_');
  if (name === '' || OWN_PROPERTIES.includes(name.toLowerCase())) return name !== '';
  if (/^age$/i.test(kind ?? '') && value !== undefined) return /^V?\d+[._]\d$/i.test(name);
  const titled = name.toLowerCase().replace(/(?:^|_)[a-z]/g, (part) => part.toUpperCase());
  const spellings = new Set([name, titled, name.toUpperCase(), name.toLowerCase()]);
  return [...spellings].some((spelling) =>
    [spelling, `Script=${spelling}`, `Script_Extensions=${spelling}`].some((property) => {
      try {
        return new RegExp(`\\p{${property}}`, 'u') !== undefined;
      } catch {
        return false;
      }
    }),
  );
}
