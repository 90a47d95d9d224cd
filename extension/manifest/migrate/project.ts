import { posix } from 'node:path';
import { splitName } from '../../engine/package/mime.ts';
import { call, object, print, quote } from './code.ts';
import { SDK } from './code-file.ts';
import type { Draft } from './draft.ts';
import { tidyPath } from './names.ts';
import { entriesAt, textAt } from './read.ts';

/** A file of the old wrapper under the name that 0.4 looks for. */
export interface Copy {
  readonly from: string;
  readonly to: string;
}

/** Lists of patterns, to which lines are added where there is one already. */
export const PATTERN_FILES = ['.gitignore', '.dockerignore'];
/** Patterns that a list which is there needs in any case. */
const NEEDED: Readonly<Record<string, readonly string[]>> = {
  '.gitignore': ['node_modules/', 'javascript/', '*.s9pk', '.startos/'],
  '.dockerignore': ['.startos', 'node_modules', '*.s9pk'],
};

/** What every wrapper has, beside what its service needs. */
export function projectFiles(draft: Draft): Map<string, string> {
  const files = new Map<string, string>();
  for (const [path, text] of draft.facts.common)
    files.set(
      path,
      text.replaceAll('__ID__', () => JSON.stringify(draft.id).slice(1, -1)),
    );
  for (const path of PATTERN_FILES) {
    const own = draft.text(path);
    if (own === undefined) continue;
    const lines = own.split(/\r?\n/).map((line) => line.trim());
    const bare = (line: string) => line.replace(/^\/|\/$/g, '');
    const missing = (NEEDED[path] ?? []).filter((line) => !lines.some((known) => bare(known) === bare(line)));
    const end = own === '' || own.endsWith('\n') ? '' : '\n';
    files.set(path, missing.length === 0 ? own : `${own}${end}${missing.join('\n')}\n`);
  }
  return files;
}

/** Icon, licence, instructions and assets, where they are not called what 0.4 calls them. */
export function copiesOf(draft: Draft): Copy[] {
  const asset = (key: string, fallback: string) => tidyPath(textAt(draft.manifest, 'assets', key) ?? fallback);
  const [icon, license] = [asset('icon', 'icon.png'), asset('license', 'LICENSE.md')];
  const instructions = asset('instructions', 'INSTRUCTIONS.md');
  const stem = (path: string) => (path.includes('/') ? '' : splitName(path).stem.toLowerCase());
  const extension = posix.extname(icon).toLowerCase() || '.png';
  const copies: Copy[] = [];
  if (stem(icon) !== 'icon') copies.push({ from: icon, to: `icon${extension}` });
  if (stem(license) !== 'license') copies.push({ from: license, to: 'LICENSE' });
  if (instructions !== 'instructions.md') copies.push({ from: instructions, to: 'instructions.md' });
  const assets = asset('assets', 'assets');
  if (assets !== 'assets')
    for (const id of assetVolumes(draft))
      for (const path of draft.facts.files.filter((file) => file.startsWith(`${assets}/${id}/`)))
        copies.push({ from: path, to: `assets/${path.slice(assets.length + 1)}` });
  return copies.filter(({ from }) => draft.hasFile(from));
}

function assetVolumes({ manifest }: Draft): string[] {
  return entriesAt(manifest, 'volumes').flatMap(([id, node]) => (textAt(node, 'type') === 'assets' ? [id] : []));
}

/**
 * `startos/index.ts`: what StartOS calls.
 * @param steps names of what else happens when the service is installed, updated or restored, with their modules
 */
export function writeIndex(draft: Draft, steps: readonly { name: string; from: string }[]): void {
  const file = draft.file('startos/index.ts');
  const sdk = file.use('sdk', 'startos/sdk');
  const versions = file.use('versions', 'startos/versions');
  const init = [
    file.use('restoreInit', 'startos/backups'),
    versions,
    file.use('setInterfaces', 'startos/interfaces'),
    file.use('actions', 'startos/actions'),
    ...steps.map(({ name, from }) => file.use(name, from)),
  ];
  file.use('manifest as sdkManifest', 'startos/manifest');
  file.add(
    [
      "export { actions } from './actions';",
      "export { createBackup } from './backups';",
      "export { main } from './main';",
    ],
    [
      `export const init = ${print(call(`${sdk}.setupInit`, ...init))};`,
      `export const uninit = ${print(call(`${sdk}.setupUninit`, versions))};`,
      `export const manifest = ${print(call(file.use('buildManifest', SDK), versions, 'sdkManifest'))};`,
    ],
  );
}

/** `startos/i18n`: every text that users read, in English; other languages are one list each. */
export function writeDictionary(draft: Draft): void {
  const entries = [...draft.words.entries()];
  if (entries.length === 0) return;
  const file = draft.file('startos/i18n/index.ts');
  const english = object(Object.fromEntries(entries.map(([text, index]) => [text, String(index)])));
  file.add(
    [`const english = ${print(english)} as const;`],
    ['/** By language: `de_DE: { 0: … }` and so on. */', 'const translations = {};'],
    [`export const i18n = ${print(call(file.use('setupI18n', SDK), 'english', 'translations', quote('en_US')))};`],
  );
}
