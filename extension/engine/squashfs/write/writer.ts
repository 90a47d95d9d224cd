import { nameBytes } from '../../archive/names.ts';
import { BUDGET } from '../../budget.ts';
import type { Blake3 } from '../../hash/blake3.ts';
import type { ByteSink } from '../../io/byte-sink.ts';
import { StageMeter, type Work } from '../../progress.ts';
import { type CompressBlock, compressHere, compressionOf, type WritableCompressor } from '../codec/compress.ts';
import { DEFAULT_BLOCK_SIZE, FLAG, NO_TABLE, PADDING, SUPERBLOCK_SIZE } from '../format.ts';
import { type DirectoryNode, type FileNode, type FsNode, listFiles, sortedChildren } from '../node.ts';
import { SquashfsError } from '../squashfs-error.ts';
import { encodeSuperblock } from '../superblock.ts';
import type { BlockMemory } from './block-pipeline.ts';
import { DataWriter, finishLayout, type OnSmallFile, type PendingLayout } from './data-writer.ts';
import { type ListedEntry, writeListing } from './directory-writer.ts';
import { encodeDevice, encodeDirectory, encodeFile, encodeSpecial, encodeSymlink, type InodeHeader } from './inode.ts';
import { InodeNumbers } from './inode-numbers.ts';
import { encodeIndexedTable, type MetadataPosition, MetadataWriter } from './metadata-writer.ts';
import { readAhead } from './read-ahead.ts';
import { XattrWriter } from './xattr-writer.ts';

export interface SquashfsOptions extends Work {
  readonly blake3: Blake3;
  /** What is being made, for progress: `images/x86_64/main.squashfs`. */
  readonly label: string;
  /** `gzip` unless said otherwise, because every device that ever ran StartOS mounts that. */
  readonly compressor?: WritableCompressor;
  readonly level?: number | undefined;
  /** A power of two from 4 KiB to 1 MiB; 128 KiB by default. */
  readonly blockSize?: number;
  /** Time of the image itself in seconds since 1970; part of the bytes, so fixed by default. */
  readonly mtime?: number;
  /** Adds the table by which NFS finds inodes by their numbers; nothing on StartOS needs it. */
  readonly exportTable?: boolean;
  /** Threads that compress; by default one for each core. The bytes do not depend on it. */
  readonly threads?: number | undefined;
  /** Blocks that were compressed before; the bytes do not depend on it either. */
  readonly memory?: BlockMemory | undefined;
  /** Hears of the bytes of files up to a mebibyte as they pass; they are gone afterwards. */
  readonly onSmallFile?: OnSmallFile | undefined;
}

/**
 * Writes a tree as a squashfs 4.0 image (padded to 4 KiB), front to back, then the superblock
 * at position 0. The same tree gives the same bytes, on any day and any machine: names are sorted by their bytes, and
 * nothing depends on time or on the speed of threads.
 * @throws SquashfsError if a name is longer than 255 bytes, an id is none, or there are too many ids; whatever reading the
 *   contents throws.
 * @returns the image's length in bytes, padding included.
 */
