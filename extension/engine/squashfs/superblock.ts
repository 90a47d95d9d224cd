import { COMPRESSORS, type Compressor, SQUASHFS_MAGIC, SUPERBLOCK_SIZE } from './format.ts';

/** The first 96 bytes of an image. Positions are bytes from the image's start. */
export interface Superblock {
  readonly inodeCount: number;
  /** Seconds since 1970. */
  readonly mtime: number;
  readonly blockSize: number;
  readonly fragmentCount: number;
  readonly compressor: Compressor;
  readonly flags: number;
  readonly idCount: number;
  readonly rootInode: bigint;
  readonly bytesUsed: bigint;
  readonly idTable: bigint;
  readonly xattrTable: bigint;
  readonly inodeTable: bigint;
  readonly directoryTable: bigint;
  readonly fragmentTable: bigint;
  readonly exportTable: bigint;
}

export function encodeSuperblock(superblock: Superblock): Uint8Array {
  const bytes = new Uint8Array(SUPERBLOCK_SIZE);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, SQUASHFS_MAGIC, true);
  view.setUint32(4, superblock.inodeCount, true);
  view.setUint32(8, superblock.mtime, true);
  view.setUint32(12, superblock.blockSize, true);
  view.setUint32(16, superblock.fragmentCount, true);
  view.setUint16(20, COMPRESSORS[superblock.compressor], true);
  view.setUint16(22, Math.log2(superblock.blockSize), true);
  view.setUint16(24, superblock.flags, true);
  view.setUint16(26, superblock.idCount, true);
  view.setUint16(28, 4, true);
  view.setUint16(30, 0, true);
  view.setBigUint64(32, superblock.rootInode, true);
  view.setBigUint64(40, superblock.bytesUsed, true);
  view.setBigUint64(48, superblock.idTable, true);
  view.setBigUint64(56, superblock.xattrTable, true);
  view.setBigUint64(64, superblock.inodeTable, true);
  view.setBigUint64(72, superblock.directoryTable, true);
  view.setBigUint64(80, superblock.fragmentTable, true);
  view.setBigUint64(88, superblock.exportTable, true);
  return bytes;
}

/** Reads a superblock; undefined if the bytes are not that of a squashfs 4 image with a compressor that has a name. */
export function parseSuperblock(start: Uint8Array): Superblock | undefined {
  if (start.length < SUPERBLOCK_SIZE) return undefined;
  const view = new DataView(start.buffer, start.byteOffset, SUPERBLOCK_SIZE);
  if (view.getUint32(0, true) !== SQUASHFS_MAGIC || view.getUint16(28, true) !== 4) return undefined;
  const id = view.getUint16(20, true);
  const compressor = (Object.keys(COMPRESSORS) as Compressor[]).find((name) => COMPRESSORS[name] === id);
  if (!compressor) return undefined;
  return {
    inodeCount: view.getUint32(4, true),
    mtime: view.getUint32(8, true),
    blockSize: view.getUint32(12, true),
    fragmentCount: view.getUint32(16, true),
    compressor,
    flags: view.getUint16(24, true),
    idCount: view.getUint16(26, true),
    rootInode: view.getBigUint64(32, true),
    bytesUsed: view.getBigUint64(40, true),
    idTable: view.getBigUint64(48, true),
    xattrTable: view.getBigUint64(56, true),
    inodeTable: view.getBigUint64(64, true),
    directoryTable: view.getBigUint64(72, true),
    fragmentTable: view.getBigUint64(80, true),
    exportTable: view.getBigUint64(88, true),
  };
}
