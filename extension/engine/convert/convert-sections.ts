import { mkdir } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { fileEntry } from '../archive/content.ts';
import { type DirectoryEntry, directory } from '../archive/entry.ts';
import type { EntryOrder } from '../archive/order.ts';
import { BUDGET } from '../budget.ts';
import { type Finding, FindingError, finding, hasErrors, inFile } from '../finding.ts';
import type { Blake3 } from '../hash/blake3.ts';
import { ImageBuilder } from '../image/build/build-image.ts';
import type { ImageCache } from '../image/cache/image-cache.ts';
import { ImageError } from '../image/image-error.ts';
import { readRootTar } from '../image/layer-merge.ts';
import { type ByteSource, MemorySource, readAll } from '../io/byte-source.ts';
import { Closers } from '../io/closers.ts';
import { FileSource } from '../io/file-source.ts';
import { Staging } from '../io/staging.ts';
import { whileUnchanged } from '../io/while-unchanged.ts';
import { WindowSource } from '../io/window-source.ts';
import { checkReplaced } from '../pack/check-replaced.ts';
import { findSigner } from '../pack/find-signer.ts';
import { chooseCompression } from '../pack/images/image-compression.ts';
import { SecretWatch } from '../pack/images/image-secrets.ts';
import { type ImageInput, packImages } from '../pack/images/pack-images.ts';
import { type PackTreeOptions, packTree } from '../pack/images/pack-tree.ts';
import { outputPath } from '../pack/output-name.ts';
import { secretIn } from '../pack/secrets.ts';
import { type MadePackage, writeVerified } from '../pack/write-verified.ts';
import { type JsonObject, printJson } from '../package/json.ts';
import { type Manifest, manifestToJson } from '../package/manifest.ts';
import { checkPackage } from '../package/package-rules.ts';
import { parseManifest } from '../package/parse-manifest.ts';
import type { Work } from '../progress.ts';
import type { SectionLabel } from '../sections/header.ts';
import { type OpenSections, openSections, verifiedHash } from '../sections/open.ts';
import { findKey, type StoredKey } from '../sign/key-store.ts';
import { fingerprint } from '../sign/private-key.ts';
import type { WritableCompressor } from '../squashfs/codec/compress.ts';
import type { DirectoryNode } from '../squashfs/node.ts';
import { SquashfsError } from '../squashfs/squashfs-error.ts';
import { TarError } from '../tar/tar-error.ts';
import { type Change, ConversionNotes } from './conversion-notes.ts';
import { iconName } from './icon-name.ts';
import { javascriptTree } from './javascript-tree.ts';
import { findLegacyImages, type LegacyImages } from './legacy-images.ts';
import { newManifest } from './new-manifest.ts';

export interface ConvertSectionsOptions extends Work {
  /** The package for StartOS 0.3. */
  readonly file: string;
  /** Where the converted one goes, perhaps a folder; by default it takes the place of the package. */
  readonly output?: string | undefined;
  /** File of the signing key; by default the nearest build key from the package's folder up, else the identity key. */
  readonly key?: string | undefined;
  /** Images from disk, above all those that StartOS 0.3 brought itself; paths relative to the process's current folder. */
  readonly images?: readonly ImageInput[];
  readonly compressor?: WritableCompressor | undefined;
  readonly level?: number | undefined;
  readonly order?: EntryOrder | undefined;
  /** Keeps squashfs images between runs. */
  readonly cache?: ImageCache | undefined;
  /** Time of images that are made, in seconds since 1970. */
  readonly mtime: number;
  readonly blake3: Blake3;
  readonly log?: ((line: string) => void) | undefined;
}

export interface ConvertSectionsResult {
  readonly findings: readonly Finding[];
  /** Every value that is another one, or gone. */
  readonly changes: readonly Change[];
  readonly made?: MadePackage;
}

/**
 * Converts a package for StartOS 0.3 into one for 0.4 (s9pk-v1 section 8), for all architectures that it has images for, and signs it
 * anew: the author's signature was over other bytes. Servers run what it holds by a compatibility layer. No container engine is
 * needed, and equal packages and keys give equal bytes.
 * The package keeps its name and bytes until the converted one is complete and verified.
 * @throws failing I/O and the signal's reason; what is wrong with the package is findings.
 */
