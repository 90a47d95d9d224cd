import { posix } from 'node:path';
import { type Code, print, quote } from './code.ts';

/** Texts that users read, in the order in which they are first said: the wrapper's English dictionary. */
export class Words {
  private readonly known = new Map<string, number>();

  add(text: string): void {
    if (!this.known.has(text)) this.known.set(text, this.known.size);
  }

  entries(): ReadonlyMap<string, number> {
    return this.known;
  }
}

export const SDK = '@start9labs/start-sdk';

/** A module that is being written: its imports are those of the names that were used in it. */
export class CodeFile {
  /** From the wrapper's folder, such as `startos/main.ts`. */
  readonly path: string;
  private readonly words: Words;
  private readonly imports = new Map<string, Set<string>>();
  private readonly parts: string[] = [];

  constructor(path: string, words: Words) {
    this.path = path;
    this.words = words;
  }

  /**
   * Imports a name.
   * @param from the SDK, or a module of the wrapper without its extension: `startos/sdk`
   * @returns the name, to be written
   */
  use(name: string, from: string): string {
    const names = this.imports.get(from) ?? new Set();
    names.add(name);
    this.imports.set(from, names);
    return name.replace(/^type /, '');
  }

  /** A text that users read, as code that gives it in their language. */
  say(text: string): string {
    this.words.add(text);
    return `${this.use('i18n', 'startos/i18n')}(${quote(text)})`;
  }

  get isWritten(): boolean {
    return this.parts.length > 0;
  }

  /** Paragraphs of code, between which lines are left free. */
  add(...paragraphs: readonly (Code | readonly string[])[]): void {
    for (const part of paragraphs) this.parts.push(Array.isArray(part) ? part.join('\n') : print(part as Code));
  }

  print(): string {
    const lines = [...this.imports]
      .map(([from, names]) => ({ specifier: this.specifierOf(from), names: [...names].sort(byName) }))
      .sort((a, b) => rank(a.specifier) - rank(b.specifier) || (a.specifier < b.specifier ? -1 : 1))
      .map(({ specifier, names }) => {
        if (!names.every((name) => name.startsWith('type ')))
          return `import { ${names.join(', ')} } from '${specifier}';`;
        return `import type { ${names.map((name) => name.slice(5)).join(', ')} } from '${specifier}';`;
      });
    return `${[...(lines.length > 0 ? [lines.join('\n')] : []), ...this.parts].join('\n\n')}\n`;
  }

  private specifierOf(from: string): string {
    if (!from.startsWith('startos/')) return from;
    const path = posix.relative(posix.dirname(this.path), from);
    return path.startsWith('.') ? path : `./${path}`;
  }
}

/** Packages, then what lies above, then what lies beside. */
function rank(specifier: string): number {
  if (!specifier.startsWith('.')) return 0;
  return specifier.startsWith('..') ? 1 : 2;
}

const byName = (a: string, b: string) => (a.replace(/^type /, '') < b.replace(/^type /, '') ? -1 : 1);
