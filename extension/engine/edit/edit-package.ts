import { dirname, extname, resolve } from 'node:path';
import { fileEntry } from '../archive/content.ts';
import { type DirectoryEntry, directory, type Entry } from '../archive/entry.ts';
import type { EntryOrder } from '../archive/order.ts';
import { type Archive, openArchive } from '../archive/reader.ts';
import { type Finding, FindingError, finding, hasErrors, inFile } from '../finding.ts';
import type { Blake3 } from '../hash/blake3.ts';
import { ImageBuilder } from '../image/build/build-image.ts';
import { MemorySource } from '../io/byte-source.ts';
import { Closers } from '../io/closers.ts';
import { FileSource } from '../io/file-source.ts';
import { Staging } from '../io/staging.ts';
import { whileUnchanged } from '../io/while-unchanged.ts';
import { pointer } from '../json/json-pointer.ts';
import { checkReplaced } from '../pack/check-replaced.ts';
import { chooseCompression } from '../pack/images/image-compression.ts';
import { type ImageInput, packImages } from '../pack/images/pack-images.ts';
import { secretsInFiles } from '../pack/secrets.ts';
import { type MadePackage, writeVerified } from '../pack/write-verified.ts';
import { isObject, type JsonValue, printJson } from '../package/json.ts';
import { type Manifest, manifestToJson } from '../package/manifest.ts';
import { checkPackage } from '../package/package-rules.ts';
import { parseManifest } from '../package/parse-manifest.ts';
import type { Work } from '../progress.ts';
import { findKey, readKey, type StoredKey } from '../sign/key-store.ts';
import type { PrivateKey } from '../sign/private-key.ts';
import { readVerifiedManifestJson } from '../verify/verify.ts';
import { changeManifest, type ManifestChange } from './manifest-changes.ts';

/** Files of the disk that take the place of those in a package. */
export interface ReplacedFiles {
  readonly license?: string | undefined;
  readonly instructions?: string | undefined;
  /** Its extension says what type of image it is. */
  readonly icon?: string | undefined;
}

export interface EditOptions extends Work {
  /** The package. */
  readonly file: string;
  /** Where the edited package goes; by default it takes the place of the package. */
  readonly output?: string | undefined;
  readonly changes: readonly ManifestChange[];
  readonly files?: ReplacedFiles | undefined;
  /** Images to put in, each for the architecture that it names. */
  readonly images: readonly (ImageInput & { readonly arch: string })[];
  /** File of the signing key; by default the nearest build key from the package's folder up, else the developer key. */
  readonly key?: string | undefined;
  /** By default the order that the package has. */
  readonly order?: EntryOrder | undefined;
  /** Time of images that are made, in seconds since 1970. */
  readonly mtime: number;
  readonly blake3: Blake3;
}

export interface EditResult {
  readonly findings: readonly Finding[];
  readonly made?: MadePackage;
}

/**
 * Changes a package's manifest, puts images into it, or both, and signs it anew: what the reference's `edit` does, but
 * always signed and checked as packing checks it (s9pk-v2 section 6.9). Without changes it is only signed with another key.
 * The package keeps its name and bytes until the edited one is complete and verified.
 * @throws failing I/O and the signal's reason; what is wrong with the package or the changes are findings.
 */
export async function editPackage(options: EditOptions): Promise<EditResult> {
  const findings: Finding[] = [];
  try {
    await using source = await FileSource.open(options.file);
    return await whileUnchanged(source, async () => {
      const archive = await openArchive(source, options);
      const inputs = { checkInputs: () => source.checkUnchanged(), closeInputs: () => source.close() };
      return edit(archive, { ...options, ...inputs }, findings);
    });
  } catch (error) {
    if (!(error instanceof FindingError)) throw error;
    return { findings: inFile(options.file, findings, error.findings) };
  }
}

async function edit(
  archive: Archive,
  options: EditOptions & { checkInputs: () => Promise<void>; closeInputs: () => Promise<void> },
  findings: Finding[],
): Promise<EditResult> {
  const output = resolve(options.output ?? options.file);
  const signer = await signerOf(options);
  findings.push(...signer.findings, ...(await checkReplaced(output, signer)));
  const manifest = await editedManifest(archive.root, options, findings);
  await using staging = await Staging.beside(output);
  await using closers = new Closers();
  const added = await addedImages(manifest, { ...options, signingKey: signer.key }, { staging, closers }, findings);
  const root = directory([
    ...(await withFiles(archive.root, options, { signer, closers }, findings)),
    ['manifest.json', await fileEntry(new MemorySource(encode(manifestToJson(manifest))), options.blake3)],
    ...(added.children.size > 0 ? [['images', merged(archive.root.children.get('images'), added)] as const] : []),
  ]);
  findings.push(...checkPackage(root, manifest));
  if (hasErrors(findings)) throw new FindingError(findings);
  const order = options.order ?? archive.order ?? 'priority';
  const checkInputs = async () => {
    await options.checkInputs();
    await closers.checkUnchanged();
  };
  const made = await writeVerified(root, { ...options, order, signer, staging, checkInputs }, findings);
  return { findings, made };
}

