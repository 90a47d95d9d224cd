import { type DirectoryNode, type FsNode, sortedChildren } from '../node.ts';
import { SquashfsError } from '../squashfs-error.ts';
import type { MetadataPosition } from './metadata-writer.ts';

/**
 * The inodes of a tree: their numbers from 1 on, how many names each has, and where each stands once it is written. What is kept of
 * one is some numbers in lists, since a tree may have a million.
 */
export class InodeNumbers {
  private readonly numbers = new Map<FsNode, number>();
  /** By number; 0 is none. */
  private readonly links: number[] = [0];
  /** By number. */
  private readonly blocks: Float64Array;
  private readonly offsets: Uint16Array;

  /**
   * Numbers a tree level by level: a directory's own entries by name, later what is in its directories. Entries of one directory get
   * neighbouring numbers, which keeps runs long.
   * @throws SquashfsError if a directory has two names
   */
  constructor(root: DirectoryNode) {
    this.add(root);
    const queue: DirectoryNode[] = [root];
    for (const directory of queue) {
      for (const [, child] of sortedChildren(directory)) {
        const known = this.numbers.get(child);
        if (known !== undefined) {
          if (child.kind === 'directory') throw new SquashfsError('a directory stands under two names');
          this.addLink(known);
          continue;
        }
        this.add(child);
        if (child.kind !== 'directory') continue;
        queue.push(child);
        // By its "..".
        this.addLink(this.of(directory));
      }
    }
    this.blocks = new Float64Array(this.links.length).fill(Number.NaN);
    this.offsets = new Uint16Array(this.links.length);
  }

  /** How many inodes there are. */
  get size(): number {
    return this.links.length - 1;
  }

  of(node: FsNode): number {
    const number = this.numbers.get(node);
    if (number === undefined) throw new Error('a node is not part of the tree');
    return number;
  }

  /** How many names the inode has; for directories, 2 plus the directories in it. */
  linksOf(number: number): number {
    return this.links[number] ?? 0;
  }

  /** Where the inode stands in its table; undefined as long as it is not written. */
  positionOf(number: number): MetadataPosition | undefined {
    const block = this.blocks[number] ?? Number.NaN;
    return Number.isNaN(block) ? undefined : { block, offset: this.offsets[number] ?? 0 };
  }

  setPosition(number: number, { block, offset }: MetadataPosition): void {
    this.blocks[number] = block;
    this.offsets[number] = offset;
  }

  private add(node: FsNode): void {
    this.numbers.set(node, this.links.length);
    this.links.push(node.kind === 'directory' ? 2 : 1);
  }

  private addLink(number: number): void {
    this.links[number] = this.linksOf(number) + 1;
  }
}
