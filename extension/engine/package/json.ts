import { type Node, type ParseError, type ParseErrorCode, parseTree, printParseErrorCode } from 'jsonc-parser';
import { type Finding, finding } from '../finding.ts';
import { pointer } from './json-pointer.ts';

/**
 * JSON with objects as Maps: keys keep their order even if they look like numbers, and `__proto__` is a key like any
 * other. Both matter for writing a manifest as the reference does.
 */
export type JsonValue = null | boolean | number | string | JsonValue[] | JsonObject;
export type JsonObject = Map<string, JsonValue>;

export function isObject(value: JsonValue | undefined): value is JsonObject {
  return value instanceof Map;
}

/** Compact JSON, escaped as JSON.stringify does. */
export function printJson(value: JsonValue): string {
  if (Array.isArray(value)) return `[${value.map(printJson).join(',')}]`;
  if (!isObject(value)) return JSON.stringify(value);
  return `{${[...value].map(([key, item]) => `${JSON.stringify(key)}:${printJson(item)}`).join(',')}}`;
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

/** Parses strict JSON; errors carry the line and column, duplicate keys the JSON pointer. */
export function parseJson(text: string): ParsedJson {
  const errors: ParseError[] = [];
  try {
    if (text.startsWith('\ufeff')) {
      return { findings: [finding('manifest-json', 'the JSON starts with a byte order mark; save it without', {})] };
    }
    const root = parseTree(text, errors, { disallowComments: true, allowTrailingComma: false });
    const findings = errors.map((error) => {
      const { line, column } = positionOf(text, error.offset);
      return finding('manifest-json', `${describeJsonError(error.error)} (line ${line}, column ${column})`, {
        line,
        column,
      });
    });
    if (!root || findings.length > 0) {
      return { findings: findings.length > 0 ? findings : [finding('manifest-json', 'there is no JSON here', {})] };
    }
    const duplicates: Finding[] = [];
    return { value: convert(root, '', duplicates), findings: duplicates };
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    return { findings: [finding('manifest-json', 'the JSON is nested too deeply', {})] };
  }
}

function convert(node: Node, path: string, duplicates: Finding[]): JsonValue {
  if (node.type === 'array')
    return (node.children ?? []).map((child, index) => convert(child, pointer(path, index), duplicates));
  if (node.type !== 'object') return node.value as JsonValue;
  const object: JsonObject = new Map();
  for (const property of node.children ?? []) {
    const [keyNode, valueNode] = property.children ?? [];
    if (!keyNode || !valueNode) continue;
    const key = String(keyNode.value);
    const childPath = pointer(path, key);
    if (object.has(key)) {
      duplicates.push(
        finding('manifest-duplicate-key', `the key "${key}" stands twice; devices refuse that`, { path: childPath }),
      );
    }
    object.set(key, convert(valueNode, childPath, duplicates));
  }
  return object;
}

/** What a parse error is called, in words. */
export function describeJsonError(error: ParseErrorCode): string {
  return `not valid JSON: ${printParseErrorCode(error).replace(/(?<=[a-z])(?=[A-Z])/g, ' ')}`;
}

/** Line and column, from 1, of an offset in UTF-16 units. */
export function positionOf(text: string, offset: number): { line: number; column: number } {
  const before = text.slice(0, offset);
  const lineStart = before.lastIndexOf('\n') + 1;
  return { line: before.split('\n').length, column: offset - lineStart + 1 };
}