/** The package's own files, those that are given in their place. */
async function withFiles(
  { children }: DirectoryEntry,
  { files = {}, blake3 }: EditOptions,
  { signer, closers }: { signer: StoredKey; closers: Closers },
  findings: Finding[],
): Promise<[string, Entry][]> {
  const { license, instructions, icon } = files;
  const replaced: (readonly [name: string, path: string | undefined])[] = [
    ['LICENSE.md', license],
    ['instructions.md', instructions],
    [`icon${extname(icon ?? '').toLowerCase()}`, icon],
  ];
  const kept = [...children].filter(([name]) => icon === undefined || !/^icon\.[^.]*$/.test(name));
  for (const [name, path] of replaced) {
    if (path === undefined) continue;
    findings.push(...(await secretsInFiles([path], signer.key)));
    kept.push([name, await fileEntry(closers.use(await FileSource.open(resolve(path))), blake3)]);
  }
  return kept;
}

async function signerOf({ key, file }: EditOptions): Promise<StoredKey> {
  const found = key === undefined ? await findKey(dirname(resolve(file))) : await readKey(resolve(key));
  if (found) return found;
  const message =
    'there is no signing key from the folder of the package up; make one with s9pk key create, or give one';
  throw new FindingError([finding('key-missing', message)]);
}

async function editedManifest(root: DirectoryEntry, options: EditOptions, findings: Finding[]): Promise<Manifest> {
  // What was changed since it was signed must not be signed with another key.
  const { value, findings: inJson } = await readVerifiedManifestJson(root, options.blake3);
  findings.push(...inJson);
  if (value === undefined) throw new FindingError(findings);
  const changed = changeManifest(withImages(value, options.images), options.changes);
  const parsed = parseManifest(changed, { keepUnknown: true });
  findings.push(...parsed.findings);
  if (!parsed.manifest || hasErrors(findings)) throw new FindingError(findings);
  return parsed.manifest;
}

/** The manifest lists what is put in. */
function withImages(manifest: JsonValue, images: EditOptions['images']): JsonValue {
  const all = isObject(manifest) ? manifest.get('images') : undefined;
  const changes = [...new Set(images.map(({ id }) => id))].map((id): ManifestChange => {
    const known = isObject(all) ? all.get(id) : undefined;
    const given = images.filter((image) => image.id === id).map(({ arch }) => arch);
    if (!isObject(known)) {
      const fresh: [string, JsonValue][] = [
        ['source', 'packed'],
        ['arch', given],
      ];
      return { path: pointer('/images', id), value: new Map(fresh) };
    }
    const list = known.get('arch');
    const arch = [...new Set([...(Array.isArray(list) ? list : []), ...given])];
    return { path: `${pointer('/images', id)}/arch`, value: arch };
  });
  return changeManifest(manifest, changes);
}

async function addedImages(
  manifest: Manifest,
  options: EditOptions & { readonly signingKey: PrivateKey },
  places: { staging: Staging; closers: Closers },
  findings: Finding[],
): Promise<DirectoryEntry> {
  const wanted = new Map([...manifest.images].map(([id, image]) => [id, { ...image, arch: archOf(id, options) }]));
  const builder = new ImageBuilder({ folder: dirname(options.file), env: process.env, log: () => undefined });
  return packImages(
    { ...manifest, images: wanted },
    { ...options, ...places, ...chooseCompression(manifest, {}, () => undefined), builder },
    findings,
  );
}

function archOf(id: string, { images }: EditOptions): string[] {
  return images.filter((image) => image.id === id).map(({ arch }) => arch);
}

/** The entries of both, those of `added` where both have one. */
function merged(there: Entry | undefined, added: DirectoryEntry): DirectoryEntry {
  if (there?.kind !== 'directory') return added;
  const children = new Map(there.children);
  for (const [name, entry] of added.children) {
    children.set(name, entry.kind === 'directory' ? merged(children.get(name), entry) : entry);
  }
  return directory(children);
}

function encode(manifest: JsonValue): Uint8Array {
  return new TextEncoder().encode(printJson(manifest));
}
