import { mkdir, rm } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { join, resolve } from 'node:path';
import { fileEntry } from '../../archive/content.ts';
import { type DirectoryEntry, directory, type FileEntry } from '../../archive/entry.ts';
import { fromHex } from '../../bytes.ts';
import { type Finding, FindingError, finding } from '../../finding.ts';
import type { ImageBuilder } from '../../image/build/build-image.ts';
import type { CachedImage, ImageCache } from '../../image/cache/image-cache.ts';
import { indexedFile, type KnownSource } from '../../image/cache/source-index.ts';
import { checkImage } from '../../image/check-image.ts';
import { type ContainerConfig, checkEnv, encodeConfigEnv, encodeConfigJson } from '../../image/image-config.ts';
import { ImageError } from '../../image/image-error.ts';
import { type OpenedImage, openImage, openSavedImage } from '../../image/image-source.ts';
import { type ByteSource, MemorySource } from '../../io/byte-source.ts';
import { Closers } from '../../io/closers.ts';
import { FileSource } from '../../io/file-source.ts';
import { isFile, isFolder } from '../../io/path-kind.ts';
import { whileUnchanged } from '../../io/while-unchanged.ts';
import type { ImageSource, Manifest } from '../../package/manifest.ts';
import { StageMeter } from '../../progress.ts';
import type { PrivateKey } from '../../sign/private-key.ts';
import { SquashfsError } from '../../squashfs/squashfs-error.ts';
import { mapConcurrently } from '../../turns/concurrently.ts';
import { OneAtATime } from '../../turns/one-at-a-time.ts';
import { whyNotMounted } from './image-compression.ts';
import { keysInImage, keysInSquashfs, refuseOwnKey, SecretWatch } from './image-secrets.ts';
import { type PackTreeOptions, packTree } from './pack-tree.ts';

/** Where on disk an image is; without an architecture, for all of them (an OCI layout can hold several). */
export interface ImageInput {
  readonly id: string;
  readonly arch?: string;
  /** Relative to the current folder of whoever gave it; see `PackOptions.images`. */
  readonly path: string;
}

/** An image in what `docker save` wrote, which need not be a file. */
export interface SavedInput {
  readonly id: string;
  readonly arch: string;
  readonly archive: ByteSource;
  /** The image has it there. */
  readonly tag: string;
}

export interface PackImagesOptions extends PackTreeOptions {
  readonly images: readonly (ImageInput | SavedInput)[];
  /** The wrapper's folder, in which Dockerfiles are looked for. */
  readonly folder?: string;
  /** Builds what is not given. */
  readonly builder: ImageBuilder;
  /** Keeps squashfs images between runs. */
  readonly cache?: ImageCache | undefined;
  /** The key that signs, which no image may hold. */
  readonly signingKey?: PrivateKey | undefined;
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
  const used = new Set<ImageInput | SavedInput>();
  const jobs: Job[] = [];
  const compressing = new OneAtATime();
  for (const [id, image] of manifest.images) {
    let hasFile: boolean | undefined;
    for (const arch of image.arch) {
      const input = findInput(options.images, id, arch);
      if (!input && image.source.kind === 'packed') {
        findings.push(finding('image-source-missing', describeMissing(id, arch), { path: `/images/${id}/source` }));
        continue;
      }
      if (input) used.add(input);
      else if (image.source.kind === 'dockerBuild') {
        hasFile ??= await hasDockerfile(id, image.source, options, findings);
        if (!hasFile) continue;
      }
      const isForOne = input === undefined || input.arch !== undefined || image.arch.length === 1;
      jobs.push({ id, arch, from: input ?? image.source, isForOne });
    }
  }
  const made = await mapConcurrently(jobs, IMAGES_AT_ONCE, options, (job, work) =>
    packOrReport(job, { ...options, ...work, manifest, compressing }),
  );
  const byArch = new Map<string, [string, FileEntry][]>();
  for (const [index, { arch }] of jobs.entries()) {
    const { files = [], found = [] } = made[index] ?? {};
    findings.push(...found);
    if (files.length > 0) byArch.set(arch, [...(byArch.get(arch) ?? []), ...files]);
  }
  findings.push(...options.builder.warnings);
  for (const input of options.images) {
    if (used.has(input)) continue;
    const what = `${input.id}${input.arch ? `:${input.arch}` : ''}`;
    const message = `the image given for ${what} is not used: the package has no such image or architecture`;
    findings.push(finding('image-unused', message, { path: '/images' }));
  }
  return directory([...byArch].map(([arch, files]) => [arch, directory(files)] as const));
}

