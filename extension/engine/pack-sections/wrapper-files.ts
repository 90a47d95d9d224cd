import { join, resolve } from 'node:path';
import { ARCHITECTURES_03 } from '../docker-images/images-section.ts';
import { isFile, isFolder } from '../io/path-kind.ts';
import { isObject, type JsonObject } from '../package/json.ts';

/** Where a file or folder is that the manifest names, or by default has a name (s9pk-v1 section 3.3). Absolute. */
export function assetPath(folder: string, manifest: JsonObject, key: string, fallback: string): string {
  const assets = manifest.get('assets');
  const given = isObject(assets) ? assets.get(key) : undefined;
  return resolve(folder, typeof given === 'string' ? given : fallback);
}

/** The archives of images that can be built: of what is wanted, else of what is there or the hardware needs, else all. */
export async function archivesToBuild(
  folder: string,
  manifest: JsonObject,
  wantedArch: readonly string[],
): Promise<{ arch: string; path: string }[]> {
  const path = assetPath(folder, manifest, 'docker-images', 'docker-images');
  const needs = manifest.get('hardware-requirements');
  const said = isObject(needs) ? needs.get('arch') : undefined;
  const allowed = ARCHITECTURES_03.filter((arch) => !Array.isArray(said) || said.includes(arch));
  const wanted = ARCHITECTURES_03.filter((arch) => wantedArch.includes(arch));
  if (path.endsWith('.tar') && !(await isFolder(path))) {
    const arch = wanted[0] ?? allowed.at(-1) ?? 'x86_64';
    return [{ arch, path }];
  }
  const named = (list: readonly string[]) => list.map((arch) => ({ arch, path: join(path, `${arch}.tar`) }));
  if (wanted.length > 0) return named(wanted);
  const there: string[] = [];
  for (const arch of ARCHITECTURES_03) if (await isFile(join(path, `${arch}.tar`))) there.push(arch);
  return named(there.length > 0 ? there : allowed);
}
