import { type Node, type ParseError, type ParseErrorCode, parseTree, printParseErrorCode } from 'jsonc-parser';
import { type Finding, finding } from '../finding.ts';
import { FindingList } from '../finding-list.ts';
import { pointer } from '../json/json-pointer.ts';
import { positionOf } from '../line-table.ts';
import { isField } from '../upstream/lookup.ts';

/**
 * JSON with objects as Maps: keys keep their order even if they look like numbers, and `__proto__` is a key like any
 * other. Both matter for writing a manifest as the reference does.
 */
export type JsonValue = null | boolean | number | ExactNumber | string | JsonValue[] | JsonObject;
export type JsonObject = Map<string, JsonValue>;

/** A number that JavaScript cannot hold, or would write differently; it is written again as it stood. */
export class ExactNumber {
  /** As JSON has it: `18446744073709551615`, `1.0`, `-0`. */
  readonly text: string;
  constructor(text: string) {
    this.text = text;
  }
}

/** Objects and lists inside each other that the reference's JSON reader takes (serde_json 1.0: 128 with the innermost). */
const MAX_DEPTH = 127;

export function isObject(value: JsonValue | undefined): value is JsonObject {
  return value instanceof Map;
}

/**
 * JSON, escaped as JSON.stringify does.
 * @param indent blanks by which each level is indented, on lines of its own; none: compact, as manifests are packed
 */
export function printJson(value: JsonValue, indent = 0, level = 0): string {
  if (value instanceof ExactNumber) return value.text;
  const isList = Array.isArray(value);
  if (!isList && !isObject(value)) return JSON.stringify(value);
  const gap = indent === 0 ? '' : ' ';
  const inner = (item: JsonValue) => printJson(item, indent, level + 1);
  const items = isList
    ? value.map(inner)
    : [...value].map(([key, item]) => `${JSON.stringify(key)}:${gap}${inner(item)}`);
  const [open, close] = isList ? '[]' : '{}';
  if (indent === 0 || items.length === 0) return `${open}${items.join(',')}${close}`;
  const line = `\n${' '.repeat(indent * (level + 1))}`;
  return `${open}${line}${items.join(`,${line}`)}\n${' '.repeat(indent * level)}${close}`;
}

/** For JSON.stringify: objects of plain JavaScript, numbers as exact as they are. */
export function toRawJson(value: JsonValue): unknown {
  if (value instanceof ExactNumber) return rawNumber(value.text);
  if (Array.isArray(value)) return value.map(toRawJson);
  return isObject(value) ? Object.fromEntries([...value].map(([key, item]) => [key, toRawJson(item)])) : value;
}

/** JSON.rawJSON where there is one (Node 22, browsers since 2023); else the nearest number that JavaScript has. */
function rawNumber(text: string): unknown {
  const { rawJSON } = JSON as { rawJSON?: (text: string) => unknown };
  return rawJSON ? rawJSON(text) : Number(text);
}

/** A plain JavaScript value (from a YAML parser or a literal) as a JsonValue; undefined becomes null. */
export function toJsonValue(value: unknown): JsonValue {
  if (value === null || value === undefined) return null;
  if (typeof value === 'boolean' || typeof value === 'number' || typeof value === 'string') return value;
  if (Array.isArray(value)) return value.map(toJsonValue);
  if (value instanceof Map) return new Map([...value].map(([key, item]) => [String(key), toJsonValue(item)]));
  if (typeof value === 'object') return new Map(Object.entries(value).map(([key, item]) => [key, toJsonValue(item)]));
  return String(value);
}

export interface ParsedJson {
  readonly value?: JsonValue;
  readonly findings: readonly Finding[];
}

/**
 * Parses strict JSON; errors of syntax carry the line and column, those about a value its JSON pointer.
 * @param numbers `exact`: every number keeps how it is written, for manifests that others wrote; `plain`: only integers that
 *   JavaScript cannot hold do
 */
