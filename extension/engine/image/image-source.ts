import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { printableName } from '../archive/names.ts';
import { BUDGET } from '../budget.ts';
import type { ByteSource } from '../io/byte-source.ts';
import { Closers } from '../io/closers.ts';
import { FileSource } from '../io/file-source.ts';
import { statOf } from '../io/path-kind.ts';
import { WindowSource } from '../io/window-source.ts';
import type { Work } from '../progress.ts';
import { type Compressor, SUPERBLOCK_SIZE } from '../squashfs/format.ts';
import type { DirectoryNode } from '../squashfs/node.ts';
import { parseSuperblock } from '../squashfs/superblock.ts';
import { TarError } from '../tar/tar-error.ts';
import { mapConcurrently } from '../turns/concurrently.ts';
import { type BlobStore, FolderStore, TarStore } from './blob-store.ts';
import { type ContainerConfig, DEFAULT_CONFIG } from './image-config.ts';
import { ImageError } from './image-error.ts';
import { mergeLayers, rootOf } from './layer-merge.ts';
import { type LayoutImage, readDockerArchive, readOciLayout } from './layout.ts';
import { unpack } from './unpack.ts';

/** A loop device shows whole sectors only. */
const SECTOR = 512;
/** Layers are decompressed in Node's pool, which has four threads; hashing them keeps ours busy from two on. */
const LAYERS_AT_ONCE = Math.min(3, availableParallelism());

/** An image from disk, ready to be put into a package. */
export type OpenedImage = {
  readonly config: ContainerConfig;
  /** Whether the image itself says what architecture it is for. */
  readonly saysArch?: boolean;
} & (
  | { readonly kind: 'squashfs'; readonly squashfs: ByteSource; readonly compressor: Compressor }
  | { readonly kind: 'tree'; readonly root: DirectoryNode; readonly digest?: string }
  /** It was made into a squashfs image before: `isKnown` said so, and no layer was read. */
  | { readonly kind: 'known'; readonly digest: string }
);

export interface OpenImageOptions extends Work {
  /** StartOS's name of the architecture that is wanted. */
  readonly arch: string;
  /** A folder for decompressed layers, removed by the caller. */
  readonly scratch: string;
  /** Whether an image is known by its configuration's digest, so that its layers need not be read. */
  readonly isKnown?: (digest: string) => Promise<boolean>;
}

/**
 * Opens an image that is on disk, whatever it is: a squashfs image as it is to be, the root file system as a tar, an
 * OCI layout (folder or tar) or what `docker save` writes; tars may be gzip or zstd.
 * @param closers what was opened and must stay so until the image is written
 * @throws ImageError saying what is wrong and with which layer; the file system's errors.
 */
export async function openImage(path: string, closers: Closers, options: OpenImageOptions): Promise<OpenedImage> {
  const info = await statOf(path);
  if (!info) throw new ImageError('the file is not there');
  if (info.isDirectory()) return openFolder(path, closers, options);
  if (!info.isFile()) throw new ImageError('it is neither a file nor a folder');
  if (info.size === 0) throw new ImageError('the file is empty; did the program that wrote it fail?');
  const file = closers.use(await FileSource.open(path));
  const superblock = parseSuperblock(await file.read(0, SUPERBLOCK_SIZE));
  if (superblock) {
    if (superblock.bytesUsed > BigInt(file.size)) throw new ImageError('the squashfs image is cut short');
    if (file.size % SECTOR !== 0) {
      throw new ImageError(
        `the squashfs image is not padded to ${SECTOR} bytes, so devices would lose its end; make it without -nopad`,
      );
    }
    return { kind: 'squashfs', squashfs: file, compressor: superblock.compressor, config: DEFAULT_CONFIG };
  }
  const unpacked = await unpack(file, closers, { ...options, name: path, scratch: join(options.scratch, 'image.tar') });
  const tar = new WindowSource(unpacked);
  try {
    const store = await TarStore.index(tar, options.signal);
    const layout = await readLayout(store, options.arch);
    if (layout) return await openLayout(layout, closers, options);
    refuseOthers(store);
    const root = await rootOf(store.entries, options.signal);
    if (root.children.size === 0) throw new ImageError('the archive is empty; did the program that wrote it fail?');
    return { kind: 'tree', root, config: DEFAULT_CONFIG };
  } catch (error) {
    if (!(error instanceof TarError)) throw error;
    throw new ImageError(`it is neither a squashfs image nor a tar archive that can be read: ${error.message}`);
  }
}

/**
 * Opens one of the images in what `docker save` wrote, wherever its bytes are.
 * @param closers as for an image on disk
 * @throws ImageError
 */
