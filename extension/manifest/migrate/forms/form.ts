import type { DataNode } from '../../meaning/data-tree.ts';
import { toPlain } from '../../meaning/plain-value.ts';
import { type Code, call, list, literal, object, objectOf, quote, quoteOrNull } from '../code.ts';
import type { CodeFile } from '../code-file.ts';
import { mark } from '../marks.ts';
import { at, entriesAt, isTrueAt, numberAt, textAt, textsAt } from '../read.ts';

/** Forms nested deeper than this are nobody's. */
const MAX_DEPTH = 32;
/** All printable characters, which 0.3 draws from where nothing is said. */
const ALL_CHARACTERS = '!-~';

/** A form of 0.3 (config spec, s9pk-v1 section 4) as the SDK has it. */
export interface FormCode {
  readonly spec: Code;
  /** How what is entered differs from what 0.3 kept; undefined if it does not. */
  readonly difference: Code | undefined;
}

interface ValueCode {
  readonly code: Code;
  readonly difference?: Code | undefined;
}

type Entry = { readonly key: string; readonly value: Code; readonly above?: readonly string[] };

/** What says of a value is common to all types. */
interface Common {
  readonly name: Code;
  readonly description: Code | undefined;
  readonly warning: Code | undefined;
}

/** Writes forms into a module; knows which of the SDK's builders it used. */
export class FormWriter {
  private readonly file: CodeFile;
  private readonly used = new Set<string>();
  /** What cannot be a part of the value that is being written. */
  private asked: string[] = [];
  private depth = 0;

  constructor(file: CodeFile) {
    this.file = file;
  }

  /** `const { InputSpec, Value } = sdk;` */
  builders(): string {
    return `const { ${[...this.used].sort().join(', ')} } = ${this.file.use('sdk', 'startos/sdk')};`;
  }

  /** A whole form, with comments about what is left out of it. */
  whole(spec: DataNode): FormCode & { readonly marks: readonly string[] } {
    const form = this.form(spec);
    return { ...form, marks: this.asked.splice(0).map((what) => mark('migrate-config', what)) };
  }

  private form(spec: DataNode): FormCode {
    const entries: Entry[] = [];
    const differences: Entry[] = [];
    const open = spec.kind === 'object' && spec.isOpen ? ['parts of this form are computed; add them'] : [];
    const left: string[] = [...open];
    for (const [key, node] of this.depth < MAX_DEPTH ? entriesAt(spec) : []) {
      const outer = this.asked;
      this.asked = left.splice(0);
      const value = this.value(key, node);
      if (value) {
        entries.push({ key, value: value.code, above: this.asked.map((what) => mark('migrate-config', what)) });
        if (value.difference) differences.push({ key, value: value.difference });
      } else left.push(...this.asked);
      this.asked = outer;
    }
    this.asked.push(...left);
    return {
      spec: call(`${this.builder('InputSpec')}.of`, objectOf(entries)),
      difference: differences.length > 0 ? objectOf(differences) : undefined,
    };
  }

  private builder(name: 'InputSpec' | 'List' | 'Value' | 'Variants'): string {
    this.used.add(name);
    return name;
  }

  private call(kind: string, fields: Readonly<Record<string, Code | undefined>>, ...more: Code[]): Code {
    return call(`${this.builder('Value')}.${kind}`, object(fields), ...more);
  }

  private say(text: string | undefined): Code | undefined {
    return text === undefined || text.trim() === '' ? undefined : this.file.say(text.trim());
  }

  private common(key: string, node: DataNode): Common {
    return {
      name: this.file.say(textAt(node, 'name') ?? key),
      description: this.say(textAt(node, 'description')),
      warning: this.say(textAt(node, 'warning')),
    };
  }

  private value(key: string, node: DataNode): ValueCode | undefined {
    const common = this.common(key, node);
    switch (textAt(node, 'type')) {
      case 'boolean':
        return { code: this.call('toggle', { ...common, default: String(isTrueAt(node, 'default')) }) };
      case 'string':
        return { code: this.text(common, node) };
      case 'number':
        return { code: this.number(common, node) };
      case 'enum':
        return this.choice(key, common, node);
      case 'object':
        return this.object(common, node);
      case 'union':
        return this.union(key, common, node, textAt(node, 'default'));
      case 'list':
        return this.list(key, common, node);
      case 'pointer':
        this.asked.push(pointerText(key, node));
        return undefined;
      default:
        this.asked.push(`"${key}" is computed, or of no type that is known; add it`);
        return undefined;
    }
  }

  private text(common: Common, node: DataNode): Code {
    const base = {
      ...common,
      required: String(!isTrueAt(node, 'nullable')),
      placeholder: optional(textAt(node, 'placeholder')),
      patterns: this.patterns(node),
    };
    const fixed = textAt(node, 'default');
    if (isTrueAt(node, 'textarea')) return this.call('textarea', { ...base, default: quoteOrNull(fixed) });
    const random = randomOf(at(node, 'default'));
    return this.call('text', { ...base, default: random ?? quoteOrNull(fixed), masked: trueOnly(node, 'masked') });
  }

