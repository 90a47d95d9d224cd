import { BUDGET } from '../../budget.ts';
import { decodeName } from '../../byte-names.ts';
import { toBytes } from '../../bytes.ts';
import { EXTENDED, INODE_TYPE, NO_FRAGMENT, NO_XATTRS } from '../format.ts';
import { SquashfsError } from '../squashfs-error.ts';
import type { MetadataCursor, MetadataPlace } from './metadata-reader.ts';

export interface InodeAttributes {
  readonly number: number;
  readonly mode: number;
  readonly uidIndex: number;
  readonly gidIndex: number;
  readonly mtime: number;
  readonly links: number;
  /** Index of its set of extended attributes; NO_XATTRS if it has none. */
  readonly xattrIndex: number;
}

/** An inode as it stands in the image; ids are indexes into the id table. */
export type Inode = InodeAttributes &
  (
    | {
        readonly kind: 'file';
        readonly size: number;
        /** Position of the first data block. */
        readonly start: number;
        /** Blocks of its own; bytes behind them are in a fragment. */
        readonly blockCount: number;
        /** Where the sizes of these blocks stand, which are read when contents are. */
        readonly blockList: MetadataPlace;
        readonly fragment: number;
        readonly fragmentOffset: number;
      }
    | {
        readonly kind: 'directory';
        /** Length of the listing in bytes. */
        readonly size: number;
        /** Position of the listing's metadata block, relative to the directory table. */
        readonly block: number;
        readonly offset: number;
      }
    | { readonly kind: 'symlink'; readonly target: string }
    | { readonly kind: 'block' | 'character'; readonly major: number; readonly minor: number }
    | { readonly kind: 'fifo' | 'socket' }
  );

const KINDS = Object.keys(INODE_TYPE) as (keyof typeof INODE_TYPE)[];

/** Reads one inode of any of the fourteen types. @throws SquashfsError */
export async function readInode(cursor: MetadataCursor, blockSize: number): Promise<Inode> {
  const header = await cursor.take(16);
  const type = header.getUint16(0, true);
  const isExtended = type > EXTENDED;
  const kind = KINDS.find((name) => INODE_TYPE[name] === (isExtended ? type - EXTENDED : type));
  if (!kind) throw new SquashfsError(`there is no inode type ${type}`);
  const attributes = {
    mode: header.getUint16(2, true) & 0o7777,
    uidIndex: header.getUint16(4, true),
    gidIndex: header.getUint16(6, true),
    mtime: header.getUint32(8, true),
    number: header.getUint32(12, true),
  };
  switch (kind) {
    case 'directory':
      return { ...attributes, ...(isExtended ? await readExtendedDirectory(cursor) : await readDirectory(cursor)) };
    case 'file':
      return { ...attributes, ...(await readFile(cursor, isExtended, blockSize)) };
    case 'symlink': {
      const view = await cursor.take(8);
      const length = view.getUint32(4, true);
      if (length > BUDGET.pathBytes) throw new SquashfsError('the target of a symbolic link is too long');
      const target = decodeName(toBytes(await cursor.take(length)));
      return {
        ...attributes,
        links: view.getUint32(0, true),
        kind,
        target,
        ...(await readXattrIndex(cursor, isExtended)),
      };
    }
    case 'block':
    case 'character': {
      const view = await cursor.take(8);
      const device = view.getUint32(4, true);
      const minor = (device & 0xff) | ((device >>> 12) & 0xfff00);
      const xattrs = await readXattrIndex(cursor, isExtended);
      return { ...attributes, links: view.getUint32(0, true), kind, major: (device >>> 8) & 0xfff, minor, ...xattrs };
    }
    case 'fifo':
    case 'socket': {
      const links = (await cursor.take(4)).getUint32(0, true);
      return { ...attributes, links, kind, ...(await readXattrIndex(cursor, isExtended)) };
    }
  }
}

/** Only extended inodes have attributes; their index comes last. */
async function readXattrIndex(cursor: MetadataCursor, isExtended: boolean) {
  return { xattrIndex: isExtended ? (await cursor.take(4)).getUint32(0, true) : NO_XATTRS };
}

/** The size field counts three bytes more than the listing has. */
const listingSize = (size: number) => Math.max(0, size - 3);

async function readDirectory(cursor: MetadataCursor) {
  const view = await cursor.take(16);
  return {
    kind: 'directory',
    block: view.getUint32(0, true),
    links: view.getUint32(4, true),
    size: listingSize(view.getUint16(8, true)),
    offset: view.getUint16(10, true),
    xattrIndex: NO_XATTRS,
  } as const;
}

async function readExtendedDirectory(cursor: MetadataCursor) {
  const view = await cursor.take(24);
  return {
    kind: 'directory',
    links: view.getUint32(0, true),
    size: listingSize(view.getUint32(4, true)),
    block: view.getUint32(8, true),
    offset: view.getUint16(18, true),
    xattrIndex: view.getUint32(20, true),
  } as const;
}

async function readFile(cursor: MetadataCursor, isExtended: boolean, blockSize: number) {
  const view = await cursor.take(isExtended ? 40 : 16);
  const fields = isExtended
    ? {
        start: Number(view.getBigUint64(0, true)),
        size: Number(view.getBigUint64(8, true)),
        links: view.getUint32(24, true),
        fragment: view.getUint32(28, true),
        fragmentOffset: view.getUint32(32, true),
        xattrIndex: view.getUint32(36, true),
      }
    : {
        start: view.getUint32(0, true),
        fragment: view.getUint32(4, true),
        fragmentOffset: view.getUint32(8, true),
        size: view.getUint32(12, true),
        links: 1,
        xattrIndex: NO_XATTRS,
      };
  const full = fields.size / blockSize;
  const blockCount = fields.fragment === NO_FRAGMENT ? Math.ceil(full) : Math.floor(full);
  return { kind: 'file', ...fields, blockCount, blockList: cursor.place() } as const;
}
