import { pointer } from '../../engine/json/json-pointer.ts';
import { columnOf, indentOfLine } from '../edits/edit.ts';
import type { ManifestReading } from '../lint-manifest.ts';
import type { DataNode, DataObject, DataProperty } from '../meaning/data-tree.ts';
import type { ManifestLanguage, Span } from '../text/tree.ts';
import { containersIn, ownProperties } from './places.ts';

/** Where typing happens: at a key of an object, or at a value. */
export interface TypingContext {
  readonly position: 'key' | 'value';
  /** Of the object that the key is in, or of the value. */
  readonly pointer: string;
  /** What is typed already and will be replaced. */
  readonly replace: Span;
  /** Keys that are there. */
  readonly present: ReadonlySet<string>;
  /** Something follows the key already: a colon and perhaps a value. */
  readonly hasValue: boolean;
  /** Blanks before a key here. */
  readonly indent: number;
  /** On the line of its key or of other things: nothing that needs lines of its own fits. */
  readonly isInline: boolean;
}

/** Finds out from the tree where an offset is, without parsing again. Undefined where nothing can be offered. */
export function contextAt(reading: ManifestReading, file: string, offset: number): TypingContext | undefined {
  const containers = containersIn(reading, file);
  const text = reading.modules.all().find((module) => module.file === file)?.text;
  if (!text) return undefined;
  const finder = new ContextFinder(text.text, offset);
  if (finder.isInComment(text.language)) return undefined;
  const named = containers
    .flatMap(({ node, pointer: at }) => (node.kind === 'object' ? node.properties.map((item) => ({ item, at })) : []))
    .find(({ item }) => item.keyIsText === 'here' && item.module.file === file && finder.isAt(item.keySpan));
  if (named) return finder.value(named.at, named.item.keySpan);
  const enclosing = containers.filter(({ node }) => finder.isInsideBraces(node));
  const inner = enclosing.reduce<(typeof enclosing)[number] | undefined>(
    (best, item) => (best && best.node.end - best.node.start <= item.node.end - item.node.start ? best : item),
    undefined,
  );
  if (inner) return finder.inBraces(inner.node, inner.pointer);
  const root = reading.worlds[0].manifest;
  if (root.module.file !== file || root.kind !== 'object') return undefined;
  if (text.language === 'yaml') return finder.inBlock(root, '');
  return text.language === 'toml' ? finder.inTables(containers) : undefined;
}

class ContextFinder {
  private readonly text: string;
  private readonly offset: number;
  private readonly lineStart: number;

  constructor(text: string, offset: number) {
    this.text = text;
    this.offset = offset;
    this.lineStart = text.lastIndexOf('\n', offset - 1) + 1;
  }

  /** Whether the offset is between the braces or brackets of a node; one that is not closed yet goes on. */
  isInsideBraces({ start, end }: DataNode): boolean {
    const isBraced = this.text[start] === '{' || this.text[start] === '[';
    const isClosed = '}]'.includes(this.text[end - 1] ?? ' ') && end - 1 > start;
    return isBraced && this.offset > start && (isClosed ? this.offset < end : this.offset <= end);
  }

  inBraces(node: DataNode, path: string): TypingContext | undefined {
    if (node.kind === 'array') {
      const index = node.items.findIndex((item) => item.start <= this.offset && this.offset <= item.end);
      const item = node.items[index];
      if (item && item.kind !== 'value') return undefined;
      return this.value(pointer(path, index < 0 ? node.items.length : index), item ?? this.word());
    }
    if (node.kind !== 'object') return undefined;
    const properties = ownProperties(node);
    const current = properties.findLast((item) => item.keySpan.start <= this.offset);
    if (!current) return this.key(path, node, this.word(), undefined);
    if (this.offset <= current.keySpan.end) return this.key(path, node, current.keySpan, current);
    const { value, keySpan, key } = current;
    const between = this.text.slice(keySpan.end, this.offset);
    if (value.module !== node.module || value.start < keySpan.end) return this.key(path, node, this.word(), undefined);
    if (
      /^\s*[:=]\s*$/.test(between) ||
      (this.offset >= value.start && this.offset <= value.end && /^\s*[:=]/.test(between))
    )
      return this.value(pointer(path, key), this.typed(value));
    return this.key(path, node, this.word(), undefined);
  }

  /** In a YAML block, where the column says what belongs to what. */
  inBlock(node: DataObject, path: string): TypingContext | undefined {
    const current = ownProperties(node).findLast((item) => item.keySpan.start <= this.offset);
    if (!current) return this.key(path, node, this.word(), undefined);
    const { keySpan, value, key } = current;
    if (this.offset <= keySpan.end) return this.key(path, node, keySpan, current);
    const at = pointer(path, key);
    if (keySpan.start >= this.lineStart) {
      if (!/^\s*:(?:\s|$)/.test(this.text.slice(keySpan.end, this.offset))) return undefined;
      // What begins below is not to be replaced by something that begins here.
      if (value.kind !== 'value' && value.end > value.start) return undefined;
      // Behind a value there is nothing to type but more of it.
      if (value.kind === 'value' && value.end > value.start && value.end < this.offset) return undefined;
      return this.value(at, this.typed(value));
    }
    if (this.column() <= columnOf(this.text, keySpan.start)) return this.key(path, node, this.word(), undefined);
    if (value.kind === 'object') return this.inBlock(value, at);
    if (value.kind === 'array') return this.inBlockList(value.items, at);
    const isText = value.kind === 'value' && value.value !== null && /[|>]/.test(this.text[value.start] ?? '');
    if (isText) return undefined;
    // The first word of an object to be, below its key.
    const replace =
      value.kind === 'value' && value.end > value.start ? { start: value.start, end: value.end } : this.word();
    return { ...this.key(at, undefined, replace, undefined), indent: replace.start - this.lineStart };
  }

