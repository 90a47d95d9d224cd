import type { Finding } from '../finding.ts';
import type { PackageBrowser, PackageNode } from './package-browser.ts';
import { PackageWalk } from './package-walk.ts';

export interface SizedPath {
  readonly path: string;
  /** Bytes of the file, or of all files below the folder; uncompressed inside images. */
  readonly size: number;
  /** Files below a folder; 1 for a file. */
  readonly files: number;
}

export interface Largest {
  readonly total: number;
  readonly files: number;
  /** Bytes that the image takes in the package, compressed. */
  readonly packed?: number;
  readonly folders: readonly SizedPath[];
  readonly largestFiles: readonly SizedPath[];
  /** What could not be looked into. */
  readonly findings: readonly Finding[];
}

/** What takes most room in a package or in an image in it: folders with all that is below them, and single files. */
export async function findLargest(
  browser: PackageBrowser,
  node: PackageNode,
  count: number,
  signal?: AbortSignal,
): Promise<Largest> {
  const folders = new Map<string, { size: number; files: number }>([[node.path, { size: 0, files: 0 }]]);
  let files: SizedPath[] = [];
  const walk = new PackageWalk(signal);
  for await (const { path, kind, size } of walk.below(browser, node)) {
    if (kind === 'directory') folders.set(path, { size: 0, files: 0 });
    if (kind !== 'file') continue;
    files.push({ path, size, files: 1 });
    if (files.length > KEPT_FILES) files = largest(files, count);
    for (let above = parentOf(path); ; above = parentOf(above)) {
      const sums = folders.get(above);
      if (sums) {
        sums.size += size;
        sums.files++;
      }
      if (above === node.path || above === '') break;
    }
  }
  const total = folders.get(node.path) ?? { size: 0, files: 0 };
  folders.delete(node.path);
  return {
    total: total.size,
    files: total.files,
    ...(node.isImage && { packed: node.size }),
    folders: largest(
      [...folders].map(([path, sums]) => ({ path, ...sums })),
      count,
    ),
    largestFiles: largest(files, count),
    findings: walk.found.all(),
  };
}

/** So many are in memory before the small ones are forgotten. */
const KEPT_FILES = 10_000;

function parentOf(path: string): string {
  return path.slice(0, Math.max(path.lastIndexOf('/'), 0));
}

function largest(paths: readonly SizedPath[], count: number): SizedPath[] {
  return [...paths].sort((a, b) => b.size - a.size || (a.path < b.path ? -1 : 1)).slice(0, count);
}
