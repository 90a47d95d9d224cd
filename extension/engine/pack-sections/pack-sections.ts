import { mkdir } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { encodeManifest1 } from '../cbor/manifest-record.ts';
import { buildArchives } from '../docker-images/build-archives.ts';
import { ARCHITECTURES_03 } from '../docker-images/images-section.ts';
import { type Finding, FindingError, finding, hasErrors, inFile } from '../finding.ts';
import type { Blake3 } from '../hash/blake3.ts';
import type { OnBuild } from '../image/build/build-progress.ts';
import { isFile, isFolder, statOf } from '../io/path-kind.ts';
import { Staging } from '../io/staging.ts';
import { checkReplaced } from '../pack/check-replaced.ts';
import { findSigner } from '../pack/find-signer.ts';
import { gitHash } from '../pack/git-hash.ts';
import type { ImageInput } from '../pack/images/pack-images.ts';
import { defaultOutput, outputPath } from '../pack/output-name.ts';
import { secretsInFiles, secretsInFolder } from '../pack/secrets.ts';
import { claimWrapper } from '../pack/wrapper-claim.ts';
import { isObject, type JsonObject, type JsonValue } from '../package/json.ts';
import type { Work } from '../progress.ts';
import { bytesSection, type SectionContents } from '../sections/writer.ts';
import { findKey03, type StoredKey } from '../sign/key-store.ts';
import { readFolder } from '../squashfs/folder-tree.ts';
import type { PackageReport } from '../verify/report.ts';
import type { ExamineManifest } from '../verify/verify-sections.ts';
import { assetsSection, fileSection } from './assets-section.ts';
import { buildScripts } from './build-scripts.ts';
import { checkGivenImages, makeGivenArchives } from './given-images.ts';
import { multiarchSection } from './images-section.ts';
import { archivesToBuild, assetPath } from './wrapper-files.ts';
import { writeVerifiedSections } from './write-verified-sections.ts';

/** A wrapper for StartOS 0.3 as it is now. */
export interface WrapperView {
  /** The file that a person edits; absolute. */
  readonly manifestFile: string;
  /** What it says, in its order. */
  readonly manifest: JsonValue;
  /** Everything that is wrong with it and the files it names, each at its place. */
  readonly findings: readonly Finding[];
}

export interface PackSectionsOptions extends Work {
  /** The package folder. */
  readonly folder: string;
  /** Looks at the wrapper by the rules that the editor has; asked again after something was built. */
  readonly look: () => Promise<WrapperView>;
  readonly examine: ExamineManifest;
  readonly blake3: Blake3;
  /** Where the package goes; by default into the folder, as `<id>.s9pk`. */
  readonly output?: string | undefined;
  /** Images of the disk, relative to the process's current folder; what the wrapper has of its own is then neither taken nor built. */
  readonly images?: readonly ImageInput[];
  /** Architectures to pack; none: all whose images there are. */
  readonly arch?: readonly string[];
  /** File of the signing key; by default the nearest build key, else the developer key. */
  readonly key?: string | undefined;
  readonly git?: 'auto' | 'none' | { readonly hash: string };
  readonly build?: 'auto' | 'never';
  readonly builder?: string | undefined;
  readonly env?: NodeJS.ProcessEnv;
  readonly log?: (line: string) => void;
  readonly onBuild?: OnBuild | undefined;
}

/** A package for StartOS 0.3 that was written and verified. */
export interface MadeSections {
  readonly path: string;
  /** Bytes. */
  readonly size: number;
  readonly title: string;
  readonly commit: string | null;
  /** Architectures of the images; none if there is one archive for whatever architecture. */
  readonly architectures: readonly string[];
  readonly images: readonly string[];
  readonly report: PackageReport;
  readonly signer: StoredKey;
}

export interface PackSectionsResult {
  readonly findings: readonly Finding[];
  readonly manifestFile?: string;
  readonly made?: MadeSections;
}

/**
 * Packs a wrapper for StartOS 0.3 into a signed, verified package (s9pk-v1 section 5). All inputs are checked, and every mistake is
 * reported, before anything is written; the package takes its name only when it is complete and verified.
 * @throws failing I/O and the signal's reason; problems of the wrapper are findings.
 */
export async function packSections(options: PackSectionsOptions): Promise<PackSectionsResult> {
  const run = new SectionsRun(options);
  try {
    return await run.pack();
  } catch (error) {
    if (!(error instanceof FindingError)) throw error;
    return run.result(error.findings);
  }
}

/** What is wrong now and is made right by building. */
const MADE_BY_BUILDING: readonly string[] = ['image-tag'];
/** What is said of the images that lie in the wrapper, and of what they are built from. */
const OF_OWN_IMAGES: readonly string[] = [
  'image-tag',
  'images-arch',
  'images-unbuilt',
  'images-stray',
  'key-in-context',
  'dockerfile-copy',
];

