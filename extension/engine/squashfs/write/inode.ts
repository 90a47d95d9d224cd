import { EXTENDED, INODE_TYPE, NO_FRAGMENT, NO_XATTRS } from '../format.ts';
import type { MetadataPosition } from './metadata-writer.ts';

/** What every inode starts with. */
export interface InodeHeader {
  readonly mode: number;
  readonly uidIndex: number;
  readonly gidIndex: number;
  readonly mtime: number;
  readonly number: number;
  /** Index of the set of extended attributes; NO_XATTRS for none. */
  readonly xattrs: number;
}

/** Where a file's bytes are in the image. */
export interface FileLayout {
  /** Position of the first data block. */
  readonly start: number;
  /** On-disk sizes of the full blocks with their flag; 0 is a block of zeros that is not stored. */
  readonly blocks: readonly number[];
  /** Index of the fragment that holds the tail; {@link NO_FRAGMENT} if there is no tail. */
  readonly fragment: number;
  readonly fragmentOffset: number;
  /** Bytes that are in unstored blocks of zeros. */
  readonly sparse: number;
}

const HEADER_SIZE = 16;

/** Starts an inode of `type` with room for `size` bytes after the header. */
function start(type: number, header: InodeHeader, size: number): { bytes: Uint8Array; view: DataView } {
  const bytes = new Uint8Array(HEADER_SIZE + size);
  const view = new DataView(bytes.buffer);
  view.setUint16(0, type, true);
  view.setUint16(2, header.mode, true);
  view.setUint16(4, header.uidIndex, true);
  view.setUint16(6, header.gidIndex, true);
  view.setUint32(8, header.mtime, true);
  view.setUint32(12, header.number, true);
  return { bytes, view };
}

/** Starts an inode whose extended form only adds the index of its extended attributes, at the end. */
function startSmall(type: number, header: InodeHeader, size: number): { bytes: Uint8Array; view: DataView } {
  if (header.xattrs === NO_XATTRS) return start(type, header, size);
  const inode = start(type + EXTENDED, header, size + 4);
  inode.view.setUint32(HEADER_SIZE + size, header.xattrs, true);
  return inode;
}

/** A file's inode; the extended form only where the basic one cannot say it. */
export function encodeFile(header: InodeHeader, size: number, links: number, layout: FileLayout): Uint8Array {
  const isBasic =
    header.xattrs === NO_XATTRS &&
    links === 1 &&
    layout.sparse === 0 &&
    size <= 0xffffffff &&
    layout.start <= 0xffffffff;
  const fixed = isBasic ? 16 : 40;
  const { bytes, view } = start(INODE_TYPE.file + (isBasic ? 0 : EXTENDED), header, fixed + layout.blocks.length * 4);
  if (isBasic) {
    view.setUint32(16, layout.start, true);
    view.setUint32(20, layout.fragment, true);
    view.setUint32(24, layout.fragmentOffset, true);
    view.setUint32(28, size, true);
  } else {
    view.setBigUint64(16, BigInt(layout.start), true);
    view.setBigUint64(24, BigInt(size), true);
    view.setBigUint64(32, BigInt(layout.sparse), true);
    view.setUint32(40, links, true);
    view.setUint32(44, layout.fragment, true);
    view.setUint32(48, layout.fragmentOffset, true);
    view.setUint32(52, header.xattrs, true);
  }
  for (const [index, block] of layout.blocks.entries()) view.setUint32(HEADER_SIZE + fixed + index * 4, block, true);
  return bytes;
}

export function encodeSymlink(header: InodeHeader, links: number, target: Uint8Array): Uint8Array {
  const { bytes, view } = startSmall(INODE_TYPE.symlink, header, 8 + target.length);
  view.setUint32(16, links, true);
  view.setUint32(20, target.length, true);
  bytes.set(target, 24);
  return bytes;
}

export function encodeDevice(
  kind: 'block' | 'character',
  header: InodeHeader,
  links: number,
  major: number,
  minor: number,
): Uint8Array {
  const { bytes, view } = startSmall(INODE_TYPE[kind], header, 8);
  view.setUint32(16, links, true);
  view.setUint32(20, (minor & 0xff) | (major << 8) | ((minor & ~0xff) << 12), true);
  return bytes;
}

export function encodeSpecial(kind: 'fifo' | 'socket', header: InodeHeader, links: number): Uint8Array {
  const { bytes, view } = startSmall(INODE_TYPE[kind], header, 4);
  view.setUint32(16, links, true);
  return bytes;
}

/** Where a directory's listing is. */
export interface ListingLayout extends MetadataPosition {
  /** Length of the uncompressed listing in bytes. */
  readonly size: number;
  /** Encoded index entries of a listing of several metadata blocks, with their count. */
  readonly index: { readonly count: number; readonly bytes: Uint8Array };
}

/** A directory's inode. `links` is 2 plus the number of directories in it. */
export function encodeDirectory(
  header: InodeHeader,
  links: number,
  parent: number,
  listing: ListingLayout,
): Uint8Array {
  // The size counts three bytes more than the listing has: "." and ".." by the kernel's reckoning.
  const size = listing.size + 3;
  if (header.xattrs === NO_XATTRS && size <= 0xffff && listing.index.count === 0) {
    const { bytes, view } = start(INODE_TYPE.directory, header, 16);
    view.setUint32(16, listing.block, true);
    view.setUint32(20, links, true);
    view.setUint16(24, size, true);
    view.setUint16(26, listing.offset, true);
    view.setUint32(28, parent, true);
    return bytes;
  }
  const { bytes, view } = start(INODE_TYPE.directory + EXTENDED, header, 24 + listing.index.bytes.length);
  view.setUint32(16, links, true);
  view.setUint32(20, size, true);
  view.setUint32(24, listing.block, true);
  view.setUint32(28, parent, true);
  view.setUint16(32, listing.index.count, true);
  view.setUint16(34, listing.offset, true);
  view.setUint32(36, header.xattrs, true);
  bytes.set(listing.index.bytes, 40);
  return bytes;
}