export async function convertSections(options: ConvertSectionsOptions): Promise<ConvertSectionsResult> {
  const run = new ConversionRun(options);
  try {
    return run.result([], await run.convert());
  } catch (error) {
    if (!(error instanceof FindingError)) throw error;
    const isRotten = error.findings.some(({ code }) => code === 'content-hash');
    // A disk that lost something of a kept image does not change its times: then nothing that is kept is believed.
    if (isRotten && options.cache && !options.cache.isParanoid)
      return convertSections({ ...options, cache: options.cache.doubting() });
    return run.result(error.findings);
  }
}

/** What servers show where the author wrote nothing. */
const NO_INSTRUCTIONS = '# Instructions\n\nThis package was made for StartOS 0.3 and came without instructions.\n';

/** Bytes of a section that is looked at as a whole. */
const MAX_TEXT = BUDGET.scriptBytes;

class ConversionRun {
  private readonly findings: Finding[] = [];
  private readonly notes = new ConversionNotes();
  private readonly options: ConvertSectionsOptions;

  constructor(options: ConvertSectionsOptions) {
    this.options = options;
  }

  result(more: readonly Finding[], made?: MadePackage): ConvertSectionsResult {
    const findings = inFile(this.options.file, this.notes.findings, this.findings, more);
    return { findings, changes: this.notes.changes, ...(made && { made }) };
  }

  async convert(): Promise<MadePackage> {
    await using source = await FileSource.open(this.options.file);
    return await whileUnchanged(source, () => this.convertFrom(source));
  }

  private async convertFrom(source: FileSource): Promise<MadePackage> {
    const { options, findings, notes } = this;
    const opened = await openSections(source);
    const signer = await findSigner(dirname(resolve(options.file)), options.key, findKey, findings);
    // What becomes of a package is of no interest where nothing can be made of it.
    if (!signer) throw new FindingError(findings);
    await verifiedHash(opened, options);
    const output = await outputPath(options.output, resolve(options.file));
    findings.push(...(await checkReplaced(output, signer)));
    const images = await findLegacyImages(
      this.section(opened, 'docker_images'),
      opened.manifest,
      options.images ?? [],
      {
        notes,
        findings,
      },
    );
    const manifest = this.newManifestOf(opened.manifest, images);
    this.stopOnErrors();
    if (!manifest) throw new FindingError(findings);
    this.noteSigner(opened, signer);
    await mkdir(dirname(output), { recursive: true });
    await using staging = await Staging.beside(output);
    await using closers = new Closers();
    const compression = chooseCompression(manifest, options, options.log ?? (() => undefined));
    const context = { ...options, ...compression, staging, closers };
    const root = await this.makeTree(opened, manifest, images, signer, context);
    findings.push(...this.checkTree(root, manifest));
    this.stopOnErrors();
    const checkInputs = async () => {
      await source.checkUnchanged();
      await closers.checkUnchanged();
    };
    const closeInputs = () => source.close();
    const order = options.order ?? 'priority';
    const how = { ...options, order, signer, staging, checkInputs, closeInputs } as const;
    return await writeVerified(root, how, findings);
  }

  private stopOnErrors(): void {
    if (hasErrors(this.findings)) throw new FindingError(this.findings);
  }

  private section({ sections }: OpenSections, label: SectionLabel): ByteSource {
    return sections.get(label) ?? new MemorySource(new Uint8Array(0));
  }

  private newManifestOf(old: JsonObject, { config }: LegacyImages): Manifest | undefined {
    const { manifest, findings } = parseManifest(newManifest(old, config, this.notes), { keepUnknown: true });
    this.findings.push(...findings);
    return manifest;
  }

  /** Files of an image that could not be made are missing for a reason that was told. */
  private checkTree(root: DirectoryEntry, manifest: Manifest): Finding[] {
    const found = checkPackage(root, manifest);
    if (!hasErrors(this.findings)) return found;
    return found.filter(({ code, where }) => code !== 'file-missing' || !where.path?.startsWith('images/'));
  }

