import { resolve } from 'node:path';
import { buildArchives } from '../../../engine/docker-images/build-archives.ts';
import { FindingError, hasErrors } from '../../../engine/finding.ts';
import { readText } from '../../../engine/io/whole-file.ts';
import {
  type BuildImagesOptions,
  type BuildImagesResult,
  buildImages,
} from '../../../engine/pack/images/build-images.ts';
import { archivesToBuild } from '../../../engine/pack-sections/wrapper-files.ts';
import { isObject } from '../../../engine/package/json.ts';
import { dataOf, lintManifest } from '../../lint-manifest.ts';
import { locateFindings } from '../../meaning/locate.ts';
import { toJson } from '../../meaning/plain-value.ts';
import { examineManifest03 } from '../../rules-03/examine.ts';
import { findManifest } from '../find-manifest.ts';

/** Builds images of a wrapper for whichever StartOS it is for; every finding has its place in the sources. */
export async function buildFolderImages(options: BuildImagesOptions): Promise<BuildImagesResult> {
  const found = await findManifest(resolve(options.folder));
  if (found?.reading?.generation === '0.3') {
    const own = lintManifest(found.reading);
    if (hasErrors(own)) return { findings: own, manifestFile: found.file, built: [] };
    const result = await build03(options, toJson(dataOf(found.reading)));
    return {
      built: result.built,
      manifestFile: found.file,
      findings: await locateFindings(result.findings, found.file, readText),
    };
  }
  const { findings, manifestFile, built } = await buildImages(options);
  return {
    built,
    ...(manifestFile && { manifestFile }),
    findings: manifestFile ? await locateFindings(findings, manifestFile, readText) : findings,
  };
}

/** The archives of images of a wrapper for StartOS 0.3: each holds all images for one architecture. */
async function build03(
  options: BuildImagesOptions,
  manifest: ReturnType<typeof toJson>,
): Promise<Pick<BuildImagesResult, 'findings' | 'built'>> {
  if (!isObject(manifest)) return { findings: [], built: [] };
  const folder = resolve(options.folder);
  const images = [...examineManifest03(manifest).images.keys()];
  try {
    const { built, findings } = await buildArchives({
      ...options,
      folder,
      id: String(manifest.get('id')),
      version: String(manifest.get('version')),
      images,
      archives: await archivesToBuild(folder, manifest, options.arch),
      isForced: true,
    });
    return { findings, built: built.map(({ arch, size }) => ({ id: images.join(', '), arch, size })) };
  } catch (error) {
    if (!(error instanceof FindingError)) throw error;
    return { findings: error.findings, built: [] };
  }
}
