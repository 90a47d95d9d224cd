import { createHash } from 'node:crypto';
import { BUDGET } from '../budget.ts';
import { type ByteSource, readAll } from '../io/byte-source.ts';
import { isObject, type JsonObject, type JsonValue, parseJson } from '../package/json.ts';
import type { BlobStore } from './blob-store.ts';
import { type ContainerConfig, toContainerConfig } from './image-config.ts';
import { ImageError } from './image-error.ts';
import { platformOf } from './platform.ts';

/** One layer of an image as it is stored: perhaps compressed. */
export interface LayerBlob {
  readonly name: string;
  readonly blob: ByteSource;
  /** `sha256:` digest of the stored bytes, where the layout states one. */
  readonly digest?: string;
  /** `sha256:` digest of the uncompressed tar, where the configuration states one. */
  readonly diffId?: string;
}

export interface LayoutImage {
  readonly config: ContainerConfig;
  /**
   * `sha256:` digest of the configuration, which names all layers by the digests of their uncompressed tars: equal digests
   * mean equal root file systems, however the layers are compressed.
   */
  readonly digest: string;
  /** The configuration itself, as JSON. */
  readonly configJson: Uint8Array;
  readonly layers: readonly LayerBlob[];
  /** Whether the configuration or the index says what architecture it is for. */
  readonly saysArch: boolean;
}

/** What is an image's configuration; others are of signatures, charts and whatever else registries keep. */
const CONFIG_TYPES = ['application/vnd.oci.image.config.v1+json', 'application/vnd.docker.container.image.v1+json'];
/** Descriptors of images and of indexes, as OCI and Docker call them; one that says nothing may be either. */
const INDEX_TYPE = /^application\/vnd\.(?:oci\.image\.index|docker\.distribution\.manifest\.list)\./;
const IMAGE_TYPE = /^application\/vnd\.(?:oci\.image\.manifest|docker\.distribution\.manifest)\./;

/**
 * Finds the image for an architecture in an OCI layout. Of several the first is taken, those for every machine of that
 * architecture before those for some (`amd64` before `amd64/v3`). What is no image is passed over.
 * @throws ImageError if there is none, or its configuration is for another architecture.
 */
export async function readOciLayout(store: BlobStore, arch: string): Promise<LayoutImage> {
  const index = await readJson(store, 'index.json');
  const others: string[] = [];
  const problems: ImageError[] = [];
  const found: FoundManifest[] = [];
  await findManifests(store, index, { found, met: new Set() }, 0);
  for (const { descriptor, platform } of found.sort((a, b) => rankOf(a, arch) - rankOf(b, arch))) {
    if (platform !== undefined && platform !== platformOf(arch)) {
      others.push(platform);
      continue;
    }
    try {
      const image = await readImage(store, descriptor, arch, platform, others);
      if (image) return image;
    } catch (error) {
      if (!(error instanceof ImageError)) throw error;
      problems.push(error);
    }
  }
  throw problems[0] ?? noImage(arch, others);
}

/** The image of a descriptor; undefined if it is none, or for another architecture. */
async function readImage(
  store: BlobStore,
  descriptor: JsonObject,
  arch: string,
  platform: string | undefined,
  others: string[],
): Promise<LayoutImage | undefined> {
  const { value: manifest } = await readDescriptor(store, descriptor);
  const configBlob = asObject(manifest.get('config'), 'the image manifest has no config');
  const type = configBlob.get('mediaType');
  if (manifest.has('artifactType') || (typeof type === 'string' && !CONFIG_TYPES.includes(type))) return undefined;
  const { value: config, bytes: configJson } = await readDescriptor(store, configBlob);
  const own = config.get('architecture');
  const isSaid = typeof own === 'string' && own !== '';
  if (isSaid && own !== platformOf(arch)) {
    others.push(own);
    return undefined;
  }
  const layers = asList(manifest.get('layers'), 'the image manifest has no layers');
  const digest = asText(configBlob.get('digest'), 'the config has no digest');
  const blobs = layers.map((layer) => asObject(layer, 'a layer is not an object'));
  return toImage(store, { config, configJson, digest, saysArch: isSaid || platform !== undefined }, blobs);
}

