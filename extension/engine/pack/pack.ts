import { mkdir, stat } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { fileEntry } from '../archive/content.ts';
import { type DirectoryEntry, directory, type Entry } from '../archive/entry.ts';
import { printableName } from '../archive/names.ts';
import type { EntryOrder } from '../archive/order.ts';
import { type Finding, FindingError, finding, hasErrors, inFile } from '../finding.ts';
import type { Blake3 } from '../hash/blake3.ts';
import { ImageBuilder } from '../image/build/build-image.ts';
import type { OnBuild } from '../image/build/build-progress.ts';
import type { ImageCache } from '../image/cache/image-cache.ts';
import { MemorySource } from '../io/byte-source.ts';
import { Closers } from '../io/closers.ts';
import { FileSource } from '../io/file-source.ts';
import { Staging } from '../io/staging.ts';
import { printJson } from '../package/json.ts';
import { type Dependency, type ImageConfig, type Manifest, manifestToJson } from '../package/manifest.ts';
import { checkPackage } from '../package/package-rules.ts';
import { parseManifest } from '../package/parse-manifest.ts';
import type { Work } from '../progress.ts';
import { findKey, type StoredKey } from '../sign/key-store.ts';
import type { WritableCompressor } from '../squashfs/codec/compress.ts';
import { readFolder } from '../squashfs/folder-tree.ts';
import type { DirectoryNode } from '../squashfs/node.ts';
import type { BuildOptions } from './bundle/build-options.ts';
import { type ManifestSource, readManifestSource } from './bundle/manifest-source.ts';
import { checkReplaced } from './check-replaced.ts';
import { type DependencyIcon, packDependencies } from './dependencies/dependency-metadata.ts';
import type { IconCache } from './dependencies/icon-cache.ts';
import { findSigner } from './find-signer.ts';
import { gitHash } from './git-hash.ts';
import { chooseCompression } from './images/image-compression.ts';
import { checkImageFiles, type ImageInput, packImages } from './images/pack-images.ts';
import { checkEmulation, checkWanted, selectArch } from './images/select-arch.ts';
import { findInputs, type InputPaths, type Inputs } from './inputs.ts';
import { defaultOutput, outputPath } from './output-name.ts';
import { type PackFolderOptions, packFolder } from './pack-folder.ts';
import { secretsInFiles, secretsInFolder } from './secrets.ts';
import { sourceDateEpoch } from './source-date-epoch.ts';
import { claimWrapper } from './wrapper-claim.ts';
import { type MadePackage, writeVerified } from './write-verified.ts';

export interface PackOptions extends Work {
  /** The package folder. */
  readonly folder: string;
  /** Where the package goes; by default into the folder, under the name of the SDK's make file. */
  readonly output?: string | undefined;
  /** Architectures to pack; none: all that the manifest allows. */
  readonly arch?: readonly string[];
  /** Images from disk; paths relative to the process's current folder. */
  readonly images?: readonly ImageInput[];
  /** Icons from disk instead of those that the manifest names for dependencies. */
  readonly dependencyIcons?: readonly DependencyIcon[] | undefined;
  /** Icons that were fetched before, for when their address cannot be reached. */
  readonly iconCache?: IconCache | undefined;
  /** File of the signing key; by default the nearest build key, else the developer key. */
  readonly key?: string | undefined;
  /** The commit to record: found out by git, a given one, or none. */
  readonly git?: 'auto' | 'none' | { readonly hash: string };
  readonly inputs?: InputPaths;
  readonly build?: 'auto' | 'never';
  /** Whether the types of the wrapper's code are checked before it is bundled. */
  readonly check?: 'auto' | 'never';
  /** The buildx builder that images are built with; by default the one in use. */
  readonly builder?: string | undefined;
  /** What squashfs images are compressed with; by default what every device mounts that can install the package. */
  readonly compressor?: WritableCompressor | undefined;
  readonly level?: number | undefined;
  /** Keeps squashfs images between runs; without it every image is made anew. */
  readonly cache?: ImageCache | undefined;
  readonly order?: EntryOrder;
  /** Where VARIANT (a suffix of the name, as in the SDK's make file) and SOURCE_DATE_EPOCH are looked up. */
  readonly env?: NodeJS.ProcessEnv;
  readonly blake3: Blake3;
  /** Output of what is run on the way. */
  readonly log?: (line: string) => void;
  /** Hears of every step of building images; without it they are lines of the log. */
  readonly onBuild?: OnBuild | undefined;
}

