/**
 * Constants of squashfs 4.0, as the Linux kernel reads it. All integers are little-endian. References to metadata are
 * "block position relative to the table's start" << 16 | "offset in the uncompressed block".
 */

export const SQUASHFS_MAGIC = 0x73717368;
export const SUPERBLOCK_SIZE = 96;
/** Uncompressed size of every metadata block but the last of a table, in bytes. */
export const METADATA_BLOCK_SIZE = 8192;
/** In a metadata block's 16-bit header: the block is stored uncompressed. */
export const METADATA_UNCOMPRESSED = 0x8000;
/** In a data block's 32-bit size: the block is stored uncompressed. */
export const DATA_UNCOMPRESSED = 1 << 24;
export const DEFAULT_BLOCK_SIZE = 128 * 1024;
/** Images are padded to this many bytes, so that a loop device shows all of them. */
export const PADDING = 4096;
export const NO_FRAGMENT = 0xffffffff;
export const NO_TABLE = 0xffffffffffffffffn;
export const NO_XATTRS = 0xffffffff;

export const COMPRESSORS = { gzip: 1, lzma: 2, lzo: 3, xz: 4, lz4: 5, zstd: 6 } as const;
export type Compressor = keyof typeof COMPRESSORS;

/** Superblock flags. */
export const FLAG = {
  ...{ noFragments: 0x0010, duplicates: 0x0040, exportable: 0x0080, noXattrs: 0x0200 },
  /** A metadata block right behind the superblock says how the compressor was set. */
  compressorOptions: 0x0400,
} as const;

/** Filters for machine code that xz may put before its own compression, by their bits in the compressor's options. */
export const XZ_FILTERS = ['x86', 'powerpc', 'ia64', 'arm', 'armthumb', 'sparc', 'arm64', 'riscv'] as const;

/** Inode types; the extended form of each is 7 more. */
export const INODE_TYPE = { directory: 1, file: 2, symlink: 3, block: 4, character: 5, fifo: 6, socket: 7 } as const;
export const EXTENDED = 7;

/** Entries one directory header may stand for. */
export const MAX_HEADER_ENTRIES = 256;
