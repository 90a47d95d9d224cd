import type { FileEntry } from '../archive/entry.ts';
import type { CachedImage, ImageCache } from '../image/cache/image-cache.ts';
import { indexedFolder } from '../image/cache/indexed-folder.ts';
import { DEFAULT_CONFIG } from '../image/image-config.ts';
import { type DirectoryNode, listFiles, sumSizes } from '../squashfs/node.ts';
import { type PackTreeOptions, packTree } from './images/pack-tree.ts';

/** Bytes of files from which on looking for what was made before costs less than making it; a bundle is seldom larger. */
const WORTH_KEEPING = 4 << 20;

export interface PackFolderOptions extends PackTreeOptions {
  readonly cache?: ImageCache | undefined;
}

/**
 * Makes a folder of the wrapper's own files into a squashfs image, or takes the one that was made of the same files before. The
 * bytes are the same.
 * @param path the folder that `root` was read from
 * @param name of the image in the package
 * @param packageId for people who look into the cache
 */
export async function packFolder(
  path: string,
  root: DirectoryNode,
  { name, packageId }: { readonly name: string; readonly packageId: string },
  options: PackFolderOptions,
): Promise<FileEntry> {
  const { cache, blake3, mtime, compressor, level } = options;
  if (!cache || sumSizes(listFiles(root)) < WORTH_KEEPING) return packTree(root, name, name, options);
  const source = indexedFolder(path, root);
  const known = await cache.sources.look(source, name, options);
  const image: CachedImage = { digest: `folder:${known.blake3}`, arch: '', mtime, compressor, level };
  const kept = await cache.take(image, name, options.closers, options);
  if (kept) return kept.squashfs;
  await using blocks = await cache.blocks(image, blake3);
  const entry = await packTree(root, name, name, { ...options, memory: blocks });
  // What was read since it was hashed may be something else.
  if (await cache.sources.isStill(source, known)) {
    const content = { config: DEFAULT_CONFIG, keys: [] };
    await cache.put(image, `${packageId}: ${name}`, options.staging.path(name), entry.hash, content, blocks);
  }
  return entry;
}
