import { fastestBlake3 } from '../engine/hash/fastest-blake3.ts';
import { ImageCache } from '../engine/image/cache/image-cache.ts';
import { IconCache } from '../engine/pack/dependencies/icon-cache.ts';
import { localized } from '../engine/package/manifest.ts';
import { type MadeOfFolder, packFolder } from '../manifest/wrapper/packing/pack-folder.ts';
import type { BuildWork } from './build-wrapper-images.ts';
import type { PackAnswer, PackRequest } from './protocol.ts';

/** Packs a wrapper for whichever StartOS it is for, and gives every finding its place in the sources. */
export async function packWrapper(request: PackRequest, work: BuildWork): Promise<PackAnswer> {
  const cache = ImageCache.ofUser(process.env);
  const iconCache = IconCache.ofUser(process.env);
  const { findings, manifestFile, made } = await packFolder({
    ...request,
    ...work,
    cache,
    iconCache,
    blake3: fastestBlake3(),
  });
  const named = made && nameOf(made);
  return {
    findings,
    ...(manifestFile && { manifestFile }),
    ...(made && named && { made: { path: made.package.path, size: made.package.size, ...named } }),
  };
}

function nameOf(made: MadeOfFolder): { title: string; version: string } | undefined {
  if (made.generation === '0.3') return { title: made.package.title, version: made.package.report.version ?? '' };
  const { manifest } = made.package.report;
  return manifest && { title: localized(manifest.title), version: manifest.version };
}
