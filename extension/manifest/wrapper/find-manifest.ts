import { readdir, stat } from 'node:fs/promises';
import { dirname, join, resolve, sep } from 'node:path';
import { isFile } from '../../engine/io/path-kind.ts';
import { isNothingThere } from '../../engine/io/system-errors.ts';
import { readText } from '../../engine/io/whole-file.ts';
import { parseJsonObject } from '../../engine/json/json-object.ts';
import { objectOf } from '../../engine/json/object-of.ts';
import { TYPESCRIPT_MANIFESTS } from '../../engine/pack/bundle/typescript-manifests.ts';
import { PLAIN_MANIFESTS } from '../detect.ts';
import { type ManifestReading, type ManifestSurroundings, readManifest } from '../lint-manifest.ts';
import { Modules, type ReadText } from '../meaning/modules.ts';
import { parseSdk, type Sdk } from '../rules-04/sdk.ts';
import type { ParseCache } from '../text/parse.ts';

/** The manifest of a wrapper's folder. */
export interface FoundManifest {
  readonly file: string;
  /** Undefined if the file holds no manifest that can be recognised. */
  readonly reading: ManifestReading | undefined;
  readonly modules: Modules;
  /** Manifests that nothing reads because `file` is there. */
  readonly shadowed: readonly string[];
  /** The manifest of the other generation, where a repository packs for both. */
  readonly other?: FoundManifest;
}

/**
 * Finds and reads a wrapper's manifest.
 * @throws the file system's error if a disk fails
 */
export async function findManifest(
  folder: string,
  read: ReadText = readText,
  cache?: ParseCache,
): Promise<FoundManifest | undefined> {
  const surroundings = await surroundingsOf(folder, read);
  let fallback: FoundManifest | undefined;
  let found: FoundManifest | undefined;
  let other: FoundManifest | undefined;
  const shadowed: string[] = [];
  for (const name of [...TYPESCRIPT_MANIFESTS, ...PLAIN_MANIFESTS]) {
    const file = join(folder, name);
    const modules = await Modules.load(file, read, cache);
    if (!modules) continue;
    const reading = readManifest(modules, surroundings);
    if (found) {
      if (found.reading?.generation === '0.3' && reading) shadowed.push(file);
      else if (found.reading?.usesSdk && reading?.generation === '0.3')
        other ??= { file, reading, modules, shadowed: [] };
    } else if (reading) found = { file, reading, modules, shadowed };
    else if (!TYPESCRIPT_MANIFESTS.slice(2).includes(name)) fallback ??= { file, reading, modules, shadowed };
  }
  return found ? { ...found, ...(other && { other }) } : fallback;
}

/** The folder of the wrapper that a path is in: the folder itself, or above one named `startos`. */
export async function wrapperFolderOf(path: string): Promise<string> {
  const absolute = resolve(path);
  const folder = (await stat(absolute)).isDirectory() ? absolute : dirname(absolute);
  const parts = folder.split(sep);
  const at = parts.lastIndexOf('startos');
  if (at <= 0 || (await isFile(join(folder, 'startos', 'manifest', 'index.ts')))) return folder;
  return parts.slice(0, at).join(sep) || sep;
}

/** What is around a manifest in its wrapper's folder. */
export async function surroundingsOf(folder: string, read: ReadText = readText): Promise<ManifestSurroundings> {
  return { neighbours: await namesIn(folder), sdk: await sdkOf(folder, read) };
}

/** The names in a folder; none if it is not there, or not for us to look into. */
async function namesIn(folder: string): Promise<string[]> {
  try {
    return await readdir(folder);
  } catch (error) {
    if (isNothingThere(error) || (error as NodeJS.ErrnoException).code === 'EACCES') return [];
    throw error;
  }
}

/** The SDK that is installed, else the one that package.json asks for. */
async function sdkOf(folder: string, read: ReadText): Promise<Sdk | undefined> {
  const installed = parseJsonObject(
    await read(join(folder, 'node_modules', '@start9labs', 'start-sdk', 'package.json')),
  );
  if (typeof installed?.['version'] === 'string') return parseSdk(installed['version']);
  const own = parseJsonObject(await read(join(folder, 'package.json')));
  for (const key of ['dependencies', 'devDependencies']) {
    const wanted = objectOf(own?.[key])['@start9labs/start-sdk'];
    if (typeof wanted === 'string') return parseSdk(wanted);
  }
  return undefined;
}
