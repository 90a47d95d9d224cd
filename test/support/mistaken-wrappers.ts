import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Finding } from '../../extension/engine/finding.ts';
import { isFile } from '../../extension/engine/io/path-kind.ts';
import { readText } from '../../extension/engine/io/whole-file.ts';
import { wrapperFolder } from '../../extension/manifest/fixes.ts';
import { rangeOfPlace } from '../../extension/manifest/language/ranges.ts';
import { shownFindings } from '../../extension/manifest/language/shown-findings.ts';
import { shownMessage } from '../../extension/manifest/language/shown-message.ts';
import { OpenManifests } from '../../extension/manifest/open-manifests.ts';
import { codeFilesIn } from '../../extension/manifest/wrapper/code-ids.ts';
import { lintWrapper } from '../../extension/manifest/wrapper/lint-wrapper.ts';
import { MISTAKES } from '../unit/manifest/mistakes.test.ts';
import { BASES, FILES, TYPESCRIPT_NEIGHBOURS } from './manifests.ts';

/** A manifest with a mistake, on disk. */
export interface MistakenWrapper {
  readonly name: string;
  readonly file: string;
  readonly text: string;
}

/** What an editor underlines, in a form that can be compared. */
export interface Underlined {
  readonly code: string;
  readonly severity: 'error' | 'warning' | 'info';
  readonly message: string;
  /** Lines and UTF-16 units from 0, the end exclusive: `line:character-line:character`. */
  readonly range: string;
}

/** Writes a wrapper for each mistake of the table into a folder. */
export async function writeMistakes(folder: string): Promise<MistakenWrapper[]> {
  const written: MistakenWrapper[] = [];
  for (const [index, mistake] of MISTAKES.entries()) {
    const wrapper = join(folder, String(index));
    const file = join(wrapper, FILES[mistake.in].slice('/w/'.length));
    const text = BASES[mistake.in].replace(mistake.replace, () => mistake.by).replaceAll(/[«»]/g, '');
    const sdk = { dependencies: { '@start9labs/start-sdk': mistake.sdk } };
    const others = {
      ...(mistake.in === 'ts' && TYPESCRIPT_NEIGHBOURS),
      ...(mistake.sdk !== undefined && { 'package.json': JSON.stringify(sdk) }),
    };
    for (const [path, content] of [...Object.entries(others), [file.slice(wrapper.length), text] as const]) {
      await mkdir(dirname(join(wrapper, path)), { recursive: true });
      await writeFile(join(wrapper, path), content);
    }
    written.push({ name: `${index} ${mistake.code} (${mistake.in})`, file, text });
  }
  return written;
}

/**
 * What VS Code underlines in a file that is open: the findings that `host/` gets, at the ranges that it makes of them. What it
 * says of the folder, about files that are not there, other editors show in the manifest: they have no place for folders.
 */
export async function underlinedInVsCode(file: string, text: string): Promise<Underlined[]> {
  const manifests = new OpenManifests({ readText, versions: () => '', findCode: codeFilesIn });
  const reading = await manifests.read(file);
  if (!reading) return [];
  const { around } = await lintWrapper(wrapperFolder(reading));
  const [first = ''] = text.split('\n');
  const all: Underlined[] = [];
  for (const found of [...shownFindings(reading), ...around]) {
    const isElsewhere = found.where.file !== file && (await isFile(found.where.file ?? ''));
    if (!isElsewhere) all.push(toUnderlined(found, first.trimEnd().length));
  }
  return sorted(all);
}

function toUnderlined(found: Finding, firstLine: number): Underlined {
  const { start, end = { line: start.line, character: firstLine } } = rangeOfPlace(found.where);
  const { code, severity } = found;
  const range = `${start.line}:${start.character}-${end.line}:${end.character}`;
  return { code, severity, message: shownMessage(found), range };
}

/** Each once, in the order of the text. */
export function sorted(items: readonly Underlined[]): Underlined[] {
  const byKey = new Map(items.map((item) => [`${item.range} ${item.code} ${item.message}`, item]));
  return [...byKey].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, item]) => item);
}