export async function openSavedImage(
  { archive, tag }: { readonly archive: ByteSource; readonly tag: string },
  closers: Closers,
  options: OpenImageOptions,
): Promise<OpenedImage> {
  try {
    const store = await TarStore.index(new WindowSource(archive), options.signal);
    return await openLayout(await readDockerArchive(store, options.arch, tag), closers, options);
  } catch (error) {
    if (!(error instanceof TarError)) throw error;
    throw new ImageError(`it is in no tar archive that can be read: ${error.message}`);
  }
}

/**
 * The image for an architecture in an OCI layout (folder or tar) or in what `docker save` writes, as it is stored.
 * @param closers what was opened and must stay so while its layers are read
 * @returns undefined if it is something else: a root file system, or nothing of an image
 * @throws ImageError if it holds no image for the architecture, or is damaged; the file system's errors.
 */
export async function openStored(
  path: string,
  closers: Closers,
  options: OpenImageOptions,
): Promise<LayoutImage | undefined> {
  const info = await statOf(path);
  if (!info) throw new ImageError('the file is not there');
  if (info.isDirectory()) return readLayout(new FolderStore(path, closers), options.arch);
  const file = closers.use(await FileSource.open(path));
  const scratch = join(options.scratch, 'image.tar');
  try {
    const tar = new WindowSource(await unpack(file, closers, { ...options, name: path, scratch }));
    return await readLayout(await TarStore.index(tar, options.signal), options.arch);
  } catch (error) {
    if (!(error instanceof TarError)) throw error;
    return undefined;
  }
}

async function openFolder(path: string, closers: Closers, options: OpenImageOptions): Promise<OpenedImage> {
  const layout = await readLayout(new FolderStore(path, closers), options.arch);
  if (layout) return openLayout(layout, closers, options);
  throw new ImageError('the folder is not an OCI layout (it has no oci-layout file); give a root file system as a tar');
}

/** Whether a folder on disk is an OCI layout or an unpacked docker archive, and not a tree of files. */
export async function isLayoutFolder(path: string): Promise<boolean> {
  await using closers = new Closers();
  const store = new FolderStore(path, closers);
  return (await isOciLayout(store)) || (await isDockerArchive(store));
}

async function isOciLayout(store: BlobStore): Promise<boolean> {
  return (await store.open('oci-layout')) !== undefined && (await store.open('index.json')) !== undefined;
}

/** The image in a layout, whichever of the two forms holds it; undefined if it is neither. Docker 25 writes both. */
async function readLayout(store: BlobStore, arch: string): Promise<LayoutImage | undefined> {
  const isDocker = await isDockerArchive(store);
  if (!(await isOciLayout(store))) return isDocker ? readDockerArchive(store, arch) : undefined;
  try {
    return await readOciLayout(store, arch);
  } catch (error) {
    if (!(error instanceof ImageError) || !isDocker) throw error;
    return readDockerArchive(store, arch);
  }
}

/** Tars that hold an image in a form that is none of ours, and would be taken for a root file system. */
function refuseOthers(store: TarStore): void {
  const layout = store.paths().find((path) => /(?:^|\/)oci-layout$/.test(path));
  const folder = layout?.replace(/\/?oci-layout$/, '');
  if (folder !== undefined && store.paths().includes(`${folder}/index.json`))
    throw new ImageError(
      `it holds an OCI layout in the folder ${printableName(folder)}; give that folder, or a tar of what is in it`,
    );
  if (store.paths().includes('repositories') && store.paths().some((path) => /^[0-9a-f]{64}\/layer\.tar$/.test(path)))
    throw new ImageError(
      'it is what docker save wrote before Docker 1.10; load it with docker, and save it again (docker load, docker save)',
    );
}

/** A root file system may hold a manifest.json too; docker's is a list whose first image has a Config. */
async function isDockerArchive(store: BlobStore): Promise<boolean> {
  const manifest = await store.open('manifest.json');
  if (!manifest || manifest.size > BUDGET.layoutJsonBytes) return false;
  const text = new TextDecoder().decode(await manifest.read(0, manifest.size));
  return /^\s*\[/.test(text) && text.includes('"Config"') && text.includes('"Layers"');
}

async function openLayout(image: LayoutImage, closers: Closers, options: OpenImageOptions): Promise<OpenedImage> {
  const { config, digest, saysArch } = image;
  if (await options.isKnown?.(digest)) return { kind: 'known', digest, config, saysArch };
  const blobs = image.layers.map((layer, index) => ({
    ...layer,
    scratch: join(options.scratch, `layer-${index}.tar`),
  }));
  const layers = await mapConcurrently(blobs, LAYERS_AT_ONCE, options, ({ blob, ...layer }, work) =>
    unpack(blob, closers, { ...work, ...layer }),
  );
  try {
    const windows = layers.map((layer) => new WindowSource(layer));
    const root = await mergeLayers(windows, options.signal);
    return { kind: 'tree', root, config, saysArch, digest };
  } catch (error) {
    if (!(error instanceof TarError)) throw error;
    throw new ImageError(`a layer is not a tar archive that can be read: ${error.message}`);
  }
}