/**
 * Finds the image for an architecture in what `docker save` writes.
 * @param tag the image has; undefined for the first one
 * @throws ImageError as for an OCI layout.
 */
export async function readDockerArchive(store: BlobStore, arch: string, tag?: string): Promise<LayoutImage> {
  const list = asList(await readJsonValue(store, 'manifest.json'), 'manifest.json is not a list of images');
  const others: string[] = [];
  for (const item of list) {
    const image = asObject(item, 'an image in manifest.json is not an object');
    const tags = image.get('RepoTags');
    if (tag !== undefined && !(Array.isArray(tags) && tags.includes(tag))) continue;
    const path = asText(image.get('Config'), 'an image in manifest.json has no Config');
    const bytes = await readBytes(store, path);
    const config = asObject(parse(bytes, path), `${path} is not a JSON object`);
    const own = config.get('architecture');
    const saysArch = typeof own === 'string' && own !== '';
    if (saysArch && own !== platformOf(arch)) {
      others.push(own);
      continue;
    }
    const paths = asList(image.get('Layers'), 'an image in manifest.json has no Layers');
    const layers = paths.map((path) => new Map<string, JsonValue>([['path', path]]));
    return toImage(store, { config, configJson: bytes, digest: sha256(bytes), saysArch }, layers);
  }
  throw noImage(arch, others);
}

function noImage(arch: string, others: readonly string[]): ImageError {
  const there = others.length > 0 ? `its images are for ${[...new Set(others)].join(', ')}` : 'it holds no image';
  return new ImageError(`there is no image for ${arch} (${platformOf(arch)}): ${there}`);
}

interface FoundManifest {
  readonly descriptor: JsonObject;
  readonly platform?: string;
  readonly variant?: string;
}

/** The variants that every machine of an architecture has, under Docker's names. */
const BASE_VARIANTS: Readonly<Record<string, string>> = { amd64: 'v1', arm64: 'v8' };

/** 0 for an image that runs on every machine of the architecture, 1 for others. */
function rankOf({ variant }: FoundManifest, arch: string): number {
  return variant === undefined || variant === '' || variant === BASE_VARIANTS[platformOf(arch)] ? 0 : 1;
}

/** What a search through indexes has come to; whatever is named again is not looked at again. */
interface Search {
  readonly found: FoundManifest[];
  /** Digests of indexes, and of images with the architecture that is said of them. */
  readonly met: Set<string>;
}

/** Image manifests in an index and in the indexes inside it; attestations and what is no image are left out. */
async function findManifests(store: BlobStore, index: JsonObject, search: Search, depth: number): Promise<void> {
  if (depth > BUDGET.indexDepth) throw new ImageError('indexes are nested too deeply');
  const { found, met } = search;
  for (const item of asList(index.get('manifests'), 'index.json has no manifests')) {
    const descriptor = asObject(item, 'a manifest in an index is not an object');
    const type = String(descriptor.get('mediaType') ?? '');
    const annotations = descriptor.get('annotations');
    const platform = descriptor.get('platform');
    const textOf = (key: string) => {
      const value = isObject(platform) ? platform.get(key) : undefined;
      return typeof value === 'string' && value !== '' ? value : undefined;
    };
    if (isObject(annotations) && annotations.has('vnd.docker.reference.type')) continue;
    const architecture = textOf('architecture');
    if (architecture === 'unknown' || (textOf('os') ?? 'linux') !== 'linux' || descriptor.has('artifactType')) continue;
    const isIndex = INDEX_TYPE.test(type);
    const key = `${String(descriptor.get('digest'))} ${isIndex ? '' : (architecture ?? '')}`;
    if (met.has(key)) continue;
    met.add(key);
    if (isIndex) {
      await findManifests(store, (await readDescriptor(store, descriptor)).value, search, depth + 1);
    } else if (type === '' || IMAGE_TYPE.test(type)) {
      const variant = textOf('variant');
      found.push({ descriptor, ...(architecture && { platform: architecture }), ...(variant && { variant }) });
      if (found.length > BUDGET.layoutImages)
        throw new ImageError(`its index lists more than ${BUDGET.layoutImages} images`);
    }
  }
}

