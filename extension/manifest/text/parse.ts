import { tooDeepAt, tooManyClosedAt } from '../../engine/brackets.ts';
import { BUDGET } from '../../engine/budget.ts';
import { parseJsonText } from './json-front.ts';
import { parseTomlText } from './toml-front.ts';
import { dataText, type ManifestLanguage, type ManifestText } from './tree.ts';
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

/** Parses what is within the budget; what is not has one problem, at the place where it goes beyond. */
function parseWithin(language: ManifestLanguage, text: string): ManifestText {
  const refuse = (why: string, at: number) => {
    const span = { start: at, end: at + 1 };
    return dataText(language, text, undefined, [{ code: 'manifest-json', message: why, span }]);
  };
  const most = language === 'yaml' || language === 'toml' ? BUDGET.manifestYamlLength : BUDGET.manifestTextLength;
  if (text.length > most) return refuse(`the file has ${text.length} characters; no more than ${most} are read`, 0);
  const isData = language !== 'typescript';
  const deep = isData ? tooDeepAt(text) : undefined;
  if (deep !== undefined) return refuse(`more than ${BUDGET.manifestBrackets} brackets are open here`, deep);
  const closed = isData ? undefined : tooManyClosedAt(text);
  if (closed !== undefined)
    return refuse(`more than ${BUDGET.manifestBrackets} brackets are closed that were not opened`, closed);
  try {
    return PARSERS[language](text);
  } catch (error) {
    // The parsers call themselves: nesting without brackets ends their stack.
    if (!(error instanceof RangeError)) throw error;
    return refuse('the text is nested too deeply, or one value in it is too long, to be read', 0);
  }
}

/** Parses files, each text once: asking again for the same text costs nothing. */
export class ParseCache {
  private readonly kept = new Map<string, ManifestText>();
  /** How many texts were parsed, for tests. */
  parsed = 0;

  parse(file: string, text: string): ManifestText {
    const known = this.kept.get(file);
    if (known?.text === text) return known;
    const fresh = parseWithin(languageOf(file), text);
    this.parsed++;
    this.kept.delete(file);
    this.kept.set(file, fresh);
    if (this.kept.size > BUDGET.parsedTexts) {
      const [oldest] = this.kept.keys();
      if (oldest !== undefined) this.kept.delete(oldest);
    }
    return fresh;
  }
}
