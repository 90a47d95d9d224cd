import type { Finding } from '../finding.ts';
import type { PackageBrowser, PackageNode } from './package-browser.ts';
import { PackageWalk } from './package-walk.ts';

/** A file, or a folder with all that is in it. */
export interface Weight {
  readonly path: string;
  readonly name: string;
  /** Bytes; uncompressed inside images. */
  readonly size: number;
  /** Files below a folder; 1 for a file. */
  readonly files: number;
  /** What there is to look into: a folder, or an image. */
  readonly kind: 'file' | 'folder' | 'image';
}

/** What something in a package consists of, and how much each part takes. */
export interface Weighed {
  readonly total: number;
  readonly files: number;
  /** Bytes that an image takes in the package, compressed. */
  readonly packed?: number;
  /** The largest first. */
  readonly parts: readonly Weight[];
  /** Parts that are not listed, because they are small. */
  readonly others: { readonly count: number; readonly size: number };
  /** What could not be looked into. */
  readonly findings: readonly Finding[];
}

/** So many parts are in memory before the small ones are forgotten. */
const KEPT_PARTS = 10_000;

/**
 * Weighs what is in a folder or an image, each folder with all that is below it. Of a whole package that is every file of it, in
 * whatever folder: its images are what takes room, and they are entered on their own.
 * @param count parts that are listed
 */
export async function weigh(
  browser: PackageBrowser,
  node: PackageNode,
  count: number,
  signal?: AbortSignal,
): Promise<Weighed> {
  const walk = new PackageWalk(signal);
  const parts = new LargestParts(count);
  const isPackage = node === browser.root;
  for await (const child of isPackage ? walk.below(browser, node) : walk.folder(browser, node)) {
    if (child.kind === 'file') parts.add(weightOf(child, child.size, 1));
    else if (child.kind === 'directory' && !isPackage) {
      const { size, files } = await sumBelow(browser, child, walk);
      parts.add(weightOf(child, size, files));
    }
  }
  return {
    ...parts.summary(),
    ...(node.isImage && { packed: node.size }),
    findings: walk.found.all(),
  };
}

/** Bytes and number of all files below a folder. */
export async function sumBelow(
  browser: PackageBrowser,
  folder: PackageNode,
  walk: PackageWalk,
): Promise<{ size: number; files: number }> {
  const sum = { size: 0, files: 0 };
  for await (const { kind, size } of walk.below(browser, folder)) {
    if (kind !== 'file') continue;
    sum.size += size;
    sum.files++;
  }
  return sum;
}

function weightOf({ path, name, kind, isImage }: PackageNode, size: number, files: number): Weight {
  const plain = kind === 'directory' ? 'folder' : 'file';
  return { path, name, size, files, kind: isImage ? 'image' : plain };
}

/** Keeps the largest of however many parts. */
class LargestParts {
  private readonly count: number;
  private kept: Weight[] = [];
  private total = 0;
  private files = 0;
  private seen = 0;

  constructor(count: number) {
    this.count = count;
  }

  add(part: Weight): void {
    this.total += part.size;
    this.files += part.files;
    this.seen++;
    this.kept.push(part);
    if (this.kept.length > KEPT_PARTS) this.forgetSmall();
  }

  summary(): Pick<Weighed, 'total' | 'files' | 'parts' | 'others'> {
    this.forgetSmall();
    const shown = this.kept.reduce((sum, { size }) => sum + size, 0);
    const others = { count: this.seen - this.kept.length, size: this.total - shown };
    return { total: this.total, files: this.files, parts: this.kept, others };
  }

  private forgetSmall(): void {
    this.kept = this.kept.toSorted((a, b) => b.size - a.size || (a.path < b.path ? -1 : 1)).slice(0, this.count);
  }
}