export async function writeSquashfs(root: DirectoryNode, sink: ByteSink, options: SquashfsOptions): Promise<number> {
  const { compressor = 'gzip', blockSize = DEFAULT_BLOCK_SIZE } = options;
  if (blockSize < 4096 || blockSize > 1 << 20 || !Number.isInteger(Math.log2(blockSize))) {
    throw new SquashfsError('the block size is a power of two from 4096 to 1048576');
  }
  const compression = compressionOf(compressor, blockSize, options.level);
  const compress = compressHere(compression);
  const inodes = new InodeNumbers(root);
  const { bytes, filesOfSize } = countSizes(filesOnce(root, inodes));
  const meter = new StageMeter(`Compressing ${options.label}`, bytes, options);

  await sink.write(new Uint8Array(SUPERBLOCK_SIZE));
  const { threads, memory } = options;
  const pipeline = { sink, position: SUPERBLOCK_SIZE, compression, threads, memory };
  const data = new DataWriter(pipeline, options.blake3, meter, options.onSmallFile);
  const layouts = new Array<PendingLayout>(inodes.size + 1);
  for await (const next of readAhead(filesOnce(root, inodes)))
    layouts[next.number] = await data.write(next, (filesOfSize.get(next.file.content.size) ?? 0) > 1);
  const { end, fragments } = await data.finish();

  const tables = new TreeWriter(inodes, layouts, compress);
  const rootPosition = await tables.writeDirectory(root, inodes.size + 1);
  const inodeTable = await tables.inodes.finish();
  const directoryTable = await tables.directories.finish();
  const directoryStart = end + inodeTable.length;
  const fragmentStart = directoryStart + directoryTable.length;
  const fragmentTable = await encodeIndexedTable(fragments, fragmentStart, compress);
  const exportStart = fragmentStart + fragmentTable.bytes.length;
  const exportRecords = options.exportTable ? tables.exportRecords() : [];
  const exportTable = await encodeIndexedTable(exportRecords, exportStart, compress);
  const idStart = exportStart + exportTable.bytes.length;
  const idTable = await encodeIndexedTable(tables.idRecords(), idStart, compress);
  const xattrStart = idStart + idTable.bytes.length;
  const xattrTable = await tables.xattrs.finish(xattrStart);
  const xattrBytes = xattrTable?.bytes ?? new Uint8Array(0);
  const bytesUsed = xattrStart + xattrBytes.length;
  const padding = (PADDING - (bytesUsed % PADDING)) % PADDING;
  for (const bytes of [
    inodeTable,
    directoryTable,
    fragmentTable.bytes,
    exportTable.bytes,
    idTable.bytes,
    xattrBytes,
    new Uint8Array(padding),
  ]) {
    await sink.write(bytes);
  }
  const superblock = encodeSuperblock({
    inodeCount: inodes.size,
    mtime: options.mtime ?? 0,
    blockSize,
    fragmentCount: fragments.length,
    compressor,
    flags:
      FLAG.duplicates |
      (xattrTable ? 0 : FLAG.noXattrs) |
      (fragments.length === 0 ? FLAG.noFragments : 0) |
      (options.exportTable ? FLAG.exportable : 0),
    idCount: tables.idRecords().length,
    rootInode: inodeReference(rootPosition),
    bytesUsed: BigInt(bytesUsed),
    idTable: BigInt(idTable.list),
    xattrTable: xattrTable ? BigInt(xattrTable.header) : NO_TABLE,
    inodeTable: BigInt(end),
    directoryTable: BigInt(directoryStart),
    fragmentTable: fragments.length === 0 ? NO_TABLE : BigInt(fragmentTable.list),
    exportTable: options.exportTable ? BigInt(exportTable.list) : NO_TABLE,
  });
  await sink.writeAt(0, superblock);
  return bytesUsed + padding;
}

/** "Position of the metadata block << 16 | offset in it", as entries of tables name inodes. */
function inodeReference({ block, offset }: MetadataPosition): bigint {
  return (BigInt(block) << 16n) | BigInt(offset);
}

/** Ids are counted in 16 bits. */
const MAX_IDS = 0xffff;

/** The files of a tree with their numbers, each once, whatever its names. */
function* filesOnce(root: DirectoryNode, inodes: InodeNumbers): Generator<[file: FileNode, number: number]> {
  const seen = new Set<number>();
  for (const file of listFiles(root)) {
    const number = inodes.of(file);
    if (inodes.linksOf(number) > 1) {
      if (seen.has(number)) continue;
      seen.add(number);
    }
    yield [file, number];
  }
}

/** Bytes of all files, and how many there are of each size. */
function countSizes(files: Iterable<readonly [FileNode, number]>): { bytes: number; filesOfSize: Map<number, number> } {
  const filesOfSize = new Map<number, number>();
  let bytes = 0;
  for (const [{ content }] of files) {
    bytes += content.size;
    filesOfSize.set(content.size, (filesOfSize.get(content.size) ?? 0) + 1);
  }
  return { bytes, filesOfSize };
}

/** Writes the inode and the directory table; children before parents, because entries point to inodes. */
class TreeWriter {
  readonly inodes: MetadataWriter;
  readonly directories: MetadataWriter;
  readonly xattrs: XattrWriter;
  private readonly ids = new Map<number, number>();
  private readonly numbers: InodeNumbers;
  /** Of files, by their numbers. */
  private readonly layouts: readonly PendingLayout[];

