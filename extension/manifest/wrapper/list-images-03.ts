import { resolve } from 'node:path';
import { type ArchiveState, archiveState } from '../../engine/docker-images/build-archives.ts';
import { recipeOf } from '../../engine/docker-images/build-inputs.ts';
import { type Finding, hasErrors } from '../../engine/finding.ts';
import { pathInside } from '../../engine/io/path-inside.ts';
import { archivesToBuild } from '../../engine/pack-sections/wrapper-files.ts';
import { isObject } from '../../engine/package/json.ts';
import { dataOf, lintManifest } from '../lint-manifest.ts';
import { toJson } from '../meaning/plain-value.ts';
import { examineManifest03 } from '../rules-03/examine.ts';
import { findManifest } from './find-manifest.ts';

/** An image of a wrapper for StartOS 0.3. */
export interface ListedImage03 {
  readonly id: string;
  /** Under which devices start it. */
  readonly tag: string;
  /** What it is built from, relative to the wrapper; null if there is nothing. */
  readonly dockerfile: string | null;
  /** The archives that hold it, or will once they are built. */
  readonly archives: readonly { readonly arch: string; readonly path: string; readonly state: ArchiveState }[];
}

/**
 * The images that the procedures of a wrapper for StartOS 0.3 run, and the archives they are in. Nothing is built or run.
 * @returns undefined if the wrapper is for another StartOS
 */
export async function listImages03(
  folder: string,
  options: { readonly ids: readonly string[]; readonly arch: readonly string[] },
): Promise<{ images: ListedImage03[]; findings: readonly Finding[] } | undefined> {
  const found = await findManifest(resolve(folder));
  if (found?.reading?.generation !== '0.3') return undefined;
  const findings = lintManifest(found.reading);
  const manifest = toJson(dataOf(found.reading));
  if (!isObject(manifest) || hasErrors(findings)) return { images: [], findings };
  const { images: used } = examineManifest03(manifest);
  const ids = [...used.keys()];
  const own = { id: String(manifest.get('id')), version: String(manifest.get('version')) };
  const archives = await archivesToBuild(folder, manifest, options.arch);
  const images: ListedImage03[] = [];
  for (const id of ids) {
    if (options.ids.length > 0 && !options.ids.includes(id)) continue;
    const recipe = await recipeOf(folder, id, ids.length === 1);
    const states = archives.map(async (archive) => ({
      arch: archive.arch,
      path: pathInside(folder, archive.path),
      state: await archiveState(archive, recipe ? [recipe] : [], { ...own, images: [id] }),
    }));
    images.push({
      id,
      tag: `start9/${own.id}/${id}:${own.version}`,
      dockerfile: recipe ? pathInside(folder, recipe.dockerfile) : null,
      archives: await Promise.all(states),
    });
  }
  return { images, findings };
}
