import type { DataArray, DataNode, DataObject, DataProperty } from '../meaning/data-tree.ts';
import type { Span, TextNode } from '../text/tree.ts';
import { rendererOf } from './render.ts';

/** A change of one file's text: what stands between the offsets is replaced. */
export interface TextEdit extends Span {
  readonly file: string;
  readonly text: string;
}

/** Edits that change as little as possible: comments, order and layout of everything else stay. */

export function renameKey({ module, keySpan, span, keyIsText }: DataProperty, to: string): TextEdit {
  const { language, text } = module.text;
  if (keyIsText) return { file: module.file, ...keySpan, text: rendererOf(language).value(to, 0) };
  const key = rendererOf(language).key(to);
  // `{ name }` names its value, too, which keeps its name.
  const isShorthand = language === 'typescript' && span.start === keySpan.start && span.end === keySpan.end;
  return {
    file: module.file,
    ...keySpan,
    text: isShorthand ? `${key}: ${text.slice(keySpan.start, keySpan.end)}` : key,
  };
}

export function setValue(node: DataNode, value: unknown): TextEdit {
  const { module, start, end } = node;
  const { text, language } = module.text;
  const rendered = rendererOf(language).value(value, indentOfLine(text, start) + 2);
  // The line end after a text of several lines is not part of what is replaced.
  const until = language === 'yaml' && /[|>]/.test(text[start] ?? '') ? trimEnd(text, end) : end;
  // A value that is left out in YAML has no room of its own behind the colon.
  const gap = start === end && !/\s/.test(text[start - 1] ?? '') ? ' ' : '';
  // A block begins on the next line: no blank stays behind the colon.
  const from = rendered.startsWith('\n') && text[start - 1] === ' ' ? start - 1 : start;
  return { file: module.file, start: from, end: until, text: (from < start ? '' : gap) + rendered };
}

/** Replaces a value by its own text in quotes: `0.8` becomes `"0.8"`. */
export function quoteValue({ module, start, end }: DataNode): TextEdit {
  const source = module.text.text.slice(start, end);
  return { file: module.file, start, end, text: module.text.language === 'typescript' ? `'${source}'` : `"${source}"` };
}

/** Adds a property at the end of an object; undefined where that cannot be done. */
export function addProperty(object: DataObject, key: string, value: unknown): TextEdit | undefined {
  const { module, start, end } = object;
  const { text, language } = module.text;
  const renderer = rendererOf(language);
  const own = object.properties.filter(
    (item) => item.module === module && item.keySpan.start >= start && item.keySpan.end <= end,
  );
  const last = own.toSorted((a, b) => a.keySpan.start - b.keySpan.start).at(-1);
  const at = (offset: number, inserted: string, until = offset): TextEdit => ({
    file: module.file,
    start: offset,
    end: until,
    text: inserted,
  });

  if (language === 'toml' && text[start] !== '{') return addToTable(object, key, value);
  if (text[start] === '{') return addToBraces(object, last, key, value);
  if (language !== 'yaml' || !last) return undefined;
  const indent = columnOf(text, last.keySpan.start);
  const rendered = renderer.property(key, value, indent);
  return at(endOfLine(text, lastContent(text, last)), `\n${' '.repeat(indent)}${rendered}`);
}

