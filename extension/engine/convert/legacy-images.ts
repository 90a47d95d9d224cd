import { printableName } from '../archive/names.ts';
import { BUDGET } from '../budget.ts';
import { readImagesSection, SINGLE, stemOf } from '../docker-images/images-section.ts';
import { archOfSaved } from '../docker-images/saved-arch.ts';
import { isSameVersion, parseImageTag, readSavedImages, type SavedImage } from '../docker-images/saved-images.ts';
import { type Finding, finding, hasErrors } from '../finding.ts';
import { ImageError } from '../image/image-error.ts';
import type { ByteSource } from '../io/byte-source.ts';
import type { ImageInput, SavedInput } from '../pack/images/pack-images.ts';
import type { JsonObject, JsonValue } from '../package/json.ts';
import { ARCHITECTURES } from '../package/parse-images.ts';
import { TarError } from '../tar/tar-error.ts';
import type { ConversionNotes } from './conversion-notes.ts';
import { objectAt } from './new-terms.ts';
import { type UsedImage, usedImages } from './used-images.ts';

/** The images of a package for StartOS 0.3, as one for 0.4 has them. */
export interface LegacyImages {
  /** `images` of the new manifest. */
  readonly config: JsonObject;
  /** Where each image for each architecture comes from. */
  readonly inputs: readonly (ImageInput | SavedInput)[];
}

/** The tags in the archive for one architecture. */
interface Archive {
  /** Its name in the section. */
  readonly name: string;
  readonly arch: string;
  readonly content: ByteSource;
  readonly tags: readonly string[];
}

/**
 * Finds the image of every procedure in the archives of all architectures (s9pk-v1 section 2.3). What is wrong with them, all of it,
 * goes into `findings`.
 * @param given images from disk, which go before those of the package, and are all there is of system images
 */
export async function findLegacyImages(
  section: ByteSource,
  manifest: JsonObject,
  given: readonly ImageInput[],
  { notes, findings }: { readonly notes: ConversionNotes; readonly findings: Finding[] },
): Promise<LegacyImages> {
  const archives = await readArchives(section, manifest, notes, findings);
  // Of what cannot be read it was said already.
  const isBare = archives.length === 0 && !hasErrors(findings);
  const inputs: (ImageInput | SavedInput)[] = [];
  const config = new Map<string, JsonValue>();
  const taken = new Set<string>();
  for (const [id, used] of usedImages(manifest)) {
    const own = given.filter((input) => input.id === id);
    const found = new Map<string, ImageInput | SavedInput>();
    const lacking: Archive[] = [];
    for (const archive of archives) {
      const tag = archive.tags.find((candidate) => isTagOf(candidate, id, used, manifest));
      if (tag !== undefined) {
        found.set(archive.arch, { id, arch: archive.arch, archive: archive.content, tag });
        taken.add(`${archive.name} ${tag}`);
      } else lacking.push(archive);
    }
    for (const input of own)
      for (const arch of input.arch === undefined ? archives.map((one) => one.arch) : [input.arch])
        found.set(arch, input);
    const missing = lacking.filter(({ arch }) => !found.has(arch));
    if (missing.length > 0 || isBare) reportMissing(id, used, missing, notes, findings);
    if (found.size === 0) continue;
    inputs.push(...new Set(found.values()));
    config.set(id, imageConfig(id, [...found.keys()].sort(), manifest, notes));
  }
  const strange = given.filter(({ id }) => !config.has(id));
  noteUnused(archives, taken, notes);
  return { config, inputs: [...inputs, ...strange] };
}

/** What is thrown for archives that are not what they should be. */
const UNREADABLE = [TarError, ImageError, SyntaxError, RangeError];

async function readArchives(
  section: ByteSource,
  manifest: JsonObject,
  notes: ConversionNotes,
  findings: Finding[],
): Promise<Archive[]> {
  const { archives, isMulti, findings: found } = await readImagesSection(section);
  findings.push(...found);
  const read: Archive[] = [];
  for (const [name, content] of archives) {
    const path = isMulti ? `docker_images/${printableName(name)}` : 'docker_images';
    try {
      const images = await readSavedImages(content);
      if (!images) throw new ImageError('it has no manifest.json, which says what images there are');
      const arch = isMulti ? stemOf(name) : await archIn(content, images, manifest);
      const tags = images.flatMap((image) => image.tags ?? []).slice(0, BUDGET.imageTags);
      if ((ARCHITECTURES as readonly string[]).includes(arch)) read.push({ name, arch, content, tags });
      else notes.lost(path, undefined, `no device with StartOS 0.4 has the architecture ${printableName(arch)}`);
    } catch (error) {
      if (!UNREADABLE.some((kind) => error instanceof kind)) throw error;
      const shown = name === SINGLE ? 'the archive of images' : printableName(name);
      findings.push(finding('image-unreadable', `${shown} cannot be read: ${(error as Error).message}`, { path }));
    }
  }
  return read;
}

