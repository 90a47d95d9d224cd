import { parseJsonText } from './json-front.ts';
import { parseTomlText } from './toml-front.ts';
import type { ManifestLanguage, ManifestText } from './tree.ts';
import { parseTypeScriptText } from './typescript-front.ts';
import { parseYamlText } from './yaml-front.ts';

const PARSERS: Readonly<Record<ManifestLanguage, (text: string) => ManifestText>> = {
  json: parseJsonText,
  yaml: parseYamlText,
  toml: parseTomlText,
  typescript: parseTypeScriptText,
};

/** The language of a file, by its extension. */
export function languageOf(file: string): ManifestLanguage {
  if (/\.json$/i.test(file)) return 'json';
  if (/\.toml$/i.test(file)) return 'toml';
  return /\.ya?ml$/i.test(file) ? 'yaml' : 'typescript';
}

/** Files whose parsed text is kept. */
const MAX_KEPT = 64;

/** Parses files, each text once: asking again for the same text costs nothing. */
export class ParseCache {
  private readonly kept = new Map<string, ManifestText>();
  /** How many texts were parsed, for tests. */
  parsed = 0;

  parse(file: string, text: string): ManifestText {
    const known = this.kept.get(file);
    if (known?.text === text) return known;
    const fresh = PARSERS[languageOf(file)](text);
    this.parsed++;
    this.kept.delete(file);
    this.kept.set(file, fresh);
    if (this.kept.size > MAX_KEPT) {
      const [oldest] = this.kept.keys();
      if (oldest !== undefined) this.kept.delete(oldest);
    }
    return fresh;
  }
}