class SectionsRun {
  private findings: Finding[] = [];
  private manifestFile: string | undefined;
  private signer: StoredKey | undefined;
  private readonly options: PackSectionsOptions;
  private readonly folder: string;

  constructor(options: PackSectionsOptions) {
    this.options = options;
    this.folder = resolve(options.folder);
  }

  result(more: readonly Finding[] = []): PackSectionsResult {
    const findings = inFile(this.manifestFile ?? this.folder, this.findings, more);
    return { findings, ...(this.manifestFile && { manifestFile: this.manifestFile }) };
  }

  async pack(): Promise<PackSectionsResult> {
    const { options, folder } = this;
    await using _ = await claimWrapper(folder, options);
    const signer = await findSigner(folder, options.key, findKey03, this.findings);
    this.signer = signer;
    this.checkWanted();
    const first = await options.look();
    this.manifestFile = first.manifestFile;
    const view = await this.afterBuilding(first);
    this.findings.push(...this.aboutWrapper(view));
    if (this.given.length > 0 && isObject(view.manifest))
      this.findings.push(...(await checkGivenImages(this.givenImages(view.manifest))));
    const commit = await this.findCommit();
    const { manifest } = view;
    if (hasErrors(this.findings) || !signer) throw new FindingError([]);
    if (!isObject(manifest)) {
      const message = 'the manifest was there, and could not be read again: it was removed, or changed, meanwhile';
      throw new FindingError([finding('wrapper-missing', message, { file: view.manifestFile })]);
    }
    options.signal?.throwIfAborted();

    const env = options.env ?? process.env;
    const id = String(manifest.get('id'));
    const output = await outputPath(options.output, defaultOutput(folder, id, options.arch ?? [], env['VARIANT']));
    this.findings.push(...(await checkReplaced(output, signer)));
    await mkdir(dirname(output), { recursive: true });
    await using staging = await Staging.beside(output);
    const images = await this.findImages(manifest, staging);
    const contents = await this.contents(manifest, images, commit);
    const { size, report } = await writeVerifiedSections(contents, { ...options, signer, staging });
    const made = {
      ...{ path: staging.target, size, commit, report, signer },
      title: String(manifest.get('title')),
      architectures: images.isMulti ? images.archives.map(({ arch }) => arch) : [],
      images: [...options.examine(manifest).images.keys()],
    };
    return { ...this.result(), made };
  }

  private get given(): readonly ImageInput[] {
    return this.options.images ?? [];
  }

  private givenImages(manifest: JsonObject) {
    const { options, folder, given: images } = this;
    const used = [...options.examine(manifest).images.keys()];
    return { ...options, folder, manifest, used, images, wanted: options.arch ?? [] };
  }

  /** What is wrong with the wrapper; its own images do not matter where others are given. */
  private aboutWrapper({ findings }: WrapperView): readonly Finding[] {
    return this.given.length === 0 ? findings : findings.filter(({ code }) => !OF_OWN_IMAGES.includes(code));
  }

  /** The wrapper with what had to be built. */
  private async afterBuilding(view: WrapperView): Promise<WrapperView> {
    try {
      return (await this.buildMissing(view)) ? await this.options.look() : view;
    } catch (error) {
      if (!(error instanceof FindingError)) throw error;
      throw new FindingError([...view.findings, ...error.findings]);
    }
  }

  /**
   * Bundles scripts and builds images that are missing, older than what they are made of, or of another version, unless something
   * else is wrong: building would only take time. @returns whether anything was made
   */
  private async buildMissing({ manifest, findings }: WrapperView): Promise<boolean> {
    const { options, folder } = this;
    const isInTheWay = ({ code, severity }: Finding) => severity === 'error' && !MADE_BY_BUILDING.includes(code);
    const isStopped = [...this.findings, ...findings].some(isInTheWay);
    if (options.build === 'never' || isStopped || !isObject(manifest)) return false;
    const { images, scripts } = options.examine(manifest);
    const work = {
      folder,
      env: options.env ?? process.env,
      signal: options.signal,
      log: options.log ?? (() => undefined),
    };
    const scriptFolder = this.asset(manifest, 'scripts', 'scripts');
    const hasBundled = scripts.length > 0 && (await buildScripts({ ...work, scripts: scriptFolder }));
    if (images.size === 0 || this.given.length > 0) return hasBundled;
    const { built, findings: complaints } = await buildArchives({
      ...work,
      id: String(manifest.get('id')),
      version: String(manifest.get('version')),
      images: [...images.keys()],
      archives: await archivesToBuild(folder, manifest, options.arch ?? []),
      builder: options.builder,
      onBuild: options.onBuild,
    });
    this.findings.push(...complaints);
    return hasBundled || built.length > 0;
  }

  private asset(manifest: JsonObject, key: string, fallback: string): string {
    return assetPath(this.folder, manifest, key, fallback);
  }