/**
 * The architecture of a package's only archive: what its images say, else what the manifest demands.
 * @throws ImageError if neither says it; TarError, SyntaxError, RangeError
 */
async function archIn(tar: ByteSource, images: readonly SavedImage[], manifest: JsonObject): Promise<string> {
  const said = await archOfSaved(tar, images);
  if (said !== undefined) return said;
  const demanded = objectAt(manifest, 'hardware-requirements').get('arch');
  const [only, ...more] = Array.isArray(demanded) ? demanded : [];
  if (typeof only === 'string' && more.length === 0) return only;
  throw new ImageError('neither its images nor hardware-requirements say which architecture they are for');
}

function isTagOf(tag: string, id: string, { isSystem }: UsedImage, manifest: JsonObject): boolean {
  if (isSystem) return tag === `start9/${id}:latest`;
  const parsed = parseImageTag(tag);
  if (!parsed || parsed.image !== id || parsed.packageId !== manifest.get('id')) return false;
  return isSameVersion(parsed.version, String(manifest.get('version')));
}

/** How the manifest of 0.4 lists an image, and what devices of other architectures do with it. */
function imageConfig(id: string, arch: string[], manifest: JsonObject, notes: ConversionNotes): JsonObject {
  const demanded = objectAt(manifest, 'hardware-requirements').get('arch') ?? null;
  const isForAll = Array.isArray(demanded) && demanded.every((name) => arch.includes(String(name)));
  // The SDK's choice among them, for servers that know only this.
  const preferred = arch.includes('x86_64') ? 'x86_64' : (arch[0] ?? null);
  if (!isForAll) {
    const why =
      demanded === null
        ? 'the manifest allows all devices, and StartOS 0.4 has to know what those of other architectures run'
        : 'the manifest allows devices for which there is no image';
    notes.changed(
      `/hardware-requirements/arch`,
      demanded,
      new Map([[`images/${id}/emulateMissing`, true]]),
      `${why}: they emulate ${preferred}`,
    );
  }
  return new Map<string, JsonValue>([
    ['source', 'packed'],
    ['arch', arch],
    ['emulateMissing', !isForAll],
    ...(isForAll ? [] : ([['emulateMissingAs', preferred]] as const)),
    ['nvidiaContainer', false],
  ]);
}

function reportMissing(
  id: string,
  { isSystem, procedures }: UsedImage,
  archives: readonly Archive[],
  notes: ConversionNotes,
  findings: Finding[],
): void {
  const [first = ''] = procedures;
  const path = `${first}/image`;
  const where = archives.length > 0 ? ` for ${archives.map(({ arch }) => arch).join(', ')}` : '';
  if (isSystem) {
    const who = procedures.map((procedure) => procedure.slice(1)).join(', ');
    const message = `the image "${id}" came with StartOS 0.3 and is not in the package${where}: ${who} will fail on StartOS 0.4 until it is put in (--image ${id}:ARCH=PATH, made from start9/${id}:latest)`;
    findings.push(finding('convert-system-image', message, { path }));
  } else if (procedures.every((procedure) => procedure.startsWith('/dependencies/')))
    notes.lost(path, id, `there is no image "${id}"${where} in the package`);
  else findings.push(finding('image-tag', `there is no image "${id}"${where}, which the manifest uses`, { path }));
}

function noteUnused(archives: readonly Archive[], taken: ReadonlySet<string>, notes: ConversionNotes): void {
  const unused = archives.flatMap(({ name, tags }) =>
    tags.filter((tag) => !taken.has(`${name} ${tag}`)).map((tag) => ({ name, tag })),
  );
  for (const [tag, all] of Map.groupBy(unused, (one) => one.tag)) {
    const names = all.map(({ name }) => printableName(name)).join(' and ');
    notes.lost('docker_images', undefined, `${printableName(tag)} in ${names} is left out; no procedure runs it`);
  }
}
