import { compareManifests, comparePackages, type Difference } from '../engine/browse/compare.ts';
import { findLargest } from '../engine/browse/largest.ts';
import type { PackageBrowser, PackageNode } from '../engine/browse/package-browser.ts';
import { FindingError } from '../engine/finding.ts';
import type { Work } from '../engine/progress.ts';
import { lookInto } from './open-package.ts';
import type { Packages } from './packages.ts';
import type { Requests, SizedName } from './protocol.ts';

/** What is told about all of a package: what differs from another, what is large, and what there is. */

type Params<K extends keyof Requests> = Requests[K]['params'];
type Answer<K extends keyof Requests> = Promise<Requests[K]['answer']>;

/** Differences that are shown; two packages with more have little in common. */
const MAX_DIFFERENCES = 20_000;

/** Does something with a package that is opened for it alone. */
export async function browse<T>(
  packages: Packages,
  file: string,
  use: (browser: PackageBrowser) => Promise<T>,
): Promise<T> {
  await using opened = await lookInto(packages, file);
  return await use(opened.browser);
}

export async function compare(
  packages: Packages,
  { before, after }: Params<'compare'>,
  { signal }: Work,
): Answer<'compare'> {
  // Both are opened at once, before anything is read: what was handed over may be dropped meanwhile.
  const opening = [lookInto(packages, before), lookInto(packages, after)] as const;
  await Promise.allSettled(opening);
  await using oldPackage = await opening[0];
  await using freshPackage = await opening[1];
  const [old, fresh] = [oldPackage.browser, freshPackage.browser];
  const manifest = await compareManifests(old, fresh);
  const files: Difference[] = [];
  for await (const difference of comparePackages(old, fresh, signal)) {
    if (files.length >= MAX_DIFFERENCES) return { manifest, files, isCut: true };
    files.push(difference);
  }
  return { manifest, files, isCut: false };
}

export function largestIn(packages: Packages, { file, path }: Params<'largest'>, { signal }: Work): Answer<'largest'> {
  return browse(packages, file, async (browser) => findLargest(browser, await browser.nodeAt(path), 40, signal));
}

/** Files that can be chosen from; a list of more helps nobody. */
const MAX_PATHS = 100_000;

function ignoreDamage(error: unknown): void {
  if (!(error instanceof FindingError)) throw error;
}

/** Every file of a package and of its images, by path; of damaged images what can be listed. */
export function pathsIn(packages: Packages, { file }: Params<'paths'>, { signal }: Work): Answer<'paths'> {
  return browse(packages, file, async (browser) => {
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