  private noteSigner({ header }: OpenSections, { key }: StoredKey): void {
    const [before, after] = [fingerprint(header.publicKey), fingerprint(key.publicKey)];
    if (before !== after) this.notes.changed('signer', before, after, 'the old signature is over other bytes');
  }

  private async makeTree(
    opened: OpenSections,
    manifest: Manifest,
    { inputs }: LegacyImages,
    signer: StoredKey,
    context: PackTreeOptions,
  ): Promise<DirectoryEntry> {
    const { options, findings, notes } = this;
    const { mtime, blake3, signal } = options;
    const builder = new ImageBuilder({ folder: dirname(options.file), env: process.env, log: () => undefined });
    const images = await packImages(
      manifest,
      { ...context, images: inputs, builder, cache: options.cache, signingKey: signer.key },
      findings,
    );
    const bytesOf = async (label: SectionLabel) => {
      const bytes = await this.smallSection(opened, label);
      this.refuseOwnKey(label, bytes, signer);
      return bytes;
    };
    const icon = await bytesOf('icon');
    const instructions = await bytesOf('instructions');
    const scripts = opened.sections.get('scripts');
    if (scripts) await bytesOf('scripts');
    if (instructions.length === 0)
      notes.changed('instructions', '', NO_INSTRUCTIONS, 'the package has none, and StartOS 0.4 wants some');
    const inMemory = (bytes: Uint8Array) => fileEntry(new MemorySource(bytes), blake3);
    const text = (content: string) => new TextEncoder().encode(content);
    const javascript = javascriptTree(opened.manifest, scripts, mtime);
    const readingAssets = <T>(read: () => Promise<T>) => this.readingAssets(read);
    // Folders by volume, with the owners, modes and times that they have in the package.
    const assets = await readingAssets(() => readRootTar(new WindowSource(this.section(opened, 'assets')), signal));
    const watch = new SecretWatch(signer.key);
    const squashed = (root: DirectoryNode, name: string) =>
      packTree(root, name, name, { ...context, onSmallFile: watch.look });
    const root = directory([
      ['manifest.json', await inMemory(text(printJson(manifestToJson(manifest))))],
      [iconName(opened.manifest, icon, notes), await inMemory(icon)],
      ['LICENSE.md', await inMemory(await bytesOf('license'))],
      ['instructions.md', await inMemory(instructions.length === 0 ? text(NO_INSTRUCTIONS) : instructions)],
      ['javascript.squashfs', await squashed(javascript, 'javascript.squashfs')],
      ['assets.squashfs', await readingAssets(() => squashed(assets, 'assets.squashfs'))],
      ...(images.children.size > 0 ? [['images', images] as const] : []),
    ]);
    for (const path of watch.paths(assets, 'own')) this.reportOwnKey(`assets${path}`);
    return root;
  }

  private async smallSection(opened: OpenSections, label: SectionLabel): Promise<Uint8Array> {
    try {
      return await readAll(this.section(opened, label), MAX_TEXT);
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      throw new FindingError([...this.findings, finding('input-unsuitable', error.message, { path: label })]);
    }
  }

  /** Keys of others were published with the package; the own one is not yet. */
  private refuseOwnKey(label: SectionLabel, bytes: Uint8Array, { key }: StoredKey): void {
    if (secretIn(bytes, key) === 'own') this.reportOwnKey(label);
  }

  private reportOwnKey(path: string): void {
    const message = `${path} holds the key that signs the package, for everybody to read`;
    this.findings.push(finding('key-in-package', message, { path }));
  }

  /** What no file system can hold is found when the tar is read, or when it is written. */
  private async readingAssets<T>(read: () => Promise<T>): Promise<T> {
    try {
      return await read();
    } catch (error) {
      if (!(error instanceof TarError || error instanceof ImageError || error instanceof SquashfsError)) throw error;
      const message = `the assets cannot be read: ${error.message}`;
      throw new FindingError([...this.findings, finding('image-unreadable', message, { path: 'assets' })]);
    }
  }
}
