import { compareManifests, comparePackages, type Difference } from '../../engine/browse/compare.ts';
import type { PackageBrowser, PackageNode } from '../../engine/browse/package-browser.ts';
import { PackageWalk } from '../../engine/browse/package-walk.ts';
import { weigh } from '../../engine/browse/weigh.ts';
import { BUDGET } from '../../engine/budget.ts';
import type { Work } from '../../engine/progress.ts';
import { lookInto } from '../packages/open-package.ts';
import type { Packages } from '../packages/packages.ts';
import type { Requests, SizedName } from '../protocol.ts';

/** What is told about all of a package: what differs from another, what is large, and what there is. */

type Params<K extends keyof Requests> = Requests[K]['params'];
type Answer<K extends keyof Requests> = Promise<Requests[K]['answer']>;

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
  const walks = { before: new PackageWalk(signal), after: new PackageWalk(signal) };
  const findings = () => [...walks.before.found.all(), ...walks.after.found.all()];
  for await (const difference of comparePackages(old, fresh, walks)) {
    if (files.length >= BUDGET.shownDifferences) return { manifest, files, isCut: true, findings: findings() };
    files.push(difference);
  }
  return { manifest, files, isCut: false, findings: findings() };
}

/** Parts that a map shows: more are too small to be seen. */
const SHOWN_PARTS = 80;

export function weighIn(packages: Packages, { file, path }: Params<'weigh'>, { signal }: Work): Answer<'weigh'> {
  return browse(packages, file, async (browser) => weigh(browser, await browser.nodeAt(path), SHOWN_PARTS, signal));
}

/** Every file of a package and of its images, by path; of damaged images what can be listed. */
export function pathsIn(packages: Packages, { file }: Params<'paths'>, { signal }: Work): Answer<'paths'> {
  return browse(packages, file, async (browser) => {
    // What cannot be read offers nothing to choose from.
    const walk = new PackageWalk(signal);
    const paths: SizedName[] = [];
    const list = async (node: PackageNode): Promise<void> => {
      for await (const child of walk.below(browser, node)) {
        if (paths.length >= BUDGET.shownPaths) return;
        if (child.isImage) await list(child);
        else if (child.kind === 'file') paths.push({ path: child.path, size: child.size });
      }
    };
    await list(browser.root);
    return { paths, isCut: paths.length >= BUDGET.shownPaths };
  });
}
