import { unsafeNameReason } from '../../archive/names.ts';
import { BUDGET } from '../../budget.ts';
import { decodeName } from '../../byte-names.ts';
import { compareBytes, toBytes } from '../../bytes.ts';
import { type ByteSource, SliceSource } from '../../io/byte-source.ts';
import { takeTurns } from '../../turns/take-turns.ts';
import { type DecompressBlock, decompressorOf } from '../codec/decompress.ts';
import { FLAG, MAX_HEADER_ENTRIES, NO_TABLE, NO_XATTRS, SUPERBLOCK_SIZE, XZ_FILTERS } from '../format.ts';
import { SquashfsError } from '../squashfs-error.ts';
import { parseSuperblock, type Superblock } from '../superblock.ts';
import { FileContent } from './file-content.ts';
import { type Inode, readInode } from './inode-reader.ts';
import { MetadataReader } from './metadata-reader.ts';
import { XattrReader } from './xattr-reader.ts';

/** A name in a directory and where its inode is. */
export interface ImageEntry {
  readonly name: string;
  readonly inode: InodeReference;
}

/** Position of an inode: block relative to the inode table, offset in the uncompressed block. */
export interface InodeReference {
  readonly block: number;
  readonly offset: number;
}

/**
 * A squashfs 4 image, read lazily: opening reads the superblock, a directory reads its own listing, a file the blocks
 * that are asked for. Everything is checked against the image's own bounds, so a hostile image gives an error, not a
 * loop or a flood.
 */
export class SquashfsImage {
  readonly superblock: Superblock;
  private readonly metadata: MetadataReader;
  private readonly decompress: DecompressBlock;
  private readonly source: ByteSource;

  private constructor(source: ByteSource, superblock: Superblock) {
    this.source = source;
    this.superblock = superblock;
    this.decompress = decompressorOf(superblock.compressor);
    this.metadata = new MetadataReader(source, this.decompress);
  }

  /** @throws SquashfsError if it is no squashfs 4 image, is cut short, or has a compressor that is not supported. */
  static async open(source: ByteSource): Promise<SquashfsImage> {
    const superblock = parseSuperblock(await source.read(0, SUPERBLOCK_SIZE));
    if (!superblock) throw new SquashfsError('this is not a squashfs 4 image');
    const { blockSize, bytesUsed } = superblock;
    if (blockSize < 4096 || blockSize > 1 << 20 || (blockSize & (blockSize - 1)) !== 0) {
      throw new SquashfsError(`${blockSize} is not a block size of squashfs`);
    }
    if (bytesUsed > BigInt(source.size)) throw new SquashfsError('the image is cut short');
    return new SquashfsImage(new SliceSource(source, 0, Number(bytesUsed)), superblock);
  }

  get root(): InodeReference {
    const reference = this.superblock.rootInode;
    return { block: Number(reference >> 16n), offset: Number(reference & 0xffffn) };
  }

  inode({ block, offset }: InodeReference): Promise<Inode> {
    const table = Number(this.superblock.inodeTable);
    return readInode(this.metadata.at(table + block, offset), this.superblock.blockSize);
  }

  /**
   * The names in a directory in the order of the image, which is by name, read as they are asked for.
   * @param onProblem hears of a name that stands there again: the first counts, as for the kernel
   * @throws SquashfsError if the listing is damaged, out of order, or has more names than any (`folderEntries`)
   */
  async *list(directory: Inode, onProblem?: (message: string) => void): AsyncGenerator<ImageEntry> {
    if (directory.kind !== 'directory') throw new SquashfsError('this is not a directory');
    const cursor = this.metadata.at(Number(this.superblock.directoryTable) + directory.block, directory.offset);
    let names = 0;
    let previous: Uint8Array | undefined;
    for (let read = 0; read < directory.size; ) {
      const header = await cursor.take(12);
      read += 12;
      const count = header.getUint32(0, true) + 1;
      const block = header.getUint32(4, true);
      names += count;
      if (count > MAX_HEADER_ENTRIES) throw new SquashfsError('a directory listing is damaged');
      if (names > BUDGET.folderEntries)
        throw new SquashfsError(`a directory has more than ${BUDGET.folderEntries} names`);
      await takeTurns();
      for (let index = 0; index < count && read < directory.size; index++) {
        const entry = await cursor.take(8);
        const length = entry.getUint16(6, true) + 1;
        const bytes = toBytes(await cursor.take(length));
        read += 8 + length;
        const order = previous === undefined ? 1 : compareBytes(bytes, previous);
        if (order < 0) throw new SquashfsError('the names of a directory are not in order');
        previous = bytes;
        const name = decodeName(bytes);
        if (order === 0) {
          onProblem?.(`a directory holds the name ${JSON.stringify(name)} twice; the first counts`);
          continue;
        }
        // Names that lead elsewhere exist only in hostile images; nothing may be looked up or written by them.
        if (name === '.' || name === '..' || name.includes('/') || name.includes('\0')) {
          throw new SquashfsError(`a directory holds the name ${JSON.stringify(name)}: ${unsafeNameReason(name)}`);
        }
        yield { name, inode: { block, offset: entry.getUint16(0, true) } };
      }
    }
  }

