import { stat } from 'node:fs/promises';
import { basename, dirname, resolve } from 'node:path';
import { positionOf } from '../../../engine/line-table.ts';
import type { ManifestReading } from '../../lint-manifest.ts';
import { type FoundManifest, findManifest } from '../find-manifest.ts';
import { MigrationError } from './migration-error.ts';

const MANIFEST_03 = /^manifest\.(?:toml|ya?ml|json)$/i;

/**
 * The folder of a wrapper for 0.3, which may be named by its manifest.
 * @throws MigrationError if there is no such folder; failing I/O
 */
export async function oldFolderOf(path: string): Promise<string> {
  const folder = resolve(path);
  const info = await stat(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return undefined;
    throw error;
  });
  if (!info) throw new MigrationError(`there is no such folder: ${folder}`);
  if (info.isDirectory()) return folder;
  if (MANIFEST_03.test(basename(folder))) return dirname(folder);
  throw new MigrationError(`${folder} is a file; give the folder of a wrapper for StartOS 0.3, or its manifest`);
}

/**
 * The manifest for 0.3 in a folder.
 * @throws MigrationError if there is none, or it cannot be read
 */
export async function oldManifestIn(folder: string): Promise<{ file: string; reading: ManifestReading }> {
  const found = await findManifest(folder);
  const candidates = [found, found?.other].filter((candidate) => candidate !== undefined);
  const old = candidates.find(({ reading }) => reading?.generation === '0.3');
  const broken = (old ? [old] : candidates.filter(({ file }) => MANIFEST_03.test(basename(file)))).flatMap(problemOf);
  if (broken[0] !== undefined) throw new MigrationError(broken[0]);
  if (!old?.reading) throw new MigrationError(`${folder} holds no manifest for StartOS 0.3`);
  return { file: old.file, reading: old.reading };
}

/** Why a manifest is no text of its language, with its line. */
function problemOf({ file, modules }: FoundManifest): string[] {
  const { text, problems } = modules.manifest.text;
  const [broken] = problems.filter(({ code }) => code === 'manifest-json');
  return broken ? [`${file}:${positionOf(text, broken.span.start).line} cannot be read: ${broken.message}`] : [];
}