/** Images that are given and are not there: known before anything is built. */
export async function checkImageFiles(images: readonly ImageInput[]): Promise<Finding[]> {
  const findings: Finding[] = [];
  for (const { id, path } of images) {
    if ((await isFile(resolve(path))) || (await isFolder(resolve(path)))) continue;
    findings.push(
      finding('image-source-invalid', `image ${id} cannot be taken from ${path}: it is not there`, {
        path: `/images/${id}`,
      }),
    );
  }
  return findings;
}

/**
 * While one image is compressed, others are built, unpacked or hashed. Compression shares Node's thread pool, which has
 * four threads; more images at once would only need more memory (a few megabytes for each, whatever its size).
 */
const IMAGES_AT_ONCE = Math.min(4, availableParallelism());

/** What an image is made of: something that is there, or what the manifest says. */
type ImageOrigin = ImageInput | SavedInput | ImageSource;

/** One image for one architecture that is to be made. */
interface Job {
  readonly id: string;
  readonly arch: string;
  readonly from: ImageOrigin;
  /** Whether what is given was meant for this architecture alone. */
  readonly isForOne: boolean;
}

/** What is wrong with one image does not keep the others from being looked at. */
async function packOrReport(
  { id, arch, from, isForOne }: Job,
  options: Omit<ImageOptions, 'isForOne'>,
): Promise<{ files?: [string, FileEntry][]; found: Finding[] }> {
  const found: Finding[] = [];
  try {
    return { files: await packImage(id, arch, from, { ...options, isForOne }, found), found };
  } catch (error) {
    if (error instanceof FindingError) return { found: [...found, ...error.findings] };
    if (!(error instanceof ImageError || error instanceof SquashfsError)) throw error;
    const message = `image ${id} for ${arch} ${nameOrigin(from)}: ${error.message}`;
    return { found: [...found, finding('image-source-invalid', message, { path: `/images/${id}` })] };
  }
}

function nameOrigin(from: ImageOrigin): string {
  if ('path' in from) return `cannot be taken from ${from.path}`;
  return 'tag' in from && 'archive' in from ? `cannot be read (${from.tag})` : 'was built, but cannot be read';
}

/** Says once that the Dockerfile of an image is not there, whatever the number of its architectures. */
async function hasDockerfile(
  id: string,
  { workdir = '.', dockerfile }: Extract<ImageSource, { kind: 'dockerBuild' }>,
  { folder }: PackImagesOptions,
  findings: Finding[],
): Promise<boolean> {
  const shown = dockerfile ?? join(workdir, 'Dockerfile');
  if (folder === undefined || (await isFile(resolve(folder, shown)))) return true;
  const path = `/images/${id}/source/dockerBuild${dockerfile === undefined ? '' : '/dockerfile'}`;
  findings.push(finding('input-missing', `${shown} is not there`, { path }));
  return false;
}

/** What is given for an image: for the architecture itself, else for all. */
export function findInput<T extends { readonly id: string; readonly arch?: string }>(
  inputs: readonly T[],
  id: string,
  arch: string,
): T | undefined {
  return (
    inputs.find((input) => input.id === id && input.arch === arch) ??
    inputs.find((input) => input.id === id && input.arch === undefined)
  );
}

function describeMissing(id: string, arch: string): string {
  return `image ${id} for ${arch} has no source that can be built; give the image with --image ${id}:${arch}=PATH (or the setting s9pk.images): a root file system tar, an OCI layout, what docker save writes, or a squashfs image`;
}

/** Where an image comes from, and what it is for. */
interface Wanted {
  readonly id: string;
  readonly arch: string;
  readonly from: ImageOrigin;
  /** A folder for what is made on the way. */
  readonly scratch: string;
  /** Path of the squashfs image in the package. */
  readonly label: string;
  /** What is known of the file that was given; there is none for folders, for what is built, and without a cache. */
  readonly source: KnownSource | undefined;
}

interface ImageOptions extends PackImagesOptions {
  readonly isForOne: boolean;
  readonly manifest: Manifest;
  /**
   * One image is compressed at a time: it keeps all threads busy by itself, and the next one finds its blocks among those that
   * are kept. Architectures share files.
   */
  readonly compressing: OneAtATime;
}

interface Made {
  readonly squashfs: FileEntry;
  readonly config: ContainerConfig;
  /** Paths of files that hold private keys. */
  readonly keys: readonly string[];
  /** Why not all of it could be searched for keys. */
  readonly unsearched?: string | undefined;
}