export function parseJson(text: string, numbers: 'plain' | 'exact' = 'plain'): ParsedJson {
  const errors: ParseError[] = [];
  try {
    if (text.startsWith('\ufeff')) {
      return { findings: [finding('manifest-json', 'the JSON starts with a byte order mark; save it without', {})] };
    }
    const root = parseTree(text, errors, { disallowComments: true, allowTrailingComma: false });
    const list = new FindingList();
    for (const error of errors) {
      const { line, column } = positionOf(text, error.offset);
      const where = { line, column };
      list.add(finding('manifest-json', `${describeJsonError(error.error)} (line ${line}, column ${column})`, where));
    }
    const findings = list.all();
    if (!root || findings.length > 0) {
      return { findings: findings.length > 0 ? findings : [finding('manifest-json', 'there is no JSON here', {})] };
    }
    const converter = new Converter(text, numbers === 'exact');
    const value = converter.convert(root, '', 0);
    return { value, findings: converter.findings.all() };
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    return { findings: [tooDeep('')] };
  }
}

function tooDeep(path: string): Finding {
  return finding('manifest-json', `the JSON is nested more than ${MAX_DEPTH} deep; devices do not read that`, { path });
}

/** Makes values of jsonc-parser's nodes, and finds what its grammar allows and the reference's does not. */
class Converter {
  readonly findings = new FindingList();
  private readonly text: string;
  private readonly isExact: boolean;

  constructor(text: string, isExact: boolean) {
    this.text = text;
    this.isExact = isExact;
  }

  convert(node: Node, path: string, depth: number): JsonValue {
    if (node.type === 'number') return this.number(node, path);
    if (node.type === 'string') return this.string(String(node.value), path);
    if (node.type !== 'array' && node.type !== 'object') return node.value as JsonValue;
    if (depth >= MAX_DEPTH) {
      this.findings.add(tooDeep(path));
      return null;
    }
    const children = node.children ?? [];
    if (node.type === 'array')
      return children.map((child, index) => this.convert(child, pointer(path, index), depth + 1));
    const object: JsonObject = new Map();
    for (const property of children) {
      const [keyNode, valueNode] = property.children ?? [];
      if (!keyNode || !valueNode) continue;
      const key = String(keyNode.value);
      const childPath = pointer(path, key);
      this.string(key, childPath);
      if (object.has(key)) {
        const { code, message } = doubledKey(path, key);
        this.findings.add(finding(code, message, { path: childPath }));
      }
      object.set(key, this.convert(valueNode, childPath, depth + 1));
    }
    return object;
  }

  private number(node: Node, path: string): JsonValue {
    const written = this.text.slice(node.offset, node.offset + node.length);
    const value = Number(written);
    if (!Number.isFinite(value)) {
      this.findings.add(finding('manifest-json', `the number ${written} is out of range`, { path }));
      return null;
    }
    const isKept = this.isExact ? String(value) === written : Number.isSafeInteger(value) || !/^-?\d+$/.test(written);
    return isKept ? value : new ExactNumber(written);
  }

  private string(value: string, path: string): string {
    if (!value.isWellFormed()) {
      const message = 'the text holds half of a surrogate pair (\\ud800 to \\udfff); devices do not read that';
      this.findings.add(finding('manifest-json', message, { path }));
    }
    return value;
  }
}

/** A key that stands twice: in maps the last one counts, a field of the manifest may stand once, and nobody reads others. */
export function doubledKey(
  path: string,
  key: string,
): { code: 'manifest-duplicate-key' | 'manifest-key-twice'; message: string } {
  return isField(path, key)
    ? { code: 'manifest-duplicate-key', message: `the key "${key}" stands twice; devices refuse that` }
    : { code: 'manifest-key-twice', message: `the key "${key}" stands twice; only the last one counts` };
}

/** What a parse error is called, in words. */
export function describeJsonError(error: ParseErrorCode): string {
  return `not valid JSON: ${printParseErrorCode(error).replace(/(?<=[a-z])(?=[A-Z])/g, ' ')}`;
}