  private async contents(manifest: JsonObject, images: FoundImages, commit: string | null): Promise<SectionContents> {
    const { examine } = this.options;
    const view = examine(manifest);
    const script = join(this.asset(manifest, 'scripts', 'scripts'), 'embassy.js');
    // Every procedure counts: the reference forgets health checks and dependencies, whose scripts then fail on devices.
    const hasScripts = view.scripts.length > 0 && (await isFile(script));
    const packed = new Map<string, JsonValue>([...manifest, ['git-hash', commit]]);
    const assets = this.asset(manifest, 'assets', 'assets');
    await this.refuseSecrets(
      manifest,
      hasScripts ? script : undefined,
      view.assets.map((id) => join(assets, id)),
    );
    try {
      return {
        manifest: bytesSection(encodeManifest1(packed)),
        license: await fileSection(this.asset(manifest, 'license', 'LICENSE.md')),
        instructions: await fileSection(this.asset(manifest, 'instructions', 'INSTRUCTIONS.md')),
        icon: await fileSection(this.asset(manifest, 'icon', 'icon.png')),
        docker_images: images.isMulti ? await multiarchSection(images.archives) : await fileSection(images.path),
        assets: await assetsSection(assets, view.assets),
        scripts: hasScripts ? await fileSection(script) : undefined,
      };
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      throw new FindingError([finding('input-unsuitable', error.message, { path: '/assets/assets' })]);
    }
  }

  /** Private keys in what is packed as it is: nobody packs one on purpose. @throws FindingError */
  private async refuseSecrets(
    manifest: JsonObject,
    script: string | undefined,
    folders: readonly string[],
  ): Promise<void> {
    const { signal } = this.options;
    const files = [
      this.asset(manifest, 'license', 'LICENSE.md'),
      this.asset(manifest, 'instructions', 'INSTRUCTIONS.md'),
      this.asset(manifest, 'icon', 'icon.png'),
      ...(script ? [script] : []),
    ];
    const found = await secretsInFiles(files, this.signer?.key);
    for (const folder of folders) {
      if (!(await isFolder(folder))) continue;
      const root = await readFolder(folder, { mtime: 0, onLeftOut: () => undefined });
      found.push(...(await secretsInFolder(root, (path) => join(folder, path), this.signer?.key, signal)));
    }
    if (found.length > 0) throw new FindingError(found);
  }

  /** The archives that are packed; what is missing was not built. */
  private async findImages(manifest: JsonObject, staging: Staging): Promise<FoundImages> {
    const path = this.asset(manifest, 'docker-images', 'docker-images');
    if (this.given.length > 0) {
      const archives = await makeGivenArchives({ ...this.givenImages(manifest), staging });
      const [only] = archives;
      // Where the manifest names one archive, devices get one for whatever architecture.
      return only && archives.length === 1 && path.endsWith('.tar')
        ? { path: only.path, isMulti: false }
        : { isMulti: true, archives };
    }
    const wanted = this.options.arch ?? [];
    if (await isFile(path)) return { path, isMulti: false };
    const isThere = async (arch: string) => (await statOf(join(path, `${arch}.tar`)))?.isFile();
    const architectures: string[] = [];
    const missing: string[] = [];
    for (const arch of ARCHITECTURES_03) {
      if (wanted.length > 0 && !wanted.includes(arch)) continue;
      if (await isThere(arch)) architectures.push(arch);
      else if (wanted.length > 0) missing.push(`${arch}.tar`);
    }
    if (architectures.length === 0 && missing.length === 0)
      missing.push(...ARCHITECTURES_03.map((arch) => `${arch}.tar`));
    const archives = architectures.map((arch) => ({ arch, path: join(path, `${arch}.tar`) }));
    if (missing.length === 0) return { isMulti: true, archives };
    const message = `there are no images: ${missing.join(' and ')} in ${path} must be built first`;
    throw new FindingError([finding('image-source-missing', message, { path: '/assets/docker-images' })]);
  }

  private checkWanted(): void {
    for (const arch of this.options.arch ?? []) {
      if (ARCHITECTURES_03.some((known) => known === arch)) continue;
      const message = `no device with StartOS 0.3 has the architecture ${arch}; there are ${ARCHITECTURES_03.join(' and ')}`;
      this.findings.push(finding('arch-unsupported', message, { file: this.folder }));
    }
  }

  private async findCommit(): Promise<string | null> {
    const git = this.options.git ?? 'auto';
    if (git !== 'auto') return git === 'none' ? null : git.hash;
    const { hash, findings } = await gitHash(this.folder, this.options.signal);
    this.findings.push(...findings);
    return hash;
  }
}

type FoundImages =
  | { readonly isMulti: false; readonly path: string }
  | { readonly isMulti: true; readonly archives: readonly { readonly arch: string; readonly path: string }[] };