async function toImage(
  store: BlobStore,
  { config, ...own }: { config: JsonObject } & Pick<LayoutImage, 'configJson' | 'digest' | 'saysArch'>,
  layers: readonly JsonObject[],
): Promise<LayoutImage> {
  const rootfs = config.get('rootfs');
  const diffIds = isObject(rootfs) ? rootfs.get('diff_ids') : undefined;
  if (layers.length === 0) throw new ImageError('the image has no layers, so it holds nothing');
  if (Array.isArray(diffIds) && diffIds.length !== layers.length)
    throw new ImageError(
      `the image has ${layers.length} layers, but its configuration names ${diffIds.length}: some were lost, or added`,
    );
  const blobs: LayerBlob[] = [];
  for (const [index, layer] of layers.entries()) {
    const digest = layer.get('digest');
    const path = layer.get('path') ?? blobPath(asText(digest, 'a layer has no digest'));
    const name = `layer ${index + 1} (${String(path)})`;
    const type = String(layer.get('mediaType') ?? '');
    if (type.endsWith('+encrypted')) throw new ImageError(`${name} is encrypted, and cannot be read`);
    const blob = await store.open(String(path));
    if (!blob) throw new ImageError(`${name} is missing`);
    const diffId = Array.isArray(diffIds) ? diffIds[index] : undefined;
    blobs.push({
      name,
      blob,
      ...(typeof digest === 'string' && { digest }),
      ...(typeof diffId === 'string' && { diffId }),
    });
  }
  return { config: toContainerConfig(config.get('config')), layers: blobs, ...own };
}

async function readDescriptor(
  store: BlobStore,
  descriptor: JsonObject,
): Promise<{ value: JsonObject; bytes: Uint8Array }> {
  const digest = asText(descriptor.get('digest'), 'a descriptor has no digest');
  const path = blobPath(digest);
  const blob = await store.open(path);
  if (!blob) throw new ImageError(`${path} is missing`);
  const bytes = await readAll(blob, BUDGET.layoutJsonBytes);
  const actual = sha256(bytes);
  if (actual !== digest) throw new ImageError(`${path} is damaged: its digest is ${actual}`);
  return { value: asObject(parse(bytes, path), `${path} is not a JSON object`), bytes };
}

/** Where a layout keeps a blob, from its root. @throws ImageError if the digest is none. */
export function blobPath(digest: string): string {
  const match = /^sha256:([0-9a-f]{64})$/.exec(digest);
  if (!match) throw new ImageError(`the digest "${digest}" is not a sha256 digest`);
  return `blobs/sha256/${match[1]}`;
}

async function readJson(store: BlobStore, path: string): Promise<JsonObject> {
  return asObject(await readJsonValue(store, path), `${path} is not a JSON object`);
}

async function readJsonValue(store: BlobStore, path: string): Promise<JsonValue> {
  return parse(await readBytes(store, path), path);
}

async function readBytes(store: BlobStore, path: string): Promise<Uint8Array> {
  const blob = await store.open(path);
  if (!blob) throw new ImageError(`${path} is missing`);
  return readAll(blob, BUDGET.layoutJsonBytes);
}

/** The digest of bytes as layouts write it. */
export function sha256(bytes: Uint8Array): string {
  return `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
}

function parse(bytes: Uint8Array, path: string): JsonValue {
  const { value, findings } = parseJson(new TextDecoder().decode(bytes));
  if (value === undefined) throw new ImageError(`${path}: ${findings[0]?.message ?? 'not JSON'}`);
  return value;
}

function asObject(value: JsonValue | undefined, message: string): JsonObject {
  if (!isObject(value)) throw new ImageError(message);
  return value;
}

function asList(value: JsonValue | undefined, message: string): JsonValue[] {
  if (!Array.isArray(value)) throw new ImageError(message);
  return value;
}

function asText(value: JsonValue | undefined, message: string): string {
  if (typeof value !== 'string') throw new ImageError(message);
  return value;
}