export interface PackResult {
  /** Everything found on the way, and in the finished package. */
  readonly findings: readonly Finding[];
  /** The file in which a person edits the manifest; JSON pointers in findings refer to what it says. */
  readonly manifestFile?: string;
  /** The package that was made; absent if errors were in the way. */
  readonly made?: MadePackage;
}

/**
 * Packs a wrapper into a signed, verified package (s9pk-v2 section 6). All problems that can be found are reported at
 * once. The package takes its name only when it is complete and verified; whatever had the name before stays until
 * then, and a failure or a cancellation leaves nothing behind. Runs the wrapper's own code: for trusted folders only.
 * @throws failing I/O and the signal's reason; problems of the wrapper are findings.
 */
export async function pack(options: PackOptions): Promise<PackResult> {
  const run = new PackRun(options);
  try {
    return await run.pack();
  } catch (error) {
    if (!(error instanceof FindingError)) throw error;
    const isRotten = error.findings.some(({ code }) => code === 'content-hash');
    // A disk that lost something of a kept image does not change its times: then nothing that is kept is believed.
    if (isRotten && options.cache && !options.cache.isParanoid)
      return pack({ ...options, cache: options.cache.doubting() });
    return run.result(error.findings);
  }
}

const encoder = new TextEncoder();

class PackRun {
  readonly findings: Finding[] = [];
  private manifestFile: string | undefined;
  private signer: StoredKey | undefined;
  private readonly options: PackOptions;
  private readonly folder: string;

  constructor(options: PackOptions) {
    this.options = options;
    this.folder = resolve(options.folder);
  }

  /** Every finding has a file: its own, else the manifest or the folder, which its path then points into. */
  result(more: readonly Finding[] = []): PackResult {
    const file = this.manifestFile ?? this.folder;
    return {
      findings: inFile(file, this.findings, more),
      ...(this.manifestFile && { manifestFile: this.manifestFile }),
    };
  }

  async pack(): Promise<PackResult> {
    const { options, folder, findings } = this;
    if (!(await stat(folder)).isDirectory())
      throw new FindingError([finding('wrapper-missing', `${folder} is not a folder`, { file: folder })]);
    await using _ = await claimWrapper(folder, options);
    const inputs = await findInputs(folder, options.inputs ?? {}, findings);
    findings.push(...checkWanted(options.arch ?? []), ...(await checkImageFiles(options.images ?? [])));
    const signer = await findSigner(folder, options.key, findKey, findings);
    this.signer = signer;
    const manifest = await this.readManifest(inputs);
    findings.push(...(await this.secretsIn(inputs)));
    this.stopOnErrors();
    if (!manifest || !signer) throw new FindingError(findings);

    const env = options.env ?? process.env;
    const named = defaultOutput(folder, manifest.id, options.arch ?? [], env['VARIANT']);
    const output = await outputPath(options.output, named);
    findings.push(...checkEmulation(manifest), ...(await checkReplaced(output, signer)));
    await mkdir(dirname(output), { recursive: true });
    // Closed in the opposite order: files first, then their folder is removed.
    await using staging = await Staging.beside(output);
    await using closers = new Closers();
    const compression = chooseCompression(manifest, options, options.log ?? (() => undefined));
    const context = { ...options, ...compression, staging, closers, mtime: sourceDateEpoch(env) };
    const root = await this.makeTree(manifest, inputs, context);
    findings.push(...checkPackage(root, manifest));
    this.stopOnErrors();

    const order = options.order ?? 'priority';
    const made = await writeVerified(
      root,
      { ...options, order, signer, staging, checkInputs: () => closers.checkUnchanged() },
      findings,
    );
    return { ...this.result(), made };
  }

  /** A folder of the wrapper's own files; what an image of them does not hold is said. */
  private async readOwn(path: string, mtime: number): Promise<DirectoryNode> {
    const onLeftOut = (at: string, why: string) => {
      const message = `${printableName(at)} is left out of the package: ${why}`;
      this.findings.push(finding('folder-left-out', message, { file: join(path, at) }));
    };
    const root = await readFolder(path, { mtime, onLeftOut });
    const file = (inside: string) => join(path, inside);
    this.findings.push(...(await secretsInFolder(root, file, this.signer?.key, this.options.signal)));
    return root;
  }

  /** Private keys in files that are packed as they are. */
  private secretsIn({ icon, license, instructions, readme }: Inputs): Promise<Finding[]> {
    const files = [icon?.path, license, instructions, readme].filter((path) => path !== undefined);
    return secretsInFiles(files, this.signer?.key);
  }

  private stopOnErrors(): void {
    if (hasErrors(this.findings)) throw new FindingError(this.findings);
  }

