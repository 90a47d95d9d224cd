import { join, resolve } from 'node:path';
import { type DirectoryEntry, walk } from '../../archive/entry.ts';
import { type Finding, FindingError, finding, hasErrors } from '../../finding.ts';
import type { Blake3 } from '../../hash/blake3.ts';
import { ImageBuilder } from '../../image/build/build-image.ts';
import type { OnBuild } from '../../image/build/build-progress.ts';
import type { ImageCache } from '../../image/cache/image-cache.ts';
import { Closers } from '../../io/closers.ts';
import { Staging } from '../../io/staging.ts';
import type { Manifest } from '../../package/manifest.ts';
import { parseManifest } from '../../package/parse-manifest.ts';
import { suggest } from '../../package/suggest.ts';
import type { Work } from '../../progress.ts';
import type { WritableCompressor } from '../../squashfs/codec/compress.ts';
import { type ManifestSource, readManifestSource } from '../bundle/manifest-source.ts';
import { sourceDateEpoch } from '../source-date-epoch.ts';
import { claimWrapper } from '../wrapper-claim.ts';
import { chooseCompression } from './image-compression.ts';
import { type ImageInput, packImages } from './pack-images.ts';
import { selectArch } from './select-arch.ts';

export interface BuildImagesOptions extends Work {
  /** The package folder. */
  readonly folder: string;
  /** Ids of the images; none: all. */
  readonly ids: readonly string[];
  /** Architectures; none: all that the manifest allows. */
  readonly arch: readonly string[];
  readonly images: readonly ImageInput[];
  readonly builder?: string | undefined;
  readonly cache?: ImageCache | undefined;
  /** As for packing, so that packing finds the same images. */
  readonly compressor?: WritableCompressor | undefined;
  readonly level?: number | undefined;
  readonly env: NodeJS.ProcessEnv;
  readonly blake3: Blake3;
  readonly log: (line: string) => void;
  readonly onBuild?: OnBuild | undefined;
}

/** A squashfs image that was made. */
export interface BuiltImage {
  readonly id: string;
  readonly arch: string;
  /** Bytes. */
  readonly size: number;
}

export interface BuildImagesResult {
  readonly findings: readonly Finding[];
  readonly manifestFile?: string;
  readonly built: readonly BuiltImage[];
}

/**
 * Reads a wrapper's manifest, narrowed to what is wanted of it. Runs the wrapper's own code, for trusted folders only,
 * unless its text said all.
 * @param known the manifest as its text alone tells it
 */
export async function readImages(
  options: Pick<BuildImagesOptions, 'folder' | 'ids' | 'arch' | 'signal' | 'log' | 'onProgress'>,
  known?: ManifestSource,
): Promise<{ manifest?: Manifest; manifestFile?: string; findings: Finding[] }> {
  const folder = resolve(options.folder);
  const findings: Finding[] = [];
  try {
    const source = known ?? (await readBuilt(folder, options));
    const parsed = parseManifest(source.value);
    findings.push(...source.findings, ...parsed.findings);
    const { file: manifestFile } = source;
    if (!parsed.manifest) return { findings, manifestFile };
    const selected = selectArch(parsed.manifest, options.arch, findings);
    for (const id of options.ids) {
      if (selected.images.has(id)) continue;
      const near = suggest(id, selected.images.keys());
      const hint = near === undefined ? '' : `; did you mean "${near}"?`;
      findings.push(finding('image-source-missing', `the manifest has no image "${id}"${hint}`, { path: '/images' }));
    }
    const isWanted = (id: string) => options.ids.length === 0 || options.ids.includes(id);
    const images = new Map([...selected.images].filter(([id]) => isWanted(id)));
    return { manifest: { ...selected, images }, manifestFile, findings };
  } catch (error) {
    if (!(error instanceof FindingError)) throw error;
    return { findings: [...error.findings] };
  }
}

/** The manifest that the wrapper's bundle gives, which is built if need be, by one at a time. */
async function readBuilt(
  folder: string,
  options: Pick<BuildImagesOptions, 'signal' | 'log' | 'onProgress'>,
): Promise<ManifestSource> {
  await using _ = await claimWrapper(folder, options);
  return await readManifestSource({
    folder,
    javascript: join(folder, 'javascript'),
    build: 'auto',
    check: 'auto',
    signal: options.signal,
    log: options.log,
    onStage: (stage) => options.onProgress?.({ stage, done: 0, total: 0 }),
  });
}

/** Builds the images of a wrapper and makes them into squashfs images in the cache, so that packing finds them there. */
export async function buildImages(options: BuildImagesOptions): Promise<BuildImagesResult> {
  const { manifest, manifestFile, findings } = await readImages(options);
  const place = { ...(manifestFile !== undefined && { manifestFile }) };
  if (!manifest || hasErrors(findings)) return { findings, built: [], ...place };
  const folder = resolve(options.folder);
  await using staging = await Staging.beside(join(folder, 'images'));
  await using closers = new Closers();
  const builder = new ImageBuilder({ ...options, folder });
  const mtime = sourceDateEpoch(options.env);
  const compression = chooseCompression(manifest, options, options.log);
  const made = await packImages(manifest, { ...options, ...compression, staging, closers, builder, mtime }, findings);
  return { findings, built: listImages(made), ...place };
}

function listImages(images: DirectoryEntry): BuiltImage[] {
  return [...walk(images)].flatMap(([[arch = '', name = ''], entry]) => {
    if (entry.kind !== 'file' || !name.endsWith('.squashfs')) return [];
    return [{ id: name.replace(/\.squashfs$/, ''), arch, size: Number(entry.size) }];
  });
}