  private patterns(node: DataNode): Code | undefined {
    const regex = textAt(node, 'pattern');
    if (regex === undefined) return undefined;
    try {
      new RegExp(regex);
    } catch {
      this.asked.push(`the pattern ${regex} is none in JavaScript; write it anew`);
      return undefined;
    }
    const description = textAt(node, 'pattern-description') ?? regex;
    return list([object({ regex: quote(regex), description: this.file.say(description) })]);
  }

  private number(common: Common, node: DataNode): Code {
    const integral = isTrueAt(node, 'integral');
    const { min, max, isExact } = boundsOf(textAt(node, 'range'), integral);
    if (!isExact) this.asked.push(`the range ${textAt(node, 'range')} leaves its ends out; this form takes them`);
    const placeholder = numberAt(node, 'placeholder');
    return this.call('number', {
      ...common,
      required: String(!isTrueAt(node, 'nullable')),
      default: String(numberAt(node, 'default') ?? null),
      integer: String(integral),
      min,
      max,
      units: this.say(textAt(node, 'units')),
      placeholder: placeholder === undefined ? undefined : quote(String(placeholder)),
    });
  }

  private choice(key: string, common: Common, node: DataNode): ValueCode | undefined {
    const values = textsAt(node, 'values');
    const [first] = values;
    if (first === undefined) {
      this.asked.push(`"${key}" had nothing to choose from`);
      return undefined;
    }
    const wanted = textAt(node, 'default');
    const isThere = wanted !== undefined && values.includes(wanted);
    if (!isThere) this.asked.push(`the default ${wanted ?? '(none)'} is not among the values`);
    return {
      code: this.call('select', {
        ...common,
        values: this.labels(values, node),
        default: quote(isThere ? wanted : first),
      }),
    };
  }

  private labels(values: readonly string[], node: DataNode): Code {
    return objectOf(
      values.map((value) => ({ key: value, value: this.file.say(textAt(node, 'value-names', value) ?? value) })),
    );
  }

  private inner(spec: DataNode | undefined): FormCode {
    this.depth++;
    const form = spec
      ? this.form(spec)
      : { spec: call(`${this.builder('InputSpec')}.of`, object({})), difference: undefined };
    this.depth--;
    return form;
  }

  private object({ name, description, warning }: Common, node: DataNode): ValueCode {
    const { spec, difference } = this.inner(at(node, 'spec'));
    // Objects have no warning of their own any more.
    const about = description ?? warning;
    return {
      code: this.call('object', { name, description: about }, spec),
      difference: difference && object({ kind: quote('object'), form: difference }),
    };
  }

  private union(key: string, common: Common, node: DataNode, wanted: string | undefined): ValueCode | undefined {
    const variants = entriesAt(node, 'variants');
    const [first] = variants;
    if (!first) {
      this.asked.push(`"${key}" had no variants`);
      return undefined;
    }
    const written = variants.map(([id, spec]) => ({ id, ...this.inner(spec) }));
    const label = (id: string) => this.file.say(textAt(node, 'tag', 'variant-names', id) ?? id);
    const choices = objectOf(written.map(({ id, spec }) => ({ key: id, value: object({ name: label(id), spec }) })));
    const tag = textAt(node, 'tag', 'id') ?? textAt(node, 'tag') ?? 'type';
    const isThere = variants.some(([id]) => id === wanted);
    if (!isThere) this.asked.push(`the default ${wanted ?? '(none)'} is not among the variants`);
    const about = this.say(textAt(node, 'tag', 'description'));
    return {
      code: this.call('union', {
        ...common,
        description: common.description ?? about,
        default: quote(isThere && wanted !== undefined ? wanted : first[0]),
        variants: call(`${this.builder('Variants')}.of`, choices),
      }),
      difference: object({
        kind: quote('union'),
        tag: quote(tag),
        variants: objectOf(written.map(({ id, difference }) => ({ key: id, value: difference ?? object({}) }))),
      }),
    };
  }

  private list(key: string, common: Common, node: DataNode): ValueCode | undefined {
    const { min, max } = boundsOf(textAt(node, 'range'), true);
    const base = { ...common, minLength: min, maxLength: max };
    const element = at(node, 'spec');
    const defaults = toPlain(at(node, 'default') ?? node);
    const items: unknown[] = Array.isArray(defaults) ? defaults : [];
    switch (textAt(node, 'subtype')) {
      case 'string':
        return { code: this.texts(base, element, items) };
      case 'number': {
        const pattern = object({ regex: quote('^-?\\d+(\\.\\d+)?$'), description: this.file.say('A number') });
        const range = textAt(element, 'range');
        if (range !== undefined)
          this.asked.push(`items of "${key}" had to lie in ${range}; this form takes any number`);
        const fields = object({
          ...base,
          default: literal(items.filter((item) => typeof item === 'number').map(String)),
        });
        return {
          code: this.wrapped(call(`${this.builder('List')}.text`, fields, object({ patterns: list([pattern]) }))),
          difference: object({ kind: quote('list'), item: object({ kind: quote('number') }) }),
        };
      }
      case 'enum': {
        const values = textsAt(element, 'values');
        if (!element || values.length === 0) break;
        const chosen = items.filter((item) => typeof item === 'string' && values.includes(item));
        return {
          code: this.call('multiselect', {
            ...base,
            values: this.labels(values, element),
            default: literal(chosen),
          }),
        };
      }
      case 'object': {
        const { spec, difference } = this.inner(at(element, 'spec'));
        this.askAboutItems(key, items);
        return {
          code: this.objects(base, element, spec),
          difference: difference && listOf(object({ kind: quote('object'), form: difference })),
        };
      }
      case 'union':
        return this.unions(key, base, element, items);
    }
    this.asked.push(`"${key}" is a list of nothing that is known`);
    return undefined;
  }

