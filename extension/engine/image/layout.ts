import { createHash } from 'node:crypto';
import { type ByteSource, readAll } from '../io/byte-source.ts';
import { isObject, type JsonObject, type JsonValue, parseJson } from '../package/json.ts';
import type { BlobStore } from './blob-store.ts';
import type { ContainerConfig } from './image-config.ts';
import { ImageError } from './image-error.ts';

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
  readonly layers: readonly LayerBlob[];
}

/** Architecture names of container tools for those of StartOS. */
const PLATFORM: ReadonlyMap<string, string> = new Map([
  ['x86_64', 'amd64'],
  ['aarch64', 'arm64'],
]);

/** The container world's name of a StartOS architecture: `x86_64` is `amd64` there. */
export function platformOf(arch: string): string {
  return PLATFORM.get(arch) ?? arch;
}

/** Manifests, indexes and configurations are small; anything larger is not one. */
const MAX_JSON = 16 << 20;
const MAX_INDEX_DEPTH = 4;

/**
 * Finds the image for an architecture in an OCI layout.
 * @throws ImageError if there is none, several, or its configuration is for another architecture.
 */
export async function readOciLayout(store: BlobStore, arch: string): Promise<LayoutImage> {
  const index = await readJson(store, 'index.json');
  const matching: LayoutImage[] = [];
  const others: string[] = [];
  const seen = new Set<JsonValue | undefined>();
  for (const { descriptor, platform } of await findManifests(store, index, 0)) {
    // An image with several tags is listed once for each.
    if (seen.has(descriptor.get('digest'))) continue;
    seen.add(descriptor.get('digest'));
    if (platform !== undefined && platform !== platformOf(arch)) {
      others.push(platform);
      continue;
    }
    const manifest = await readDescriptor(store, descriptor);
    const configBlob = asObject(manifest.get('config'), 'the image manifest has no config');
    const config = await readDescriptor(store, configBlob);
    if (config.get('architecture') !== platformOf(arch)) {
      others.push(String(config.get('architecture')));
      continue;
    }
    const layers = asList(manifest.get('layers'), 'the image manifest has no layers');
    const image = await toImage(
      store,
      { config, digest: asText(configBlob.get('digest'), 'the config has no digest') },
      layers.map((layer) => asObject(layer, 'a layer is not an object')),
    );
    matching.push(image);
  }
  return onlyOne(matching, arch, others);
}

/** Finds the image for an architecture in what `docker save` writes. @throws ImageError as for an OCI layout. */
export async function readDockerArchive(store: BlobStore, arch: string): Promise<LayoutImage> {
  const list = asList(await readJsonValue(store, 'manifest.json'), 'manifest.json is not a list of images');
  const matching: LayoutImage[] = [];
  const others: string[] = [];
  for (const item of list) {
    const image = asObject(item, 'an image in manifest.json is not an object');
    const path = asText(image.get('Config'), 'an image in manifest.json has no Config');
    const bytes = await readBytes(store, path);
    const config = asObject(parse(bytes, path), `${path} is not a JSON object`);
    if (config.get('architecture') !== platformOf(arch)) {
      others.push(String(config.get('architecture')));
      continue;
    }
    const paths = asList(image.get('Layers'), 'an image in manifest.json has no Layers');
    const layers = paths.map((path) => new Map<string, JsonValue>([['path', path]]));
    matching.push(await toImage(store, { config, digest: sha256(bytes) }, layers));
  }
  return onlyOne(matching, arch, others);
}

function onlyOne(images: readonly LayoutImage[], arch: string, others: readonly string[]): LayoutImage {
  const [image] = images;
  if (image && images.length === 1) return image;
  if (image) throw new ImageError(`there are ${images.length} images for ${arch}; keep one`);
  const there = others.length > 0 ? `its images are for ${[...new Set(others)].join(', ')}` : 'it holds no image';
  throw new ImageError(`there is no image for ${arch} (${platformOf(arch)}): ${there}`);
}

interface FoundManifest {
  readonly descriptor: JsonObject;
  readonly platform?: string;
}

/** Image manifests in an index and in the indexes inside it; attestations are left out. */
async function findManifests(store: BlobStore, index: JsonObject, depth: number): Promise<FoundManifest[]> {
  if (depth > MAX_INDEX_DEPTH) throw new ImageError('indexes are nested too deeply');
  const found: FoundManifest[] = [];
  for (const item of asList(index.get('manifests'), 'index.json has no manifests')) {
    const descriptor = asObject(item, 'a manifest in an index is not an object');
    const type = String(descriptor.get('mediaType') ?? '');
    const annotations = descriptor.get('annotations');
    const platform = descriptor.get('platform');
    const architecture = isObject(platform) ? platform.get('architecture') : undefined;
    if (isObject(annotations) && annotations.has('vnd.docker.reference.type')) continue;
    const system = isObject(platform) ? (platform.get('os') ?? 'linux') : 'linux';
    if (architecture === 'unknown' || system !== 'linux') continue;
    if (type.includes('index') || type.includes('manifest.list')) {
      found.push(...(await findManifests(store, await readDescriptor(store, descriptor), depth + 1)));
    } else {
      found.push({ descriptor, ...(typeof architecture === 'string' && { platform: architecture }) });
    }
  }
  return found;
}

async function toImage(
  store: BlobStore,
  { config, digest: configDigest }: { config: JsonObject; digest: string },
  layers: readonly JsonObject[],
): Promise<LayoutImage> {
  const rootfs = config.get('rootfs');
  const diffIds = isObject(rootfs) ? rootfs.get('diff_ids') : undefined;
  const blobs: LayerBlob[] = [];
  for (const [index, layer] of layers.entries()) {
    const digest = layer.get('digest');
    const path = layer.get('path') ?? blobPath(asText(digest, 'a layer has no digest'));
    const name = `layer ${index + 1} (${String(path)})`;
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
  return { config: toConfig(config.get('config')), layers: blobs, digest: configDigest };
}

function toConfig(value: JsonValue | undefined): ContainerConfig {
  const config: JsonObject = isObject(value) ? value : new Map();
  const texts = (key: string) => {
    const list = config.get(key);
    return Array.isArray(list) ? list.map(String) : null;
  };
  const text = (key: string) => (typeof config.get(key) === 'string' ? String(config.get(key)) : '');
  return {
    env: texts('Env') ?? [],
    workdir: text('WorkingDir'),
    user: text('User'),
    entrypoint: texts('Entrypoint'),
    cmd: texts('Cmd'),
  };
}

async function readDescriptor(store: BlobStore, descriptor: JsonObject): Promise<JsonObject> {
  const digest = asText(descriptor.get('digest'), 'a descriptor has no digest');
  const path = blobPath(digest);
  const blob = await store.open(path);
  if (!blob) throw new ImageError(`${path} is missing`);
  const bytes = await readAll(blob, MAX_JSON);
  const actual = sha256(bytes);
  if (actual !== digest) throw new ImageError(`${path} is damaged: its digest is ${actual}`);
  return asObject(parse(bytes, path), `${path} is not a JSON object`);
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
  return readAll(blob, MAX_JSON);
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
