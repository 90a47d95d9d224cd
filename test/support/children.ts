import type { PackageBrowser, PackageNode } from '../../extension/engine/browse/package-browser.ts';
import { PackageWalk } from '../../extension/engine/browse/package-walk.ts';

/** All that is in a folder or an image at once. */
export async function childrenOf(browser: PackageBrowser, node: PackageNode): Promise<PackageNode[]> {
  const children: PackageNode[] = [];
  for await (const child of browser.list(node, new PackageWalk())) children.push(child);
  return children;
}