  private texts(
    base: Readonly<Record<string, Code | undefined>>,
    element: DataNode | undefined,
    items: unknown[],
  ): Code {
    const fixed = items.filter((item) => typeof item === 'string');
    if (fixed.length < items.length) this.asked.push('random texts among the defaults are left out');
    const fields = object({ ...base, default: literal(fixed) });
    const spec = object({
      masked: element && trueOnly(element, 'masked'),
      placeholder: optional(textAt(element, 'placeholder')),
      patterns: element && this.patterns(element),
    });
    return this.wrapped(call(`${this.builder('List')}.text`, fields, spec));
  }

  private objects(
    base: Readonly<Record<string, Code | undefined>>,
    element: DataNode | undefined,
    spec: Code,
    key?: string,
  ): Code {
    const unique = at(element, 'unique-by');
    const display = textAt(element, 'display-as');
    // Of a union, the fields lie one level further in than templates and rules look.
    const isPlain = key === undefined;
    const options = object({
      spec,
      displayAs: isPlain && display !== undefined ? quote(display) : undefined,
      uniqueBy: isPlain && unique && unique.kind !== 'unknown' ? literal(toPlain(unique)) : undefined,
    });
    return this.wrapped(call(`${this.builder('List')}.obj`, object({ ...base, default: '[]' }), options));
  }

  /** The SDK has lists of objects only: each union is the one value of an object. */
  private unions(
    key: string,
    base: Readonly<Record<string, Code | undefined>>,
    element: DataNode | undefined,
    items: unknown[],
  ): ValueCode | undefined {
    const name = this.file.say(textAt(element, 'tag', 'name') ?? textAt(element, 'name') ?? key);
    const common = { name, description: undefined, warning: undefined };
    const union = element && this.union(key, common, element, textAt(element, 'default'));
    if (!union?.difference) return undefined;
    this.askAboutItems(key, items);
    const spec = call(`${this.builder('InputSpec')}.of`, object({ entry: union.code }));
    return {
      code: this.objects(base, element, spec, 'entry'),
      difference: listOf(object({ kind: quote('wrapped'), key: quote('entry'), field: union.difference })),
    };
  }

  private wrapped(code: Code): Code {
    return call(`${this.builder('Value')}.list`, code);
  }

  private askAboutItems(key: string, items: readonly unknown[]): void {
    if (items.length > 0) this.asked.push(`"${key}" began with ${items.length} items; here it begins empty`);
  }
}

const listOf = (item: Code): Code => object({ kind: quote('list'), item });
const optional = (text: string | undefined): Code | undefined => (text === undefined ? undefined : quote(text));
const trueOnly = (node: DataNode, key: string): Code | undefined => (isTrueAt(node, key) ? 'true' : undefined);

function randomOf(node: DataNode | undefined): Code | undefined {
  const len = numberAt(node, 'len');
  if (len === undefined) return undefined;
  return object({ charset: quote(textAt(node, 'charset') ?? ALL_CHARACTERS), len: String(len) });
}

/** A range such as `[0,100)` (s9pk-v1 section 4.3); of whole numbers the ends that are left out are the ones beside them. */
function boundsOf(range: string | undefined, integral: boolean): { min?: string; max?: string; isExact: boolean } {
  const match = /^([[(])\s*([^,\s]*)\s*(?:,\s*([^)\]\s]*)\s*([)\]])?)?/.exec(range ?? '');
  if (!match) return { isExact: true };
  const [, open, low = '*', high = '*', close = ')'] = match;
  const bound = (text: string, isOpen: boolean, step: number) => {
    const number = text === '' || text === '*' ? Number.NaN : Number(text);
    return Number.isFinite(number) ? String(isOpen && integral ? number + step : number) : undefined;
  };
  const [min, max] = [bound(low, open === '(', 1), bound(high, close === ')', -1)];
  const isExact = integral || !((open === '(' && min !== undefined) || (close === ')' && max !== undefined));
  return { ...(min !== undefined && { min }), ...(max !== undefined && { max }), isExact };
}

function pointerText(key: string, node: DataNode): string {
  const id = textAt(node, 'package-id') ?? '';
  const what =
    textAt(node, 'target') === 'config'
      ? `${textAt(node, 'selector')} of the configuration of ${id}`
      : `the ${textAt(node, 'target')} of "${textAt(node, 'interface')}" of ${id}`;
  return `"${key}" was ${what}; nobody enters it: give it to the service in main.ts`;
}
