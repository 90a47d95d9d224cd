import { fileEntry } from '../../archive/content.ts';
import type { FileEntry } from '../../archive/entry.ts';
import type { Blake3 } from '../../hash/blake3.ts';
import type { Closers } from '../../io/closers.ts';
import { FileSink } from '../../io/file-sink.ts';
import { FileSource } from '../../io/file-source.ts';
import type { Staging } from '../../io/staging.ts';
import { StageMeter, type Work } from '../../progress.ts';
import type { DirectoryNode } from '../../squashfs/node.ts';
import type { BlockMemory } from '../../squashfs/write/block-pipeline.ts';
import type { OnSmallFile } from '../../squashfs/write/data-writer.ts';
import { writeSquashfs } from '../../squashfs/write/writer.ts';
import type { ImageCompression } from './image-compression.ts';

export interface PackTreeOptions extends Work, ImageCompression {
  readonly blake3: Blake3;
  readonly staging: Staging;
  /** Time of the image itself, in seconds since 1970. */
  readonly mtime: number;
  /** Blocks that were compressed before. */
  readonly memory?: BlockMemory | undefined;
  /** Hears of the bytes of small files as they pass. */
  readonly onSmallFile?: OnSmallFile | undefined;
  /** Keeps the image open until the package is written. */
  readonly closers: Closers;
}

/** Makes a tree into a squashfs image in the staging folder, as an entry for the package. */
export async function packTree(
  root: DirectoryNode,
  label: string,
  stagedName: string,
  options: PackTreeOptions,
): Promise<FileEntry> {
  const path = options.staging.path(stagedName);
  await using sink = await FileSink.create(path);
  await writeSquashfs(root, sink, { ...options, label });
  const source = options.closers.use(await FileSource.open(path));
  // Awaited here, because the sink is closed at the return.
  return await fileEntry(source, options.blake3, new StageMeter(`Hashing ${label}`, source.size, options));
}
