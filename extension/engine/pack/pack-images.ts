import { mkdir, rm } from 'node:fs/promises';
import { resolve } from 'node:path';
import { fileEntry } from '../archive/content.ts';
import { type DirectoryEntry, directory, type FileEntry } from '../archive/entry.ts';
import { type Finding, finding } from '../finding.ts';
import type { Blake3 } from '../hash/blake3.ts';
import { checkEnv, encodeConfigEnv, encodeConfigJson } from '../image/image-config.ts';
import { ImageError } from '../image/image-error.ts';
import { type OpenedImage, openImage } from '../image/image-source.ts';
import { MemorySource } from '../io/byte-source.ts';
import { Closers } from '../io/closers.ts';
import { FileSource } from '../io/file-source.ts';
import type { Staging } from '../io/staging.ts';
import type { ImageSource, Manifest } from '../package/manifest.ts';
import { StageMeter, type Work } from '../progress.ts';
import { SquashfsError } from '../squashfs/squashfs-error.ts';
import { packTree } from './pack-tree.ts';

/** Where on disk an image is; without an architecture, for all of them (an OCI layout can hold several). */
export interface ImageInput {
  readonly id: string;
  readonly arch?: string;
  /** Relative to the current folder of whoever gave it; see `PackOptions.images`. */
  readonly path: string;
}

export interface PackImagesOptions extends Work {
  readonly images: readonly ImageInput[];
  readonly blake3: Blake3;
  readonly staging: Staging;
  readonly mtime: number;
  /** Keeps images open until the package is written. */
  readonly closers: Closers;
}

/**
 * The `images` directory of a package: for every image and architecture of the manifest the squashfs image and its
 * `.json` and `.env` (s9pk-v2 section 6.4). Every image that cannot be had is reported, not the first only.
 */
export async function packImages(
  manifest: Manifest,
  options: PackImagesOptions,
  findings: Finding[],
): Promise<DirectoryEntry> {
  const byArch = new Map<string, [string, FileEntry][]>();
  const used = new Set<ImageInput>();
  for (const [id, image] of manifest.images) {
    for (const arch of image.arch) {
      const pointer = `/images/${id}`;
      const input = findInput(options.images, id, arch);
      if (!input) {
        findings.push(
          finding('image-source-missing', describeMissing(id, arch, image.source), { path: `${pointer}/source` }),
        );
        continue;
      }
      used.add(input);
      try {
        const isForOne = input.arch !== undefined || image.arch.length === 1;
        const files = await packImage(id, arch, input, { ...options, isForOne }, findings);
        byArch.set(arch, [...(byArch.get(arch) ?? []), ...files]);
      } catch (error) {
        if (!(error instanceof ImageError || error instanceof SquashfsError)) throw error;
        const message = `image ${id} for ${arch} cannot be taken from ${input.path}: ${error.message}`;
        findings.push(finding('image-source-invalid', message, { path: pointer }));
      }
    }
  }
  for (const input of options.images) {
    if (used.has(input)) continue;
    const what = `${input.id}${input.arch ? `:${input.arch}` : ''}`;
    const message = `the image given for ${what} is not used: the package has no such image or architecture`;
    findings.push(finding('image-unused', message, { path: '/images' }));
  }
  return directory([...byArch].map(([arch, files]) => [arch, directory(files)] as const));
}

function findInput(inputs: readonly ImageInput[], id: string, arch: string): ImageInput | undefined {
  return (
    inputs.find((input) => input.id === id && input.arch === arch) ??
    inputs.find((input) => input.id === id && input.arch === undefined)
  );
}

function describeMissing(id: string, arch: string, source: ImageSource): string {
  const give = `give the image with --image ${id}:${arch}=PATH (or the setting s9pk.images): a root file system tar, an OCI layout, what docker save writes, or a squashfs image`;
  switch (source.kind) {
    case 'packed':
      return `image ${id} for ${arch} has no source that can be built; ${give}`;
    case 'dockerTag':
      return `image ${id} for ${arch} comes from the container tag ${source.tag}; fetching tags is not supported yet, so ${give}`;
    case 'dockerBuild':
      return `image ${id} for ${arch} is made by a Dockerfile; running container builds is not supported yet, so ${give}`;
  }
}

async function packImage(
  id: string,
  arch: string,
  input: ImageInput,
  options: PackImagesOptions & { readonly isForOne: boolean },
  findings: Finding[],
): Promise<[string, FileEntry][]> {
  const path = `images/${arch}/${id}`;
  const scratch = options.staging.path('layers');
  await mkdir(scratch);
  try {
    await using closers = new Closers();
    const image = await openImage(resolve(input.path), closers, { ...options, arch, scratch });
    if (!options.isForOne && !image.saysArch) {
      throw new ImageError(`it does not say what architecture it is for; give one for each, as in ${id}:${arch}=PATH`);
    }
    const label = `${path}.squashfs`;
    const squashfs =
      image.kind === 'tree'
        ? await packTree(image.root, label, `image-${arch}-${id}.squashfs`, options)
        : await takeSquashfs(image, label, resolve(input.path), options, findings);
    findings.push(...checkEnv(image.config, `${path}.env`));
    const entry = (bytes: Uint8Array) => fileEntry(new MemorySource(bytes), options.blake3);
    return [
      [`${id}.squashfs`, squashfs],
      [`${id}.json`, await entry(encodeConfigJson(image.config))],
      [`${id}.env`, await entry(encodeConfigEnv(image.config))],
    ];
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

/** A prebuilt image goes in as it is. */
async function takeSquashfs(
  image: Extract<OpenedImage, { kind: 'squashfs' }>,
  label: string,
  path: string,
  options: PackImagesOptions,
  findings: Finding[],
): Promise<FileEntry> {
  if (image.compressor !== 'gzip' && image.compressor !== 'xz') {
    const message = `${label} is compressed with ${image.compressor}; not every StartOS device can mount that, gzip and xz all can`;
    findings.push(finding('image-compressor', message, { file: path }));
  }
  const source = options.closers.use(await FileSource.open(path));
  return fileEntry(source, options.blake3, new StageMeter(`Hashing ${label}`, source.size, options));
}