  private inBlockList(items: readonly DataNode[], path: string): TypingContext | undefined {
    const index = items.findLastIndex((item) => item.start <= this.offset);
    const item = items[index];
    if (item?.kind === 'object' && this.column() >= columnOf(this.text, item.start))
      return this.inBlock(item, pointer(path, index));
    const isOnLine = item !== undefined && item.end >= this.lineStart && item.kind === 'value';
    const replace = isOnLine && item.end > item.start ? item : this.word();
    return /^\s*-\s/.test(this.text.slice(this.lineStart, this.offset))
      ? this.value(pointer(path, Math.max(0, index)), replace)
      : undefined;
  }

  /** In a TOML table: the last one whose header comes before. */
  inTables(containers: readonly { pointer: string; node: DataNode }[]): TypingContext | undefined {
    const header = /^[ \t]*\[+([^\]\n]*)\]+[ \t]*(?:#.*)?\r?$/gm;
    let path = '';
    for (let match = header.exec(this.text); match && match.index < this.lineStart; match = header.exec(this.text)) {
      path = (match[1] ?? '').split('.').reduce((at, part) => pointer(at, part.trim().replace(/^["']|["']$/g, '')), '');
    }
    const table = containers.find((item) => item.pointer === path)?.node;
    const object = table?.kind === 'object' ? table : undefined;
    const line = this.text.slice(this.lineStart, this.offset);
    const assignment = /^\s*([\w"'-]+)\s*=\s*/.exec(line);
    if (line.trimStart().startsWith('[') || line.trimStart().startsWith('#')) return undefined;
    // Keys with dots lead elsewhere.
    if (/^\s*[\w"'-]+\s*\./.test(line)) return undefined;
    if (!assignment) return this.key(path, object, this.word(), undefined);
    const key = (assignment[1] ?? '').replace(/^["']|["']$/g, '');
    const value = object?.properties.find((item) => item.key === key)?.value;
    return this.value(pointer(path, key), value ? this.typed(value) : this.word());
  }

  private key(
    path: string,
    object: DataObject | undefined,
    replace: Span,
    current: DataProperty | undefined,
  ): TypingContext {
    const present = new Set(object?.properties.filter((item) => item !== current).map((item) => item.key));
    const after = this.text.slice(replace.end);
    const hasValue = current !== undefined && /^\s*[:=]/.test(after);
    const first = object && ownProperties(object)[0];
    const isInline =
      object !== undefined &&
      this.text[object.start] === '{' &&
      !this.text.slice(object.start, object.end).includes('\n');
    const isAlone = this.text.slice(this.text.lastIndexOf('\n', replace.start - 1) + 1, replace.start).trim() === '';
    const indent = !isAlone
      ? indentOfLine(this.text, replace.start)
      : first && first !== current
        ? columnOf(this.text, first.keySpan.start)
        : columnOf(this.text, replace.start);
    return {
      position: 'key',
      pointer: path,
      replace: this.onLine(replace),
      present,
      hasValue,
      indent,
      isInline,
    };
  }

  isAt({ start, end }: Span): boolean {
    return start <= this.offset && this.offset <= end;
  }

  value(path: string, replace: Span): TypingContext {
    const indent = /^\s*(?:- )?/.exec(this.text.slice(this.lineStart, this.offset))?.[0].length ?? 0;
    return {
      position: 'value',
      pointer: path,
      replace: this.onLine(replace),
      present: new Set(),
      hasValue: false,
      indent,
      isInline: false,
    };
  }

  /** The value, if the cursor is at it; else the word that is typed. */
  private typed(value: DataNode): Span {
    const isAt = value.kind === 'value' && value.start <= this.offset && this.offset <= value.end;
    return isAt && value.end > value.start ? value : this.word();
  }

  /** What is replaced stays on the cursor's line: a text that is not closed yet would take the rest along. */
  private onLine({ start, end }: Span): Span {
    const newline = this.text.indexOf('\n', this.offset);
    const lineEnd = newline < 0 ? this.text.length : newline;
    const last = this.text[lineEnd - 1] === '\r' && lineEnd > this.offset ? lineEnd - 1 : lineEnd;
    return { start: Math.max(start, this.lineStart), end: Math.max(this.offset, Math.min(end, last)) };
  }

  /** Whether the offset is in a comment; what stands in quotes begins none. */
  isInComment(language: ManifestLanguage): boolean {
    const line = this.text.slice(this.lineStart, this.offset).replace(/"(?:[^"\\]|\\.)*"|'[^']*'|`[^`]*`/g, '""');
    if (language === 'json') return false;
    return language === 'typescript' ? /\/\/|^\s*\*|\/\*(?!.*\*\/)/.test(line) : /(?:^|\s)#/.test(line);
  }

  /** The word that ends at the offset. */
  private word(): Span {
    const typed = /["']?[\w./@<>=*-]*$/.exec(this.text.slice(this.lineStart, this.offset))?.[0] ?? '';
    return { start: this.offset - typed.length, end: this.offset };
  }

  /** The column of what is typed on this line, or of the cursor on an empty one. */
  private column(): number {
    return this.word().start - this.lineStart;
  }
}