function addToBraces(object: DataObject, last: DataProperty | undefined, key: string, value: unknown): TextEdit {
  const { module, start, end } = object;
  const { text, language } = module.text;
  const renderer = rendererOf(language);
  const lineIndent = indentOfLine(text, start);
  const inner = text.slice(start + 1, Math.max(start + 1, end - 1));
  if (!last && inner.trim() !== '') {
    // Only spreads or comments: behind them, so that nothing is lost and nothing overrides it.
    const offset = trimEnd(text, end - 1);
    const isComment = /(?:\*\/|\/\/[^\n]*|#[^\n]*)$/.test(text.slice(start, offset));
    const comma = isComment || text[offset - 1] === ',' ? '' : ',';
    const line = `\n${' '.repeat(lineIndent + 2)}`;
    const rendered = renderer.property(key, value, lineIndent + 2);
    return {
      file: module.file,
      start: offset,
      end: offset,
      text: `${comma}${line}${rendered}${language === 'typescript' ? ',' : ''}`,
    };
  }
  if (!last) {
    const isBlock = language === 'yaml' && /^\{\s*\}$/.test(text.slice(start, end));
    const indent = lineIndent + 2;
    const rendered = renderer.property(key, value, indent);
    // In YAML an empty object gives way to a block.
    if (isBlock) return { file: module.file, start, end, text: `\n${' '.repeat(indent)}${rendered}` };
    return {
      file: module.file,
      start,
      end,
      text: `{\n${' '.repeat(indent)}${rendered}${language === 'typescript' ? ',' : ''}\n${' '.repeat(lineIndent)}}`,
    };
  }
  const isOneLine = !text.slice(start, end).includes('\n');
  const indent = isOneLine ? lineIndent + 2 : columnOf(text, last.keySpan.start);
  const flat = language === 'yaml' ? rendererOf('json') : renderer;
  const rendered =
    isOneLine && typeof value !== 'object' ? flat.property(key, value, indent) : renderer.property(key, value, indent);
  const before = isOneLine ? ' ' : `\n${' '.repeat(indent)}`;
  const from = lastContent(text, last);
  const comma = /^\s*,/.exec(text.slice(from, end));
  if (comma) {
    // A comment at the end of the line stays with what it is about.
    const comment = /^[ \t]*(?:\/\/[^\n]*|\/\*[^\n]*?\*\/[ \t]*)(?=\n)/.exec(text.slice(from + comma[0].length));
    const offset = from + comma[0].length + (isOneLine ? 0 : (comment?.[0].trimEnd().length ?? 0));
    return { file: module.file, start: offset, end: offset, text: `${before}${rendered}${isOneLine ? '' : ','}` };
  }
  return { file: module.file, start: from, end: from, text: `,${before}${rendered}` };
}

/** Behind the last line of a TOML table's own properties; an object gets a table of its own behind all of them. */
function addToTable(object: DataObject, key: string, value: unknown): TextEdit | undefined {
  const { module, start, end } = object;
  const { text } = module.text;
  const renderer = rendererOf('toml');
  const insert = (offset: number, inserted: string): TextEdit => ({
    file: module.file,
    start: offset,
    end: offset,
    text: inserted,
  });
  const isObject = typeof value === 'object' && value !== null && !Array.isArray(value);
  // `[a.b]` makes a table a, but has no lines of a's own.
  const hasHeader = start === 0 || /^(?:"[^"\n]*"|'[^'\n]*'|[\w-]+)\s*\]/.test(text.slice(start));
  const direct = object.properties.filter(
    ({ value: own, keySpan }) => own.start > keySpan.end && keySpan.start >= start,
  );
  const path = module.text.root && tablePath(module.text.root, start, end);
  if (isObject && path && direct.length === 0) {
    const lines = Object.entries(value).map(([name, item]) => renderer.property(name, item, 0));
    const header = [...path, key].map((part) => renderer.key(part)).join('.');
    return insert(endOfLine(text, trimEnd(text, end)), `\n\n[${header}]\n${lines.join('\n')}`);
  }
  const rendered = renderer.property(key, value, 0);
  if (!hasHeader) {
    const header = path?.map((part) => renderer.key(part)).join('.');
    return header === undefined
      ? undefined
      : insert(endOfLine(text, trimEnd(text, end)), `\n\n[${header}]\n${rendered}`);
  }
  const last = direct.at(-1);
  if (last) return insert(endOfLine(text, last.value.end), `\n${rendered}`);
  return start === 0 ? insert(0, `${rendered}\n`) : insert(endOfLine(text, start), `\n${rendered}`);
}

/** The keys that lead to the object at a span. */
function tablePath(root: TextNode, start: number, end: number): string[] | undefined {
  if (root.kind !== 'object') return undefined;
  if (root.start === start && root.end === end) return [];
  for (const { key, value } of root.properties) {
    const rest = tablePath(value, start, end);
    if (rest) return [key, ...rest];
  }
  return undefined;
}

/**
 * Takes a property away, with the line or the comma that belongs to it; undefined for TOML tables, which may stand in
 * several pieces.
 */
export function removeProperty(object: DataNode, property: DataProperty): TextEdit | undefined {
  const { module, keySpan, span, keyIsText } = property;
  const { text, language } = module.text;
  if (keyIsText) return undefined;
  if (language === 'toml' && span.end === keySpan.end) return undefined;
  const end = Math.max(span.end, keySpan.end);
  const isBraced = object.module === module && text[object.start] === '{';
  const lineStart = text.lastIndexOf('\n', keySpan.start - 1) + 1;
  const isFirstOnLine = text.slice(lineStart, keySpan.start).trim() === '';
  const after = /^[ \t]*,?[ \t]*/.exec(text.slice(end))?.[0] ?? '';
  const next = end + after.length;
  const isLastOnLine = text[next] === '\n' || text[next] === undefined || text.startsWith('\r\n', next);
  if (!isBraced) {
    const contentEnd = Math.max(keySpan.end, trimEnd(text, end));
    const lineEnd = endOfLine(text, contentEnd);
    return { file: module.file, start: lineStart, end: Math.min(lineEnd + 1, text.length), text: '' };
  }
  if (after.includes(',')) {
    if (isFirstOnLine && isLastOnLine)
      return { file: module.file, start: lineStart, end: Math.min(next + 1, text.length), text: '' };
    return { file: module.file, start: keySpan.start, end: next, text: '' };
  }
  // The last one takes the comma before it along.
  const before = /,?\s*$/.exec(text.slice(object.start + 1, keySpan.start))?.[0] ?? '';
  return { file: module.file, start: keySpan.start - before.length, end, text: '' };
}

/** Adds an item at the end of a list. */
export function addItem({ module, start, end, items }: DataArray, value: unknown): TextEdit {
  const { text, language } = module.text;
  const rendered = rendererOf(language).value(value, columnOf(text, start) + 2);
  const last = items.filter((item) => item.module === module).at(-1);
  if (text[start] === '[') {
    const offset = last ? last.end : start + 1;
    return { file: module.file, start: offset, end: offset, text: last ? `, ${rendered}` : rendered };
  }
  const offset = endOfLine(text, trimEnd(text, last?.end ?? end));
  return { file: module.file, start: offset, end: offset, text: `\n${' '.repeat(columnOf(text, start))}- ${rendered}` };
}

function lastContent(text: string, { keySpan, span }: DataProperty): number {
  return Math.max(keySpan.end, trimEnd(text, span.end));
}

/** `end` without white space before it: block texts of YAML end after their last line. */
function trimEnd(text: string, end: number): number {
  return text.slice(0, end).trimEnd().length;
}

function endOfLine(text: string, offset: number): number {
  const newline = text.indexOf('\n', offset);
  const end = newline < 0 ? text.length : newline;
  return text[end - 1] === '\r' && end > offset ? end - 1 : end;
}

/** Column of an offset, from 0. */
export function columnOf(text: string, offset: number): number {
  return offset - (text.lastIndexOf('\n', offset - 1) + 1);
}

export function indentOfLine(text: string, offset: number): number {
  const start = text.lastIndexOf('\n', offset - 1) + 1;
  return /^ */.exec(text.slice(start))?.[0].length ?? 0;
}

/** Applies edits of one file, for tests and for fixing all at once; overlapping ones after the first are left out. */
export function applyEdits(text: string, edits: readonly (Span & { readonly text: string })[]): string {
  let result = text;
  let limit = Number.POSITIVE_INFINITY;
  for (const edit of [...edits].sort((a, b) => b.start - a.start || b.end - a.end)) {
    if (edit.end > limit || edit.start === limit) continue;
    result = result.slice(0, edit.start) + edit.text + result.slice(edit.end);
    limit = edit.start;
  }
  return result;
}
