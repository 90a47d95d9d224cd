import type { PackageNode } from '../../engine/browse/package-browser.ts';
import { PackageWalk } from '../../engine/browse/package-walk.ts';
import { BUDGET } from '../../engine/budget.ts';
import { readAll } from '../../engine/io/byte-source.ts';
import type { Work } from '../../engine/progress.ts';
import { inOpenedPackage } from '../packages/opened-packages.ts';
import type { Packages } from '../packages/packages.ts';
import type { ListAnswer, ListRequest, LookRequest, ReadAnswer, StatAnswer } from '../protocol.ts';

/** What is at a path. */
export function statInPackage(packages: Packages, { file, path }: LookRequest): Promise<StatAnswer> {
  return inOpenedPackage(packages, file, async (browser) => {
    const node = await browser.follow(path);
    return node ? { node } : {};
  });
}

/** What is at a path, and a page of what is in that. */
export function listInPackage(
  packages: Packages,
  { file, path, from = 0, count = BUDGET.pageOfNames }: ListRequest,
  { signal }: Work,
): Promise<ListAnswer> {
  return inOpenedPackage(packages, file, async (browser) => {
    const node = await browser.follow(path);
    const children: PackageNode[] = [];
    if (!node) return { children, isCut: false, findings: [] };
    const walk = new PackageWalk(signal);
    for await (const child of browser.list(node, walk, from)) {
      if (children.length >= count) return { node, children, isCut: true, findings: walk.found.all() };
      children.push(child);
    }
    return { node, children, isCut: false, findings: walk.found.all() };
  });
}

/** The bytes of a file, after the package's file that they are in was checked. */
export function readInPackage(packages: Packages, { file, path }: LookRequest): Promise<ReadAnswer> {
  return inOpenedPackage(packages, file, async (browser) => {
    const node = await browser.follow(path);
    const content = node && (await browser.content(node));
    if (!content) throw new Error(`${path} is not a file of the package`);
    if (content.size > BUDGET.editorBytes) throw new Error(`${path} is too large for an editor; extract it instead`);
    // A part of a package in memory would be sent with all of it.
    return { bytes: (await readAll(content, BUDGET.editorBytes)).slice() };
  });
}
