import { SYSTEM_IMAGES } from '../../engine/docker-images/system-images.ts';
import { objectAt, sdkHas } from '../../engine/upstream/lookup.ts';
import { rendererOf, withoutPlaceholders } from '../edits/render.ts';
import { dataOf, type ManifestReading } from '../lint-manifest.ts';
import { child, keysOf, nodeAt } from '../meaning/data-tree.ts';
import { resolveSchema, type Schema, schemaAt } from '../schema/schema.ts';
import { SPDX_IDS } from '../spdx.ts';
import type { ManifestLanguage, Span } from '../text/tree.ts';
import { contextAt, type TypingContext } from './context.ts';
import { describeSchema, sinceOf, typeOf } from './describe.ts';
import { entitiesOf } from './entities.ts';

/** One thing that may be typed here. */
export interface Completion {
  readonly label: string;
  readonly kind: 'key' | 'value' | 'snippet' | 'reference';
  readonly detail?: string;
  /** What replaces `replace`; a snippet with placeholders. */
  readonly insert: string;
  readonly replace: Span;
  /** A comma that is missing behind what stands before. */
  readonly comma?: number;
  /** Order among the others. */
  readonly sort: string;
  /** Markdown, made when it is asked for. */
  readonly document?: () => string;
}

/** Packages that others often depend on; any id may be written. */
const COMMON_PACKAGES = [
  'bitcoind',
  'c-lightning',
  'electrs',
  'filebrowser',
  'fulcrum',
  'lnd',
  'monerod',
  'nextcloud',
  'tor',
];

/** What can be typed at an offset of one of the manifest's files. */
export function complete(reading: ManifestReading, file: string, offset: number): Completion[] {
  const context = contextAt(reading, file, offset);
  const module = reading.modules.all().find((candidate) => candidate.file === file);
  if (!context || !module) return [];
  const { language, text } = module.text;
  const schema = schemaAt(reading.generation, context.pointer, dataOf(reading));
  if (!schema) return [];
  const completer = new Completer(reading, context, schema, language, text);
  if (context.position === 'value') return completer.values();
  const comma = language === 'json' && !context.hasValue ? missingComma(text, context.replace.start) : undefined;
  return completer.keys().map((item) => ({ ...item, ...(comma !== undefined && { comma }) }));
}

/** A path that is being typed. */
export interface PathContext {
  readonly kind: 'file' | 'folder' | 'any';
  readonly replace: Span;
  /** What is typed already, without quotes. */
  readonly typed: string;
  readonly quote: string;
}

