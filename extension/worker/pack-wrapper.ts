import { fastestBlake3 } from '../engine/hash/fastest-blake3.ts';
import { ImageCache } from '../engine/image/image-cache.ts';
import { readText } from '../engine/io/read-text.ts';
import { IconCache } from '../engine/pack/icon-cache.ts';
import { pack } from '../engine/pack/pack.ts';
import { localized } from '../engine/package/manifest.ts';
import { locateFindings } from '../manifest/locate.ts';
import { textFindings } from '../manifest/wrapper/for-packing.ts';
import type { BuildWork } from './build-wrapper-images.ts';
import type { PackAnswer, PackRequest } from './protocol.ts';

/** Packs a wrapper and gives every finding its place in the sources. */
export async function packWrapper(request: PackRequest, work: BuildWork): Promise<PackAnswer> {
  const cache = ImageCache.ofUser(process.env);
  const iconCache = IconCache.ofUser(process.env);
  const result = await pack({ ...request, ...work, cache, iconCache, blake3: fastestBlake3() });
  const { made, manifestFile } = result;
  const placed = manifestFile ? await locateFindings(result.findings, manifestFile, readText) : result.findings;
  const findings = [...placed, ...(await textFindings(request.folder))];
  const manifest = made?.report.manifest;
  return {
    findings,
    ...(manifestFile && { manifestFile }),
    ...(made &&
      manifest && {
        made: { path: made.path, size: made.size, title: localized(manifest.title), version: manifest.version },
      }),
  };
}
