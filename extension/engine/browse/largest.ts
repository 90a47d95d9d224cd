import type { PackageBrowser, PackageNode } from './package-browser.ts';

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
}

/** What takes most room in a package or in an image in it: folders with all that is below them, and single files. */
export async function findLargest(
  browser: PackageBrowser,
  node: PackageNode,
  count: number,
  signal?: AbortSignal,
): Promise<Largest> {
  const folders: SizedPath[] = [];
  let files: SizedPath[] = [];
  const visit = async (folder: PackageNode): Promise<{ size: number; files: number }> => {
    signal?.throwIfAborted();
    const sum = { size: 0, files: 0 };
    for (const child of await browser.children(folder)) {
      const own = child.kind === 'directory' ? await visit(child) : undefined;
      sum.size += own?.size ?? child.size;
      sum.files += own?.files ?? (child.kind === 'file' ? 1 : 0);
      if (own) folders.push({ path: child.path, ...own });
      else if (child.kind === 'file') files.push({ path: child.path, size: child.size, files: 1 });
    }
    if (files.length > 10_000) files = largest(files, count);
    return sum;
  };
  const total = await visit(node);
  return {
    total: total.size,
    files: total.files,
    ...(node.isImage && { packed: node.size }),
    folders: largest(folders, count),
    largestFiles: largest(files, count),
  };
}

function largest(paths: readonly SizedPath[], count: number): SizedPath[] {
  return [...paths].sort((a, b) => b.size - a.size || (a.path < b.path ? -1 : 1)).slice(0, count);
}
