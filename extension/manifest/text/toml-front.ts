import { type AST, ParseError, parseTOML } from 'toml-eslint-parser';
import { dataText, type ManifestText, type Span, type TextNode, type TextProblem } from './tree.ts';

/** Lines with errors that are skipped to read the rest: each means reading all of it again, so fewer of what is long. */
const MAX_ERRORS = 20;
const MAX_READ_AGAIN = 4 << 20;

/** Parses TOML 1.0. A line with an error is reported and read as if it were empty, so that the others still count. */
export function parseTomlText(text: string): ManifestText {
  const problems: TextProblem[] = [];
  let readable = text;
  const most = Math.min(MAX_ERRORS, Math.max(2, Math.floor(MAX_READ_AGAIN / Math.max(1, text.length))));
  while (problems.length < most) {
    try {
      const program = parseTOML(readable);
      return dataText('toml', text, new TomlReader().read(program.body[0]), problems);
    } catch (error) {
      if (!(error instanceof ParseError)) throw error;
      const at = Math.min(error.index, Math.max(0, text.length - 1));
      const message = `not valid TOML: ${error.message}`;
      problems.push({ code: 'manifest-json', message, span: { start: at, end: at + 1 } });
      const [start, end] = faultyLine(readable, at);
      if (readable.slice(start, end).trim() === '') break;
      readable = readable.slice(0, start) + ' '.repeat(end - start) + readable.slice(end);
    }
  }
  return dataText('toml', text, undefined, problems);
}

/**
 * The line that an error is about. What is missing at the end of a line is only noticed on the next one that is not
 * empty.
 */
function faultyLine(text: string, at: number): [start: number, end: number] {
  const lineAround = (offset: number): [number, number] => {
    const newline = text.indexOf('\n', offset);
    return [text.lastIndexOf('\n', offset - 1) + 1, newline < 0 ? text.length : newline];
  };
  const before = text.slice(0, at).trimEnd().length;
  const current = lineAround(at);
  const isAtStart = text.slice(current[0], at).trim() === '';
  const previous = lineAround(before);
  const isUnfinished =
    before > 0 && (/=\s*$/.test(text.slice(...previous)) || !/[=[\]{}"']|^\s*#/.test(text.slice(...previous)));
  return isAtStart && (isUnfinished || text.slice(...current).trim() === '') ? previous : current;
}

type Value = Table | List | TextNode;

interface Table extends Span {
  kind: 'object';
  start: number;
  end: number;
  properties: { key: string; keySpan: Span; span: Span; value: Value }[];
}

interface List extends Span {
  kind: 'array';
  start: number;
  end: number;
  items: (Table | TextNode)[];
}

/** Tables may be written in pieces; they are joined into one tree here. */
class TomlReader {
  private readonly root: Table = { kind: 'object', start: 0, end: 0, properties: [] };
  /** Of tables in which others stand: their keys, as far as they were looked through; the first of equal ones counts. */
  private readonly indexes = new WeakMap<Table, { readonly values: Map<string, Value>; upTo: number }>();

  read(top: AST.TOMLTopLevelTable): TextNode {
    this.root.end = top.range[1];
    for (const item of top.body) {
      if (item.type === 'TOMLKeyValue') this.add(this.root, item);
      else this.addTable(item);
    }
    return this.root;
  }

  private addTable(item: AST.TOMLTable): void {
    const parts = item.key.keys;
    let table = this.root;
    for (const [index, part] of parts.entries()) {
      const isLast = index === parts.length - 1;
      table = this.enter(table, part, isLast && item.kind === 'array');
      table.end = Math.max(table.end, item.range[1]);
    }
    for (const pair of item.body) this.add(table, pair);
  }

  /** The table at a key, made if it is not there; the last of a list of tables, or a new one of it. */
  private enter(parent: Table, part: AST.TOMLBare | AST.TOMLQuoted, appends = false): Table {
    const key = keyOf(part);
    const [start, end] = part.range;
    const fresh = (): Table => ({ kind: 'object', start, end, properties: [] });
    const found = this.find(parent, key);
    if (found?.kind === 'object' && !appends) return found as Table;
    if (found?.kind === 'array') {
      const list = found as List;
      const last = list.items.at(-1);
      if (!appends && last?.kind === 'object') return last as Table;
      const table = fresh();
      list.items.push(table);
      return table;
    }
    const table = fresh();
    const value: Table | List = appends ? { kind: 'array', start, end, items: [table] } : table;
    parent.properties.push({ key, keySpan: { start, end }, span: { start, end }, value });
    return table;
  }

  private find(table: Table, key: string): Value | undefined {
    const index = this.indexes.get(table) ?? { values: new Map<string, Value>(), upTo: 0 };
    this.indexes.set(table, index);
    for (const { key: known, value } of table.properties.slice(index.upTo))
      if (!index.values.has(known)) index.values.set(known, value);
    index.upTo = table.properties.length;
    return index.values.get(key);
  }

  private add(parent: Table, pair: AST.TOMLKeyValue): void {
    let table = parent;
    const parts = pair.key.keys;
    for (const part of parts.slice(0, -1)) table = this.enter(table, part);
    const last = parts.at(-1);
    if (!last) return;
    const [start, end] = last.range;
    const span = { start, end: pair.range[1] };
    table.properties.push({ key: keyOf(last), keySpan: { start, end }, span, value: this.convert(pair.value) });
    table.end = Math.max(table.end, pair.range[1]);
  }

  private convert(node: AST.TOMLContentNode): TextNode {
    const [start, end] = node.range;
    if (node.type === 'TOMLArray')
      return { start, end, kind: 'array', items: node.elements.map((item) => this.convert(item)) };
    if (node.type === 'TOMLInlineTable') {
      const table: Table = { kind: 'object', start, end, properties: [] };
      for (const pair of node.body) this.add(table, pair);
      table.end = end;
      return table;
    }
    // Dates become texts on the way to JSON.
    return { start, end, kind: 'value', value: 'datetime' in node ? node.datetime : node.value };
  }
}

function keyOf(part: AST.TOMLBare | AST.TOMLQuoted): string {
  return part.type === 'TOMLBare' ? part.name : part.value;
}
