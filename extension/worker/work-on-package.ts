import { compareManifests, comparePackages, type Difference } from '../engine/browse/compare.ts';
import { extract } from '../engine/browse/extract.ts';
import { findLargest } from '../engine/browse/largest.ts';
import { PackageBrowser, type PackageNode } from '../engine/browse/package-browser.ts';
import { convertPackage } from '../engine/edit/convert-package.ts';
import { editPackage } from '../engine/edit/edit-package.ts';
import { FindingError } from '../engine/finding.ts';
import { fastestBlake3 } from '../engine/hash/fastest-blake3.ts';
import { exportImage } from '../engine/image/export-image.ts';
import { FileSource } from '../engine/io/file-source.ts';
import { sourceDateEpoch } from '../engine/pack/source-date-epoch.ts';
import { toJsonValue } from '../engine/package/json.ts';
import type { Work } from '../engine/progress.ts';
import type { Requests, SizedName } from './protocol.ts';

/** What is done with a package that is opened for it alone: comparing, extracting, editing. */

type Params<K extends keyof Requests> = Requests[K]['params'];
type Answer<K extends keyof Requests> = Promise<Requests[K]['answer']>;

/** Differences that are shown; two packages with more have little in common. */
const MAX_DIFFERENCES = 20_000;

async function browse<T>(file: string, use: (browser: PackageBrowser) => Promise<T>): Promise<T> {
  await using source = await FileSource.open(file);
  return await use(await PackageBrowser.open(source, fastestBlake3()));
}

export function compare({ before, after }: Params<'compare'>, { signal }: Work): Answer<'compare'> {
  return browse(before, (old) =>
    browse(after, async (fresh) => {
      const manifest = await compareManifests(old, fresh);
      const files: Difference[] = [];
      for await (const difference of comparePackages(old, fresh, signal)) {
        if (files.length >= MAX_DIFFERENCES) return { manifest, files, isCut: true };
        files.push(difference);
      }
      return { manifest, files, isCut: false };
    }),
  );
}

export function extractFrom({ file, path, output, intoImage }: Params<'extract'>, work: Work): Answer<'extract'> {
  return browse(file, async (browser) => {
    return extract(browser, await browser.nodeAt(path), output, { ...work, intoImage });
  });
}

export function largestIn({ file, path }: Params<'largest'>, { signal }: Work): Answer<'largest'> {
  return browse(file, async (browser) => findLargest(browser, await browser.nodeAt(path), 40, signal));
}

/** Files that can be chosen from; a list of more helps nobody. */
const MAX_PATHS = 100_000;

function ignoreDamage(error: unknown): void {
  if (!(error instanceof FindingError)) throw error;
}

/** Every file of a package and of its images, by path; of damaged images what can be listed. */
export function pathsIn({ file }: Params<'paths'>, { signal }: Work): Answer<'paths'> {
  return browse(file, async (browser) => {
    const paths: SizedName[] = [];
    const list = async (node: PackageNode): Promise<void> => {
      for await (const child of browser.walk(node, false)) {
        signal?.throwIfAborted();
        if (paths.length >= MAX_PATHS) return;
        if (child.isImage) await list(child).catch(ignoreDamage);
        else if (child.kind === 'file') paths.push({ path: child.path, size: child.size });
      }
    };
    await list(browser.root);
    return { paths, isCut: paths.length >= MAX_PATHS };
  });
}

export async function edit({ changes, ...request }: Params<'edit'>, work: Work): Answer<'edit'> {
  const { findings, made } = await editPackage({
    ...request,
    ...work,
    changes: changes.map(({ path, value }) => ({ path, ...(value !== undefined && { value: toJsonValue(value) }) })),
    mtime: sourceDateEpoch(process.env),
    blake3: fastestBlake3(),
  });
  return { findings, ...(made && { made: { path: made.path, size: made.size } }) };
}

export function convert(request: Params<'convert'>, work: Work): Answer<'convert'> {
  return convertPackage({ ...request, ...work, blake3: fastestBlake3() });
}

export function exportFrom({ file, ...request }: Params<'exportImage'>, work: Work): Answer<'exportImage'> {
  return browse(file, async (browser) => ({ leftOut: await exportImage(browser, { ...request, ...work }) }));
}