  /** Where the inode of a name in a directory is; undefined if it has no such name. */
  async find(directory: Inode, name: string): Promise<InodeReference | undefined> {
    for await (const entry of this.list(directory)) if (entry.name === name) return entry.inode;
    return undefined;
  }

  /** The content of a file. */
  content(file: Extract<Inode, { kind: 'file' }>): ByteSource {
    return new FileContent(file, {
      source: this.source,
      decompress: this.decompress,
      blockSize: this.superblock.blockSize,
      fragment: (index) => this.fragment(index),
      metadataAt: ({ position, offset }) => this.metadata.at(position, offset),
    });
  }

  private async fragment(index: number): Promise<{ position: number; size: number }> {
    if (index >= this.superblock.fragmentCount || this.superblock.fragmentTable === NO_TABLE) {
      throw new SquashfsError(`there is no fragment ${index}`);
    }
    const view = await this.record(Number(this.superblock.fragmentTable), index, 16);
    return { position: Number(view.getBigUint64(0, true)), size: view.getUint32(8, true) };
  }

  /** The extended attributes of an inode, by full name. @throws SquashfsError if their table is damaged. */
  async xattrs({ xattrIndex }: Inode): Promise<Map<string, Uint8Array>> {
    const { xattrTable } = this.superblock;
    if (xattrTable === NO_TABLE || xattrIndex === NO_XATTRS) return new Map();
    return new XattrReader(this.source, this.metadata, Number(xattrTable)).read(xattrIndex);
  }

  /** A user or group id by its index. */
  async id(index: number): Promise<number> {
    if (index >= this.superblock.idCount) throw new SquashfsError(`there is no id ${index}`);
    return (await this.record(Number(this.superblock.idTable), index, 4)).getUint32(0, true);
  }

  /** The filters for machine code that xz was used with; blocks with one cannot be decompressed here. */
  async xzFilters(): Promise<string[]> {
    const { compressor, flags } = this.superblock;
    if (compressor !== 'xz' || (flags & FLAG.compressorOptions) === 0) return [];
    const bits = (await this.metadata.at(SUPERBLOCK_SIZE, 0).take(8)).getUint32(4, true);
    return XZ_FILTERS.filter((_, index) => (bits & (1 << index)) !== 0);
  }

  /** All user and group ids that occur. */
  async ids(): Promise<number[]> {
    const ids: number[] = [];
    for (let index = 0; index < this.superblock.idCount; index++) ids.push(await this.id(index));
    return ids;
  }

  /** A record of a table that has a list of its metadata blocks at `list`. */
  private async record(list: number, index: number, size: number): Promise<DataView> {
    const at = index * size;
    const pointer = await this.source.read(list + Math.floor(at / 8192) * 8, 8);
    if (pointer.length < 8) throw new SquashfsError('a table is cut short');
    const block = new DataView(pointer.buffer, pointer.byteOffset, 8).getBigUint64(0, true);
    return this.metadata.at(Number(block), at % 8192).take(size);
  }

  /**
   * Finds an inode by its path from the root; links on the way (and at the end, if `follow`) are followed inside the
   * image, never out of it.
   * @returns undefined if there is nothing. @throws SquashfsError if links go in circles.
   */
  async lookUp(path: string, follow = true): Promise<Inode | undefined> {
    const trail: Inode[] = [await this.inode(this.root)];
    const rest = path.split('/').filter((part) => part !== '' && part !== '.');
    for (let links = 0; rest.length > 0; ) {
      const name = rest.shift();
      if (name === '..') {
        if (trail.length > 1) trail.pop();
        continue;
      }
      const current = trail.at(-1);
      if (current?.kind !== 'directory') return undefined;
      const reference = name === undefined ? undefined : await this.find(current, name);
      if (!reference) return undefined;
      const inode = await this.inode(reference);
      if (inode.kind === 'symlink' && (rest.length > 0 || follow)) {
        if (++links > BUDGET.linksFollowed) throw new SquashfsError(`the links in ${path} go in circles`);
        if (inode.target.startsWith('/')) trail.length = 1;
        rest.unshift(...inode.target.split('/').filter((part) => part !== '' && part !== '.'));
      } else {
        trail.push(inode);
        if (trail.length > BUDGET.imageDepth) throw new SquashfsError(`${path} is too deep`);
      }
    }
    return trail.at(-1);
  }
}