  constructor(numbers: InodeNumbers, layouts: readonly PendingLayout[], compress: CompressBlock) {
    this.inodes = new MetadataWriter(compress);
    this.directories = new MetadataWriter(compress);
    this.xattrs = new XattrWriter(compress);
    this.numbers = numbers;
    this.layouts = layouts;
  }

  /** @param parent inode number of the directory above; one past the last for the root, which has none. */
  async writeDirectory(directory: DirectoryNode, parent: number): Promise<MetadataPosition> {
    const number = this.numbers.of(directory);
    const entries: ListedEntry[] = [];
    for (const [name, child] of sortedChildren(directory)) {
      const bytes = nameBytes(name);
      if (bytes.length > BUDGET.nameBytes)
        throw new SquashfsError(`the name "${name}" is longer than ${BUDGET.nameBytes} bytes`);
      const inode =
        child.kind === 'directory' ? await this.writeDirectory(child, number) : await this.writeInode(child);
      entries.push({ name: bytes, kind: child.kind, inode, number: this.numbers.of(child) });
    }
    const listing = await writeListing(entries, this.directories);
    const links = this.numbers.linksOf(number);
    return this.append(number, encodeDirectory(await this.header(directory, number), links, parent, listing));
  }

  private async writeInode(node: Exclude<FsNode, DirectoryNode>): Promise<MetadataPosition> {
    const number = this.numbers.of(node);
    return this.numbers.positionOf(number) ?? this.append(number, await this.encode(node, number));
  }

  private async append(number: number, inode: Uint8Array): Promise<MetadataPosition> {
    const { position } = this.inodes;
    this.numbers.setPosition(number, position);
    await this.inodes.append(inode);
    return position;
  }

  private async encode(node: Exclude<FsNode, DirectoryNode>, number: number): Promise<Uint8Array> {
    const header = await this.header(node, number);
    const links = this.numbers.linksOf(number);
    switch (node.kind) {
      case 'file': {
        const layout = this.layouts[number];
        if (!layout) throw new Error('a file has no layout');
        return encodeFile(header, node.content.size, links, finishLayout(layout));
      }
      case 'symlink':
        return encodeSymlink(header, links, nameBytes(node.target));
      case 'block':
      case 'character':
        return encodeDevice(node.kind, header, links, node.major, node.minor);
      case 'fifo':
      case 'socket':
        return encodeSpecial(node.kind, header, links);
    }
  }

  private async header(node: FsNode, number: number): Promise<InodeHeader> {
    return {
      mode: node.mode & 0o7777,
      uidIndex: this.idIndex(node.uid),
      gidIndex: this.idIndex(node.gid),
      mtime: Math.max(0, Math.min(0xffffffff, Math.floor(node.mtime))),
      number,
      xattrs: await this.xattrs.add(node.xattrs),
    };
  }

  private idIndex(id: number): number {
    const known = this.ids.get(id);
    if (known !== undefined) return known;
    if (!Number.isInteger(id) || id < 0 || id > 0xffffffff) throw new SquashfsError(`${id} is not a user or group id`);
    if (this.ids.size === MAX_IDS)
      throw new SquashfsError(`an image can have at most ${MAX_IDS} different owners and groups`);
    this.ids.set(id, this.ids.size);
    return this.ids.size - 1;
  }

  /** The id table's records: 32-bit ids in the order of first use. */
  idRecords(): Uint8Array[] {
    return [...this.ids.keys()].map((id) => {
      const record = new Uint8Array(4);
      new DataView(record.buffer).setUint32(0, id, true);
      return record;
    });
  }

  /** The export table's records: 64-bit references to the inodes in the order of their numbers. */
  exportRecords(): Uint8Array[] {
    return Array.from({ length: this.numbers.size }, (_, index) => {
      const position = this.numbers.positionOf(index + 1);
      if (!position) throw new Error('an inode is not written yet');
      const record = new Uint8Array(8);
      new DataView(record.buffer).setBigUint64(0, inodeReference(position), true);
      return record;
    });
  }
}
