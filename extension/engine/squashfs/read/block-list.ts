import { DATA_UNCOMPRESSED } from '../format.ts';
import type { Inode } from './inode-reader.ts';
import type { MetadataCursor, MetadataPlace } from './metadata-reader.ts';

/** Block sizes that are read at once: what one metadata block holds. */
const PAGE = 2048;

interface Page {
  readonly index: number;
  /** Sizes on disk, with their flags. */
  readonly sizes: DataView;
  /** Where the first block of the page is in the image. */
  readonly start: number;
}

/** Where a page's sizes stand, and where its first block is. */
interface Mark extends MetadataPlace {
  readonly start: number;
}

/** A block on disk: its position, and its size with the flag for uncompressed blocks; a hole has size 0. */
export interface StoredBlock {
  readonly position: number;
  readonly size: number;
}

/**
 * The sizes of a file's blocks, a page at a time and only as far as somebody reads: a list may claim millions of blocks, and
 * names in a folder may all be one such file.
 */
export class BlockList {
  private readonly count: number;
  private readonly at: (place: MetadataPlace) => MetadataCursor;
  private readonly marks: Mark[];
  private page: Page | undefined;

  constructor(file: Extract<Inode, { kind: 'file' }>, at: (place: MetadataPlace) => MetadataCursor) {
    this.count = file.blockCount;
    this.at = at;
    this.marks = [{ ...file.blockList, start: file.start }];
  }

  async block(index: number): Promise<StoredBlock> {
    const page = await this.pageAt(Math.floor(index / PAGE));
    let position = page.start;
    const within = index % PAGE;
    for (let before = 0; before < within; before++) position += sizeOnDisk(page.sizes, before);
    return { position, size: page.sizes.getUint32(within * 4, true) };
  }

  /** The first block from `index` on that is no hole; the number of blocks if there is none. */
  async nextData(index: number): Promise<number> {
    for (let at = index; at < this.count; ) {
      const { sizes } = await this.pageAt(Math.floor(at / PAGE));
      for (let within = at % PAGE; within * 4 < sizes.byteLength; within++, at++)
        if (sizes.getUint32(within * 4, true) !== 0) return at;
    }
    return this.count;
  }

  private async pageAt(index: number): Promise<Page> {
    if (this.page?.index === index) return this.page;
    for (let known = this.marks.length - 1; known < index; known++) await this.read(known);
    return this.read(index);
  }

  private async read(index: number): Promise<Page> {
    const mark = this.marks[index];
    if (!mark) throw new RangeError(`page ${index} comes after one that was not read`);
    const cursor = this.at(mark);
    const sizes = await cursor.take(Math.min(PAGE, this.count - index * PAGE) * 4);
    let { start } = mark;
    for (let at = 0; at * 4 < sizes.byteLength; at++) start += sizeOnDisk(sizes, at);
    this.marks[index + 1] = { ...cursor.place(), start };
    this.page = { index, sizes, start: mark.start };
    return this.page;
  }
}

function sizeOnDisk(sizes: DataView, index: number): number {
  return sizes.getUint32(index * 4, true) & (DATA_UNCOMPRESSED - 1);
}