/** The path that is typed at an offset, if one belongs there: its completions are files, which the caller knows. */
export function pathContextAt(reading: ManifestReading, file: string, offset: number): PathContext | undefined {
  const context = contextAt(reading, file, offset);
  const module = reading.modules.all().find((candidate) => candidate.file === file);
  if (context?.position !== 'value' || !module) return undefined;
  const kind = schemaAt(reading.generation, context.pointer, dataOf(reading))?.['x-path'];
  if (kind === undefined) return undefined;
  const { replace } = context;
  const raw = module.text.text.slice(replace.start, Math.max(replace.start, Math.min(offset, replace.end)));
  const own = /^["']/.exec(raw)?.[0];
  const quote = own ?? (module.text.language === 'yaml' ? '' : module.text.language === 'typescript' ? "'" : '"');
  return { kind, replace, typed: raw.replace(/^["']/, ''), quote };
}

/** Where a comma must be added for another property to follow; undefined if none is missing. */
function missingComma(text: string, before: number): number | undefined {
  const end = text.slice(0, before).trimEnd().length;
  return /["\d\]}a-z]/.test(text[end - 1] ?? '{') ? end : undefined;
}

class Completer {
  private readonly reading: ManifestReading;
  private readonly context: TypingContext;
  private readonly schema: Schema;
  private readonly language: ManifestLanguage;
  private readonly text: string;

  constructor(
    reading: ManifestReading,
    context: TypingContext,
    schema: Schema,
    language: ManifestLanguage,
    text: string,
  ) {
    this.reading = reading;
    this.context = context;
    this.schema = schema;
    this.language = language;
    this.text = text;
  }

  keys(): Completion[] {
    const { properties = {}, required = [] } = this.schema;
    const { present } = this.context;
    const items: Completion[] = [];
    for (const [key, own] of Object.entries(properties)) {
      if (present.has(key) || this.isHidden(key, own)) continue;
      const schema = resolveSchema(this.reading.generation, own);
      const isRequired = required.includes(key) && !this.schema['x-sdk-optional']?.includes(key);
      const body =
        schema.defaultSnippets?.[0] && !schema['x-declares'] ? schema.defaultSnippets[0].body : placeholderOf(schema);
      items.push({
        label: key,
        kind: 'key',
        detail: `${typeOf(schema)}${isRequired ? ', required' : ''}`,
        insert: this.property(key, body),
        replace: this.context.replace,
        sort: `${isRequired ? '0' : '1'}${String(items.length).padStart(3, '0')}`,
        document: () => describeSchema(schema, isRequired, sinceOf(this.reading.generation, this.context.pointer, key)),
      });
    }
    return [...items, ...this.freeKeys()];
  }

  /** Keys that a schema does not list: ids, languages, and what a snippet begins. */
  private freeKeys(): Completion[] {
    const { additionalProperties, propertyNames } = this.schema;
    if (typeof additionalProperties !== 'object') return [];
    const { present, replace, hasValue } = this.context;
    const schema = resolveSchema(this.reading.generation, additionalProperties);
    const items: Completion[] = [];
    const names = [
      ...(propertyNames?.examples ?? []).map(String),
      ...this.idsFor(this.schema['x-references-keys']),
      ...(this.schema['x-declares'] === 'dependency' ? COMMON_PACKAGES : []),
      ...(this.schema['x-references-keys'] === 'volume' && this.context.pointer.startsWith('/backup/')
        ? ['BACKUP']
        : []),
    ];
    for (const name of new Set(names)) {
      if (present.has(name)) continue;
      const isDependency = this.schema['x-declares'] === 'dependency';
      const body = isDependency
        ? Object.values((this.schema.defaultSnippets?.[0]?.body ?? {}) as object)[0]
        : placeholderOf(schema);
      const insert = this.property(name, body);
      items.push({
        label: name,
        kind: 'reference',
        insert,
        replace,
        sort: `2${name}`,
        document: () => describeSchema(schema, undefined),
      });
    }
    if (hasValue) return items;
    for (const snippet of this.schema.defaultSnippets ?? []) {
      if (
        !this.schema['x-declares'] &&
        !this.schema['x-references-keys'] &&
        !/config-spec|input-spec|variants/.test(this.context.pointer)
      )
        continue;
      const entries = Object.entries(snippet.body as object).map(
        ([key, value]) => [freeKey(key, present), value] as const,
      );
      const insert = entries.map(([key, value]) => this.property(key, value)).join(this.separator());
      items.push({
        label: snippet.label,
        kind: 'snippet',
        detail: snippet.description,
        insert,
        replace,
        sort: `3${snippet.label}`,
      });
    }
    return items;
  }

  values(): Completion[] {
    const { schema } = this;
    const items: Completion[] = [];
    const offer = (value: unknown, kind: Completion['kind'], sort: string, detail?: string) => {
      const label = typeof value === 'string' ? value : JSON.stringify(value);
      if (items.some((item) => item.label === label)) return;
      const insert = this.scalar(value);
      items.push({
        label,
        kind,
        insert,
        replace: this.context.replace,
        sort: `${sort}${label}`,
        ...(detail !== undefined && { detail }),
      });
    };
    if (schema.const !== undefined) offer(schema.const, 'value', '0');
    for (const value of schema.enum ?? []) offer(value, 'value', value === null ? '5' : '0');
    // An id that is a text in the code, not a key.
    if (schema['x-declares'] === 'dependency') for (const id of COMMON_PACKAGES) offer(id, 'reference', '0');
    for (const id of this.idsFor(schema['x-references'])) offer(id, 'reference', '0', schema['x-references']);
    const types = typeof schema.type === 'string' ? [schema.type] : (schema.type ?? []);
    if (types.includes('boolean')) for (const value of [true, false]) offer(value, 'value', '0');
    if (types.includes('null') && !schema.enum) offer(null, 'value', '5');
    if (schema.default !== undefined && typeof schema.default !== 'object')
      offer(schema.default, 'value', '1', 'default');
    // After the first word of a free text an example is only in the way.
    const isFree = / /.test(this.text.slice(this.context.replace.start, this.context.replace.end));
    if (!isFree) for (const example of schema.examples ?? []) offer(example, 'value', '2', 'example');
    if (schema['x-spdx']) for (const id of SPDX_IDS) offer(id, 'value', '3', 'SPDX');
    return [...items, ...this.valueSnippets()];
  }

  /** Whole objects as a value. */
  private valueSnippets(): Completion[] {
    const isObject = this.schema.type === 'object' || (this.schema.type ?? []).includes('object');
    if (!isObject) return [];
    const indent = this.indent();
    return (this.schema.defaultSnippets ?? []).map((snippet) => ({
      label: snippet.label,
      kind: 'snippet',
      detail: snippet.description,
      insert: rendererOf(this.language)
        .value(snippet.body, indent + 2)
        .replace(/^\n/, this.language === 'yaml' ? '\n' : ''),
      replace: this.context.replace,
      sort: `4${snippet.label}`,
    }));
  }

  /** Ids of a kind that the manifest declares or uses. */
  private idsFor(kind: Schema['x-references']): string[] {
    if (kind === undefined) return [];
    const { replace } = this.context;
    // What is being typed is no suggestion for itself.
    const others = entitiesOf(this.reading).filter(({ span }) => span.end < replace.start || span.start > replace.end);
    const ids = new Set(others.flatMap((entity) => (entity.kind === kind ? [entity.id] : [])));
    if (kind === 'image' && this.reading.generation === '0.3') {
      const parent = this.context.pointer.slice(0, this.context.pointer.lastIndexOf('/'));
      const system = child(nodeAt(dataOf(this.reading), parent), 'system');
      if (system?.kind === 'value' && system.value === true) return [...SYSTEM_IMAGES];
      ids.add('main');
    }
    if (kind === 'volume') for (const id of keysOf(child(dataOf(this.reading), 'volumes'))) ids.add(id);
    ids.delete('BACKUP');
    return [...ids];
  }

  private isHidden(key: string, schema: Schema): boolean {
    if (schema['x-former'] !== undefined || schema['x-ignored'] !== undefined || key === '$schema') return true;
    if (!this.reading.usesSdk) return false;
    const object = objectAt(this.context.pointer);
    if (schema['x-sdk-fills'] === true) return true;
    return object !== undefined && !sdkHas(this.reading.sdk?.version, object, key);
  }

  private indent(): number {
    return this.language === 'toml' ? 0 : this.context.indent;
  }

  private separator(): string {
    const line = this.context.isInline ? ' ' : `\n${' '.repeat(this.indent())}`;
    return this.language === 'json' || this.language === 'typescript' ? `,${line}` : line;
  }

  /** A property; only its key where a value follows already. */
  private property(key: string, body: unknown): string {
    const renderer = rendererOf(this.language);
    if (this.context.hasValue) return renderer.key(key);
    const after = this.text.slice(this.context.replace.end);
    if (this.language === 'json') return renderer.property(key, body, this.indent()) + (/^\s*"/.test(after) ? ',' : '');
    const isLast = /^[ \t]*(?:[\s}\],#/]|$)/.test(after);
    const needsComma = this.language === 'typescript' && !this.context.isInline && isLast && !/^\s*,/.test(after);
    const comma = needsComma ? ',' : '';
    return `${renderer.property(key, body, this.indent())}${comma}`;
  }

  private scalar(value: unknown): string {
    // YAML wants a blank behind the colon, which is not always typed yet.
    const gap = this.language === 'yaml' && this.text[this.context.replace.start - 1] === ':' ? ' ' : '';
    return (
      gap +
      rendererOf(this.language)
        .value(value, this.indent() + 2)
        .replaceAll('$', '\\$')
    );
  }
}

/** A snippet's key, with another suggestion if that one is taken. */
function freeKey(key: string, present: ReadonlySet<string>): string {
  const suggested = withoutPlaceholders(key);
  return present.has(suggested) ? key.replace(suggested, `new-${suggested}`) : key;
}

/** What to put behind a key for a start: a placeholder of the right kind. */
function placeholderOf(schema: Schema): unknown {
  const types = typeof schema.type === 'string' ? [schema.type] : (schema.type ?? []);
  const [example] = schema.examples ?? [];
  if (schema.const !== undefined) return schema.const;
  if (schema.enum?.[0] !== undefined && schema.enum[0] !== null) return placeholder(schema.enum[0]);
  if (Array.isArray(example)) return example;
  if (typeof example === 'string') return placeholder(example);
  if (schema['x-url']) return placeholder('https://');
  switch (types[0]) {
    case 'object':
      return {};
    case 'array':
      return [];
    case 'boolean':
      return schema.default === true ? false : schema.default === false;
    case 'integer':
    case 'number':
      return typeof example === 'number' ? example : 0;
    default:
      return '$1';
  }
}

function placeholder(text: string): string {
  return text === withoutPlaceholders(text) ? `\${1:${text.replaceAll('}', '')}}` : text;
}
