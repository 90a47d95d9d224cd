import { stringify } from 'yaml';
import type { ManifestLanguage } from '../text/tree.ts';

/** Placeholders of snippets: `$1` or `${1:text}`. */
const PLACEHOLDER = /\$\{\d+:([^}]*)\}|\$\d+/g;

/** A text with placeholders replaced by what they suggest. */
export function withoutPlaceholders(text: string): string {
  return text.replace(PLACEHOLDER, (_, suggestion: string | undefined) => suggestion ?? '');
}

/** Writes values in the language of a manifest. Placeholders in keys and texts stay as they are. */
export interface Renderer {
  key(key: string): string;
  /** A value behind its key; lines after the first are indented by `indent` blanks, nested ones by more. */
  value(value: unknown, indent: number): string;
  /** `key: value` of one property, without a comma. */
  property(key: string, value: unknown, indent: number): string;
}

const STEP = 2;

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

const yaml: Renderer = {
  key: (key) => yamlScalar(key),
  value(value, indent) {
    if (Array.isArray(value)) return `[${value.map((item) => yaml.value(item, indent)).join(', ')}]`;
    if (!isObject(value)) return yamlScalar(value);
    const entries = Object.entries(value);
    if (entries.length === 0) return '{}';
    return entries.map(([key, item]) => `\n${' '.repeat(indent)}${yaml.property(key, item, indent)}`).join('');
  },
  property(key, value, indent) {
    const text = yaml.value(value, indent + STEP);
    return `${yaml.key(key)}:${text.startsWith('\n') ? '' : ' '}${text}`;
  },
};

function yamlScalar(value: unknown): string {
  if (typeof value !== 'string') return JSON.stringify(value);
  const shown = withoutPlaceholders(value);
  const isPlain = shown !== '' && stringify(shown, { lineWidth: 0 }) === `${shown}\n`;
  return isPlain ? value : quoted(value, '"');
}

/** A renderer for languages with braces. */
function braced(quote: string, quotesKeys: boolean): Renderer {
  const renderer: Renderer = {
    key: (key) => (quotesKeys || !/^[A-Za-z_$][\w$]*$/.test(withoutPlaceholders(key)) ? quoted(key, quote) : key),
    value(value, indent) {
      if (typeof value === 'string') return quoted(value, quote);
      if (Array.isArray(value)) return `[${value.map((item) => renderer.value(item, indent)).join(', ')}]`;
      if (!isObject(value)) return JSON.stringify(value);
      const entries = Object.entries(value);
      if (entries.length === 0) return '{}';
      const comma = quotesKeys ? '' : ',';
      const lines = entries.map(([key, item]) => `${' '.repeat(indent)}${renderer.property(key, item, indent)}`);
      return `{\n${lines.join(',\n')}${comma}\n${' '.repeat(indent - STEP)}}`;
    },
    property: (key, value, indent) => `${renderer.key(key)}: ${renderer.value(value, indent + STEP)}`,
  };
  return renderer;
}

const toml: Renderer = {
  key: (key) => (/^[A-Za-z0-9_-]+$/.test(withoutPlaceholders(key)) ? key : quoted(key, '"')),
  value(value, indent) {
    if (typeof value === 'string') return quoted(value, '"');
    if (Array.isArray(value)) return `[${value.map((item) => toml.value(item, indent)).join(', ')}]`;
    if (!isObject(value)) return value === null ? '""' : JSON.stringify(value);
    const entries = Object.entries(value).filter(([, item]) => item !== null);
    return entries.length === 0
      ? '{}'
      : `{ ${entries.map(([key, item]) => toml.property(key, item, indent)).join(', ')} }`;
  },
  property: (key, value, indent) => `${toml.key(key)} = ${toml.value(value, indent)}`,
};

const RENDERERS: Readonly<Record<ManifestLanguage, Renderer>> = {
  yaml,
  toml,
  json: braced('"', true),
  typescript: braced("'", false),
};

export function rendererOf(language: ManifestLanguage): Renderer {
  return RENDERERS[language];
}

/** A quoted text; escapes are those that JSON, TOML, YAML and JavaScript share. */
function quoted(text: string, quote: string): string {
  const inner = JSON.stringify(text).slice(1, -1);
  return quote === '"' ? `"${inner}"` : `'${inner.replaceAll('\\"', '"').replaceAll("'", "\\'")}'`;
}
