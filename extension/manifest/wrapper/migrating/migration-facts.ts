import { readdir } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { BUDGET } from '../../../engine/budget.ts';
import { withSlashes } from '../../../engine/io/path-inside.ts';
import { readText } from '../../../engine/io/whole-file.ts';
import { dataOf } from '../../lint-manifest.ts';
import type { MigrationFacts } from '../../migrate/draft.ts';
import { findConfigSpec } from '../../migrate/forms/find-spec.ts';
import { tidyPath } from '../../migrate/names.ts';
import { textAt } from '../../migrate/read.ts';
import { oldManifestIn } from './find-old-wrapper.ts';
import { MigrationError } from './migration-error.ts';

/** Folders that belong to git, to npm, to a wrapper for 0.4, or to what builds made. */
const LEFT_OUT = new Set(['.git', 'node_modules', '.startos', 'startos', 'javascript']);
/** What every wrapper begins with, by its name among the templates. */
const COMMON: ReadonlyMap<string, string> = new Map([
  ['_package.json', 'package.json'],
  ['_tsconfig.json', 'tsconfig.json'],
  ['_.gitignore', '.gitignore'],
  ['_.dockerignore', '.dockerignore'],
  ['startos/sdk.ts', 'startos/sdk.ts'],
]);

/**
 * Reads what a migration is made of. Nothing is executed.
 * @param templates folder of the templates, which are shipped beside the code
 * @throws MigrationError if there is no manifest for 0.3; the file system's error if the folder cannot be read
 */
export async function readMigrationFacts(
  folder: string,
  templates: string,
  signal?: AbortSignal,
): Promise<MigrationFacts> {
  const old = await oldManifestIn(folder);
  const manifest = dataOf(old.reading);
  const files = (await filesIn(folder, signal)).sort();
  const scripts = tidyPath(textAt(manifest, 'assets', 'scripts') ?? 'scripts');
  const telling = files.filter((path) => isTelling(path, scripts)).slice(0, BUDGET.codeFiles);
  const texts = new Map<string, string>();
  for (const path of telling) {
    signal?.throwIfAborted();
    const text = await readText(join(folder, path));
    if (text !== undefined && text.length <= BUDGET.manifestTextLength) texts.set(path, text);
  }
  const common = new Map<string, string>();
  for (const [name, path] of COMMON) {
    const text = await readText(join(templates, 'common', name));
    if (text === undefined) throw new Error(`the template of ${path} is not there; install the program again`);
    common.set(path, text);
  }
  const manifestName = basename(old.file);
  return { manifest, manifestName, files, texts, spec: await findConfigSpec(manifest, texts), common };
}

function isTelling(path: string, scripts: string): boolean {
  return (
    (path.startsWith(`${scripts}/`) && /\.[jt]s$/.test(path)) ||
    /(?:^|\/)(?:Dockerfile[^/]*|[^/]*\.Dockerfile)$/.test(path) ||
    /config_spec\.ya?ml$/.test(path) ||
    path === '.gitignore' ||
    path === '.dockerignore'
  );
}

/** Every file and link of a wrapper, but what is made anew. */
async function filesIn(folder: string, signal: AbortSignal | undefined): Promise<string[]> {
  const found: string[] = [];
  const queue = [''];
  for (let inner = queue.pop(); inner !== undefined; inner = queue.pop()) {
    signal?.throwIfAborted();
    for (const entry of await readdir(join(folder, inner), { withFileTypes: true })) {
      const path = withSlashes(join(inner, entry.name));
      if (inner === '' ? LEFT_OUT.has(entry.name) || isStaging(entry.name) : entry.name === '.git') continue;
      if (entry.isDirectory()) queue.push(path);
      else if ((entry.isFile() || entry.isSymbolicLink()) && !path.endsWith('.s9pk')) found.push(path);
      if (found.length > BUDGET.walkedEntries)
        throw new MigrationError(`${folder} holds more files than are looked at`);
    }
  }
  return found;
}

const isStaging = (name: string) => /^\..+\.tmp-s9pk-[0-9a-f]{16}$/.test(name);