async function packImage(
  id: string,
  arch: string,
  from: ImageOrigin,
  options: ImageOptions,
  findings: Finding[],
): Promise<[string, FileEntry][]> {
  const path = `images/${arch}/${id}`;
  const scratch = options.staging.path(`layers-${arch}-${id}`);
  await mkdir(scratch);
  try {
    const place = { id, arch, from, scratch, label: `${path}.squashfs` };
    const wanted: Wanted = { ...place, source: await lookAtSource(place, options) };
    const { squashfs, config, keys, unsearched } =
      (await takeBuilt(wanted, options)) ??
      (await takeGiven(wanted, options)) ??
      (await makeImage(wanted, options, findings));
    const checked = await checkImage(squashfs.content, wanted.label);
    findings.push(...keysInImage(keys, id), ...checkEnv(config, `${path}.env`), ...checked);
    if (unsearched !== undefined && !checked.some(({ code }) => code === 'image-unread')) {
      const message = `${wanted.label} is packed as it is, but cannot be searched for private keys: ${unsearched}`;
      findings.push(finding('image-unread', message, { path: wanted.label }));
    }
    const entry = (bytes: Uint8Array) => fileEntry(new MemorySource(bytes), options.blake3);
    return [
      [`${id}.squashfs`, squashfs],
      [`${id}.json`, await entry(encodeConfigJson(config))],
      [`${id}.env`, await entry(encodeConfigEnv(config))],
    ];
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

/** What is built, from the cache: then the engine need not even export it. */
async function takeBuilt(wanted: Wanted, options: ImageOptions): Promise<Made | undefined> {
  const { id, arch, from, scratch } = wanted;
  const { cache, builder, onProgress } = options;
  if (!('kind' in from) || from.kind === 'packed' || !cache) return undefined;
  onProgress?.({ stage: `Building image ${id} for ${arch}`, done: 0, total: 0 });
  const digest = await builder.digest({ id, arch, source: from, scratch: join(scratch, 'digest') });
  return digest === undefined ? undefined : takeKept(digest, wanted, options);
}

/** An image from the cache. It was kept whosever keys are in it: who signs now is asked anew. */
async function takeKept(digest: string, { id, arch, label }: Wanted, options: ImageOptions): Promise<Made | undefined> {
  const kept = await options.cache?.take(recipeOf(digest, arch, options), label, options.closers, options);
  if (kept && kept.keys.length > 0)
    refuseOwnKey((await keysInSquashfs(kept.squashfs.content, options.signingKey, options.signal)).own, id);
  return kept;
}

/**
 * What was made of a file before, from the cache: then it need not be opened. Folders are known by the digest in them, which is
 * read when they are opened.
 */
async function takeGiven(wanted: Wanted, options: ImageOptions): Promise<Made | undefined> {
  const { source } = wanted;
  if (!source) return undefined;
  const digest = source.images[useOf(wanted, options)] ?? contentDigest(source, useOf(wanted, options));
  return takeKept(digest, wanted, options);
}

async function lookAtSource(
  { from, label }: Omit<Wanted, 'source'>,
  options: ImageOptions,
): Promise<KnownSource | undefined> {
  if (!('path' in from) || !options.cache) return undefined;
  const path = resolve(from.path);
  return (await isFile(path)) ? options.cache.sources.look(indexedFile(path), label, options) : undefined;
}

/** The name of what is made of a file that names itself by nothing but its bytes. */
function contentDigest({ blake3 }: KnownSource, use: string): string {
  return `blake3:${blake3} ${use}`;
}

/** An image for any architecture must say which one it is for, so one that need not is another use of the same file. */
function useOf({ arch }: Wanted, { isForOne }: ImageOptions): string {
  return isForOne ? `${arch} alone` : arch;
}

async function makeImage(wanted: Wanted, options: ImageOptions, findings: Finding[]): Promise<Made> {
  await using closers = new Closers();
  // Awaited here, because what it is made of is closed at the return.
  return await whileUnchanged(closers, () => makeImageOf(wanted, closers, options, findings));
}

async function makeImageOf(
  wanted: Wanted,
  closers: Closers,
  options: ImageOptions,
  findings: Finding[],
): Promise<Made> {
  const { id, arch, scratch, from, source } = wanted;
  const { cache } = options;
  const origin = 'archive' in from ? from : await fileOf({ ...wanted, from }, options);
  const file = typeof origin === 'string' ? origin : undefined;
  const open = async (more: { readonly isKnown?: (digest: string) => Promise<boolean> }) => {
    const how = { ...options, arch, scratch, ...more };
    const opened = await (typeof origin === 'string'
      ? openImage(origin, closers, how)
      : openSavedImage(origin, closers, how));
    if (options.isForOne || opened.saysArch) return opened;
    throw new ImageError(`it does not say what architecture it is for; give one for each, as in ${id}:${arch}=PATH`);
  };
  const isKnown = async (digest: string) => cache?.has(recipeOf(digest, arch, options)) ?? false;
  let image = await open({ isKnown });
  if (image.kind === 'known') {
    const known = await takeKept(image.digest, wanted, options);
    if (known) {
      if (source && file !== undefined)
        await cache?.sources.note(indexedFile(file), source, useOf(wanted, options), image.digest);
      return known;
    }
    // A damaged entry is gone by now, and made again.
    image = await open({});
  }
  const { config } = image;
  if (image.kind === 'squashfs' && file !== undefined)
    return { config, ...(await takeSquashfs(image, wanted, file, options, findings)) };
  if (image.kind !== 'tree') throw new ImageError('the cache of images is being changed by somebody else');
  const tree = image;
  return options.compressing.run(() =>
    compressTree(tree, file, wanted, { ...options, checkInputs: () => closers.checkUnchanged() }),
  );
}

/** Makes a tree into a squashfs image, and keeps it. */
async function compressTree(
  image: Extract<OpenedImage, { kind: 'tree' }>,
  file: string | undefined,
  wanted: Wanted,
  options: ImageOptions & { readonly checkInputs: () => Promise<void> },
): Promise<Made> {
  const { root, config } = image;
  const { id, arch, label, source } = wanted;
  const { cache } = options;
  const stagedName = `image-${arch}-${id}.squashfs`;
  await using blocks = await cache?.blocks(options, options.blake3);
  const watch = new SecretWatch(options.signingKey);
  const squashfs = await packTree(root, label, stagedName, { ...options, memory: blocks, onSmallFile: watch.look });
  // What is mixed is no image, and must not be kept for one.
  await options.checkInputs();
  refuseOwnKey(watch.paths(root, 'own'), id);
  const keys = watch.paths(root, 'foreign');
  const given = file === undefined ? undefined : indexedFile(file);
  const isStill = source && given && (await cache?.sources.isStill(given, source));
  const digest = image.digest ?? (isStill ? contentDigest(source, useOf(wanted, options)) : undefined);
  if (digest !== undefined) {
    await cache?.put(
      recipeOf(digest, arch, options),
      `${options.manifest.id}: ${label}`,
      options.staging.path(stagedName),
      squashfs.hash,
      { config, keys },
      blocks,
    );
    if (source && given) await cache?.sources.note(given, source, useOf(wanted, options), digest);
  }
  return { config, squashfs, keys };
}

function recipeOf(digest: string, arch: string, { mtime, compressor, level }: ImageOptions): CachedImage {
  return { digest, arch, mtime, compressor, level };
}

/** The file or folder that an image is read from: the one that was given, else one that is built now. */
async function fileOf(
  { id, arch, from, scratch }: Wanted & { readonly from: ImageInput | ImageSource },
  { builder, onProgress }: ImageOptions,
): Promise<string> {
  if ('path' in from) return resolve(from.path);
  if (from.kind === 'packed') throw new ImageError('it has no source that can be built');
  onProgress?.({ stage: `Building image ${id} for ${arch}`, done: 0, total: 0 });
  return builder.build({ id, arch, source: from, scratch: join(scratch, 'build') });
}

/** A prebuilt image goes in as it is. */
async function takeSquashfs(
  image: Extract<OpenedImage, { kind: 'squashfs' }>,
  { id, label, source: given }: Wanted,
  path: string,
  options: ImageOptions,
  findings: Finding[],
): Promise<Omit<Made, 'config'>> {
  const why = whyNotMounted(image.compressor, options.manifest);
  if (why !== undefined) {
    const message = `${label} is compressed with ${image.compressor}; ${why}`;
    findings.push(finding('image-compressor', message, { file: path }));
  }
  const source = options.closers.use(await FileSource.open(path));
  const squashfs: FileEntry = given
    ? { kind: 'file', hash: fromHex(given.blake3), size: BigInt(source.size), content: source }
    : await fileEntry(source, options.blake3, new StageMeter(`Hashing ${label}`, source.size, options));
  // Of an image that is known to hold no key nothing is read. Whose key it is, is asked anew.
  if (given?.keys?.length === 0) return { squashfs, keys: [] };
  options.onProgress?.({ stage: `Searching ${label} for private keys`, done: 0, total: 0 });
  const { own, foreign, problem } = await keysInSquashfs(source, options.signingKey, options.signal);
  refuseOwnKey(own, id);
  if (given && problem === undefined) await options.cache?.sources.noteKeys(indexedFile(path), given, foreign);
  return { squashfs, keys: foreign, unsearched: problem };
}