  /** What is wrong already stops everything: building would only take time, and a bundle that is missing is no news. */
  private async readSource(isStopped: boolean, options: BuildOptions): Promise<ManifestSource> {
    try {
      const source = await readManifestSource(options);
      return isStopped
        ? { ...source, findings: source.findings.filter(({ code }) => code !== 'bundle-stale') }
        : source;
    } catch (error) {
      if (!isStopped || !(error instanceof FindingError)) throw error;
      throw new FindingError(error.findings.filter(({ code }) => code !== 'bundle-missing' && code !== 'bundle-build'));
    }
  }

  /** The manifest as it will be packed: narrowed to the wanted architectures, with its commit. */
  private async readManifest(inputs: Inputs): Promise<Manifest | undefined> {
    const { options, folder, findings } = this;
    const isStopped = hasErrors(findings);
    const source = await this.readSource(isStopped, {
      folder,
      javascript: inputs.javascript,
      build: isStopped ? 'never' : (options.build ?? 'auto'),
      check: options.check ?? 'auto',
      signal: options.signal,
      log: options.log ?? (() => undefined),
      onStage: (stage) => options.onProgress?.({ stage, done: 0, total: 0 }),
    });
    this.manifestFile = source.file;
    const parsed = parseManifest(source.value);
    findings.push(...source.findings, ...parsed.findings);
    const git = options.git ?? 'auto';
    const commit = git === 'auto' ? await gitHash(folder, options.signal) : undefined;
    findings.push(...(commit?.findings ?? []));
    if (!parsed.manifest) return undefined;
    const hash = commit ? commit.hash : typeof git === 'object' ? git.hash : null;
    // What there is no such architecture of was said before.
    const wanted = checkWanted(options.arch ?? []).length > 0 ? [] : (options.arch ?? []);
    return selectArch({ ...parsed.manifest, gitHash: hash }, wanted, findings);
  }

  private async makeTree(manifest: Manifest, inputs: Inputs, context: PackFolderOptions): Promise<DirectoryEntry> {
    const { options, folder, findings } = this;
    const builder = new ImageBuilder({
      folder,
      env: options.env ?? process.env,
      builder: options.builder,
      signal: options.signal,
      log: options.log ?? (() => undefined),
      onBuild: options.onBuild,
    });
    const images = await packImages(
      manifest,
      { ...context, images: options.images ?? [], builder, cache: options.cache, signingKey: this.signer?.key },
      findings,
    );
    const dependencies = await packDependencies(
      manifest,
      {
        folder,
        blake3: options.blake3,
        signal: options.signal,
        icons: options.dependencyIcons,
        iconCache: options.iconCache,
      },
      findings,
    );
    this.stopOnErrors();
    const fromDisk = async (path: string | undefined): Promise<Entry[]> =>
      path === undefined ? [] : [await fileEntry(context.closers.use(await FileSource.open(path)), options.blake3)];
    const squashed = async (path: string | undefined, name: string): Promise<Entry[]> =>
      path === undefined
        ? []
        : [await packFolder(path, await this.readOwn(path, context.mtime), { name, packageId: manifest.id }, context)];
    const named = (name: string, entries: Entry[]) => entries.map((entry) => [name, entry] as const);
    return directory([
      ['manifest.json', await fileEntry(new MemorySource(packedManifest(manifest)), options.blake3)],
      ...named(inputs.icon?.name ?? 'icon', await fromDisk(inputs.icon?.path)),
      ...named('LICENSE.md', await fromDisk(inputs.license)),
      ...named('instructions.md', await fromDisk(inputs.instructions)),
      ...named('README.md', await fromDisk(inputs.readme)),
      ...named('javascript.squashfs', await squashed(inputs.javascript, 'javascript.squashfs')),
      ...named('assets.squashfs', await squashed(inputs.assets, 'assets.squashfs')),
      ...(dependencies ? [['dependencies', dependencies] as const] : []),
      ...(images.children.size > 0 ? [['images', images] as const] : []),
    ]);
  }
}

/** The bytes of manifest.json: without what was only needed to pack (s9pk-v2 section 5.1). */
function packedManifest(manifest: Manifest): Uint8Array {
  const images = new Map<string, ImageConfig>();
  for (const [id, image] of manifest.images) images.set(id, { ...image, source: { kind: 'packed' } });
  const dependencies = new Map<string, Dependency>();
  for (const [id, { metadata: _, ...dependency }] of manifest.dependencies) dependencies.set(id, dependency);
  return encoder.encode(printJson(manifestToJson({ ...manifest, images, dependencies })));
}
