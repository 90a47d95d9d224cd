import { exportImage } from '../engine/browse/export-image.ts';
import { extract } from '../engine/browse/extract.ts';
import { convertSections } from '../engine/convert/convert-sections.ts';
import { editEither } from '../engine/edit/edit-either.ts';
import { reorderPackage } from '../engine/edit/reorder-package.ts';
import { fastestBlake3 } from '../engine/hash/fastest-blake3.ts';
import { ImageCache } from '../engine/image/cache/image-cache.ts';
import { sourceDateEpoch } from '../engine/pack/source-date-epoch.ts';
import { toJsonValue } from '../engine/package/json.ts';
import { localized } from '../engine/package/manifest.ts';
import type { Work } from '../engine/progress.ts';
import { examineManifest03 } from '../manifest/rules-03/examine.ts';
import { browse } from './look/survey-package.ts';
import { packagesOnDisk } from './packages/packages-on-disk.ts';
import type { Requests } from './protocol.ts';

/** What is made of a package on the disk: a folder, a changed package, an image. */

type Params<K extends keyof Requests> = Requests[K]['params'];
type Answer<K extends keyof Requests> = Promise<Requests[K]['answer']>;

export function extractFrom({ file, path, output, intoImage }: Params<'extract'>, work: Work): Answer<'extract'> {
  return browse(packagesOnDisk, file, async (browser) => {
    return extract(browser, await browser.nodeAt(path), output, { ...work, intoImage });
  });
}

export async function edit({ changes, ...request }: Params<'edit'>, work: Work): Answer<'edit'> {
  const { findings, made } = await editEither({
    ...request,
    ...work,
    changes: changes.map(({ path, value }) => ({ path, ...(value !== undefined && { value: toJsonValue(value) }) })),
    mtime: sourceDateEpoch(process.env),
    blake3: fastestBlake3(),
    examine: examineManifest03,
  });
  return { findings, ...(made && { made: { path: made.package.path, size: made.package.size } }) };
}

export function convert(request: Params<'convert'>, work: Work): Answer<'convert'> {
  return reorderPackage({ ...request, ...work, blake3: fastestBlake3() });
}

export async function convertOld(request: Params<'convertSections'>, work: Work): Answer<'convertSections'> {
  const { findings, changes, made } = await convertSections({
    ...request,
    ...work,
    cache: ImageCache.ofUser(process.env),
    mtime: sourceDateEpoch(process.env),
    blake3: fastestBlake3(),
  });
  const manifest = made?.report.manifest;
  const answer = { findings, changes: changes.length };
  if (!made || !manifest) return answer;
  const named = { title: localized(manifest.title), version: manifest.version };
  return { ...answer, made: { path: made.path, size: made.size, ...named } };
}

export function exportFrom({ file, ...request }: Params<'exportImage'>, work: Work): Answer<'exportImage'> {
  return browse(packagesOnDisk, file, async (browser) => ({
    leftOut: await exportImage(browser, { ...request, ...work }),
  }));
}
