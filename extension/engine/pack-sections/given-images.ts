import { resolve } from 'node:path';
import { writeGivenArchive } from '../docker-images/given-archive.ts';
import { ARCHITECTURES_03 } from '../docker-images/images-section.ts';
import { type Finding, finding } from '../finding.ts';
import type { Staging } from '../io/staging.ts';
import { findInput, type ImageInput } from '../pack/images/pack-images.ts';
import type { JsonObject } from '../package/json.ts';
import type { Work } from '../progress.ts';
import { archivesToBuild } from './wrapper-files.ts';

export interface GivenImagesOptions extends Work {
  /** The package folder. */
  readonly folder: string;
  readonly manifest: JsonObject;
  /** Ids of the images that procedures run. */
  readonly used: readonly string[];
  readonly images: readonly ImageInput[];
  /** Architectures that are asked for; none: those of the images. */
  readonly wanted: readonly string[];
  readonly staging: Staging;
}

/** What is wrong before anything is built or written: images that the manifest does not run, or that one has and another lacks. */
export async function checkGivenImages(options: Omit<GivenImagesOptions, 'staging'>): Promise<Finding[]> {
  const where = { path: '/assets/docker-images' };
  const unknown = options.images.filter(({ id }) => !options.used.includes(id));
  const findings = unknown.map(({ id }) =>
    finding('image-source-invalid', `no procedure of the manifest runs the image "${id}", which is given`, where),
  );
  for (const { id, arch } of options.images) {
    if (arch === undefined || ARCHITECTURES_03.some((known) => known === arch)) continue;
    const message = `image ${id} is given for ${arch}; devices with StartOS 0.3 are ${ARCHITECTURES_03.join(' and ')}`;
    findings.push(finding('arch-unsupported', message, where));
  }
  for (const arch of await archesOf(options)) {
    for (const id of options.used) {
      if (findInput(options.images, id, arch)) continue;
      const message = `image ${id} for ${arch} must be given, too: --image ${id}:${arch}=PATH (or the setting s9pk.images)`;
      findings.push(finding('image-source-missing', message, where));
    }
  }
  return findings;
}

/** Puts given images together, into one archive for each architecture. @throws FindingError if one cannot be taken */
export async function makeGivenArchives(options: GivenImagesOptions): Promise<{ arch: string; path: string }[]> {
  const { manifest, staging } = options;
  const archives: { arch: string; path: string }[] = [];
  for (const arch of await archesOf(options)) {
    const path = staging.path(`${arch}.tar`);
    const images = options.used.flatMap((id) => {
      const input = findInput(options.images, id, arch);
      return input ? [{ id, path: resolve(input.path) }] : [];
    });
    const own = { id: String(manifest.get('id')), version: String(manifest.get('version')) };
    const scratch = staging.path(`layers-${arch}`);
    await writeGivenArchive({ ...options, ...own, arch, images, target: path, scratch });
    archives.push({ arch, path });
  }
  return archives;
}

/** What is asked for; else what the images are for; of those that do not say it, all that the hardware allows. */
async function archesOf({ folder, manifest, images, wanted }: Omit<GivenImagesOptions, 'staging'>): Promise<string[]> {
  if (wanted.length > 0) return ARCHITECTURES_03.filter((arch) => wanted.includes(arch));
  const isAny = images.every(({ arch }) => arch === undefined);
  if (isAny) return (await archivesToBuild(folder, manifest, [])).map(({ arch }) => arch);
  return ARCHITECTURES_03.filter((known) => images.some(({ arch }) => arch === known));
}
