/**
 * TypeScript as text, laid out as formatters do: on one line if it fits, else one item a line. What comes from a manifest
 * is only ever written with `quote` or `keyOf`, so that no text of it becomes code.
 */
export type Code = string | ObjectCode | ListCode | CallCode;

interface ObjectCode {
  readonly kind: 'object';
  readonly entries: readonly ObjectEntry[];
}

interface ObjectEntry {
  readonly key: string;
  readonly value: Code;
  /** Comments above it. */
  readonly above?: readonly string[];
}

interface ListCode {
  readonly kind: 'list';
  readonly items: readonly Code[];
}

interface CallCode {
  readonly kind: 'call';
  readonly callee: string;
  readonly args: readonly Code[];
}

/** Characters of a line. */
const WIDTH = 110;

/** An object; what is undefined is left out. A value that is only its key's name is written once. */
export function object(entries: Readonly<Record<string, Code | undefined>>): ObjectCode {
  return objectOf(Object.entries(entries).flatMap(([key, value]) => (value === undefined ? [] : [{ key, value }])));
}

/** An object whose keys come from a manifest, in their order, or that has comments in it. */
export function objectOf(entries: readonly ObjectEntry[]): ObjectCode {
  return { kind: 'object', entries };
}

export function list(items: readonly Code[]): ListCode {
  return { kind: 'list', items };
}

export function call(callee: string, ...args: readonly Code[]): CallCode {
  return { kind: 'call', callee, args };
}

/** A string literal in single quotes, on one line. */
export function quote(text: string): string {
  const escaped = JSON.stringify(text)
    .slice(1, -1)
    .replaceAll('\\"', '"')
    .replaceAll("'", "\\'")
    .replaceAll('\u2028', '\\u2028')
    .replaceAll('\u2029', '\\u2029');
  return `'${escaped}'`;
}

/** A string as a literal, or null. */
export function quoteOrNull(text: string | undefined): string {
  return text === undefined ? 'null' : quote(text);
}

/** A key as it is written in an object. `__proto__` in brackets is a key like any other. */
export function keyOf(name: string): string {
  if (name === '__proto__') return `[${quote(name)}]`;
  return /^[A-Za-z_$][\w$]*$/.test(name) ? name : quote(name);
}

/** Data as a literal. */
export function literal(value: unknown): Code {
  if (typeof value === 'string') return quote(value);
  if (Array.isArray(value)) return list(value.map(literal));
  if (typeof value === 'object' && value !== null)
    return objectOf(Object.entries(value).map(([key, item]) => ({ key, value: literal(item) })));
  return value === undefined ? 'undefined' : String(value);
}

/**
 * Prints code.
 * @param indent blanks before the line that it begins in
 * @param room characters that stand before and behind it on its line
 */
export function print(code: Code, indent = 0, room = 0): string {
  const flat = flatten(code);
  if (flat !== undefined && indent + room + flat.length <= WIDTH) return flat;
  if (typeof code === 'string') return code.split('\n').join(`\n${' '.repeat(indent)}`);
  const inner = ' '.repeat(indent + 2);
  const block = (open: string, lines: readonly string[], close: string) =>
    `${open}\n${lines.map((line) => `${inner}${line}\n`).join('')}${' '.repeat(indent)}${close}`;
  switch (code.kind) {
    case 'object':
      return code.entries.length === 0
        ? '{}'
        : block(
            '{',
            code.entries.flatMap((entry) => [...(entry.above ?? []), `${printEntry(entry, indent + 2)},`]),
            '}',
          );
    case 'list':
      return block(
        '[',
        code.items.map((item) => `${print(item, indent + 2, 1)},`),
        ']',
      );
    case 'call': {
      const last = code.args.at(-1);
      const before = code.args.slice(0, -1).map(flatten);
      // An object at the end begins on the line of the call.
      if (last !== undefined && typeof last !== 'string' && before.every((arg) => arg !== undefined)) {
        const start = `${code.callee}(${before.map((arg) => `${arg}, `).join('')}`;
        return `${start}${print(last, indent, start.length + 1)})`;
      }
      return block(
        `${code.callee}(`,
        code.args.map((arg) => `${print(arg, indent + 2, 1)},`),
        ')',
      );
    }
  }
}

function printEntry({ key, value }: ObjectEntry, indent: number): string {
  const name = keyOf(key);
  return value === name ? name : `${name}: ${print(value, indent, name.length + 3)}`;
}

/** On one line; undefined where there is a line end or a comment in it. */
function flatten(code: Code): string | undefined {
  if (typeof code === 'string') return code.includes('\n') ? undefined : code;
  if (code.kind === 'object') {
    if (code.entries.some(({ above }) => above && above.length > 0)) return undefined;
    const parts = flattenAll(code.entries.map(({ value }) => value))?.map((value, index) => {
      const name = keyOf(code.entries[index]?.key ?? '');
      return value === name ? name : `${name}: ${value}`;
    });
    return parts && (parts.length === 0 ? '{}' : `{ ${parts.join(', ')} }`);
  }
  const parts = flattenAll(code.kind === 'list' ? code.items : code.args);
  if (!parts) return undefined;
  return code.kind === 'list' ? `[${parts.join(', ')}]` : `${code.callee}(${parts.join(', ')})`;
}

function flattenAll(items: readonly Code[]): string[] | undefined {
  const flat = items.map(flatten);
  return flat.every((item) => item !== undefined) ? flat : undefined;
}
