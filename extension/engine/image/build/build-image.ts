import { randomBytes } from 'node:crypto';
import { mkdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { type Finding, FindingError, finding } from '../../finding.ts';
import type { ImageSource } from '../../package/manifest.ts';
import { isImageTag } from '../image-tag.ts';
import { platformOf } from '../platform.ts';
import { type OnBuild, plainBuildLog } from './build-progress.ts';
import { Buildx, type BuildxResult } from './buildx.ts';
import { type EngineRun, type EngineTool, findEngine, runEngine } from './container-engine.ts';
import { type BuildSubject, dockerfileOf, explainFailure, explainPodman } from './explain-failure.ts';

/** How images are built. */
export interface BuildImageOptions {
  /** The package folder, which paths in the manifest are relative to. */
  readonly folder: string;
  /** Environment variables for build arguments and for the choice of the tool. */
  readonly env: NodeJS.ProcessEnv;
  /** A buildx builder by name: remote, Kubernetes or cloud; by default the one that is in use. */
  readonly builder?: string | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly log: (line: string) => void;
  /** Hears of every step; without it they are lines of the log. */
  readonly onBuild?: OnBuild | undefined;
}

export interface BuildRequest {
  readonly id: string;
  /** StartOS's name of the architecture. */
  readonly arch: string;
  readonly source: Exclude<ImageSource, { kind: 'packed' }>;
  /** A folder for what is made on the way; the caller removes it. */
  readonly scratch: string;
}

/** A build as any container engine takes it, but for where its result goes. */
interface PreparedBuild {
  readonly subject: BuildSubject;
  readonly flags: readonly string[];
  readonly context: string;
}

const OCI_UNSUPPORTED =
  /OCI exporter is not supported|exporter "oci" could not be found|invalid type:? "?oci|unsupported output type/i;

/** Layers as zstd: gzip is slower to make and to read. */
const COMPRESSION = 'compression=zstd,force-compression=true';

/** Characters of a value that is worth hiding. */
const MIN_SECRET = 4;

/**
 * Builds images with the user's own container engine (s9pk-v2 section 6.4), into archives in the scratch folder. Nothing
 * is left in the engine but its build cache: no container, and no tag either where it can export an OCI layout.
 */
export class ImageBuilder {
  private readonly options: BuildImageOptions;
  private engine: Promise<EngineTool | undefined> | undefined;
  /** Once the engine has said that it cannot export OCI layouts, it is not asked again. */
  private exportsOci = true;
  private tellsDigests: Promise<boolean> | undefined;
  private readonly complaints = new Map<string, Finding>();
  private readonly buildx: Buildx;
  /** Values of build arguments from the environment. */
  private readonly secrets: string[] = [];

  constructor(options: BuildImageOptions) {
    this.options = options;
    this.buildx = new Buildx({
      builder: options.builder,
      run: (args, onLine) => this.run('docker', args, onLine),
      onBuild: options.onBuild ?? plainBuildLog(options.log),
      log: options.log,
    });
  }

  /** What the builder complained of so far, at the lines of the Dockerfiles; each once, whatever was built of it. */
  get warnings(): readonly Finding[] {
    return [...this.complaints.values()];
  }

  /**
   * Makes one image for one architecture.
   * @returns an OCI layout or docker archive, as a tar file in the scratch folder
   * @throws FindingError saying what is wrong and what mends it; the signal's reason.
   */
  async build(request: BuildRequest): Promise<string> {
    const { id, arch, scratch } = request;
    const tool = await this.tool();
    if (!tool) {
      const message = `image ${id} for ${arch} must be built, and there is no container engine; install Docker (https://docs.docker.com/engine/install) or podman, or give the image with --image ${id}:${arch}=PATH (or the setting s9pk.images)`;
      throw new FindingError([finding('engine-missing', message, { path: `/images/${id}/source` })]);
    }
    const prepared = await this.prepare(request);
    const archive = join(scratch, 'image.tar');
    if (tool === 'docker' && this.exportsOci) {
      const result = await this.buildWith(prepared, ['--output', `type=oci,dest=${archive},${COMPRESSION}`]);
      if (result.code === 0) return archive;
      if (!OCI_UNSUPPORTED.test(result.output)) {
        throw new FindingError([explainFailure(result.output, prepared.subject, result)]);
      }
      this.exportsOci = false;
      await rm(archive, { force: true });
    }
    return this.buildAndSave(tool, prepared, archive);
  }

  /**
   * Builds an image, or finds it built, and tells the digest of its configuration without exporting it.
   * @returns undefined where the engine cannot tell without keeping the image
   * @throws FindingError as `build` does.
   */
  async digest(request: BuildRequest): Promise<string | undefined> {
    const tool = await this.tool();
    if (tool !== 'docker') return undefined;
    this.tellsDigests ??= this.canTellDigests();
    if (!(await this.tellsDigests)) return undefined;
    const prepared = await this.prepare(request);
    const metadata = join(request.scratch, 'metadata.json');
    const output = ['--output', `type=image,push=false,store=false,${COMPRESSION}`, '--metadata-file', metadata];
    const result = await this.buildWith(prepared, output);
    if (result.code !== 0) throw new FindingError([explainFailure(result.output, prepared.subject, result)]);
    const told = JSON.parse(await readFile(metadata, 'utf8')) as Record<string, unknown> | null;
    const digest = told?.['containerimage.config.digest'];
    return typeof digest === 'string' ? digest : undefined;
  }

  /** Docker's classic store keeps every image it is asked about; containerd's and other builders do not. */
  private async canTellDigests(): Promise<boolean> {
    const { builder } = this.options;
    const quiet: EngineRun = {
      cwd: this.options.folder,
      env: this.options.env,
      signal: this.options.signal,
      log: () => undefined,
    };
    const inspected = await runEngine('docker', ['buildx', 'inspect', ...(builder ? [builder] : [])], quiet);
    if (inspected.code !== 0) return false;
    if (!/^Driver:\s*docker\s*$/m.test(inspected.stdout)) return true;
    const info = await runEngine('docker', ['info', '--format', '{{json .DriverStatus}}'], quiet);
    return info.code === 0 && info.stdout.includes('containerd.snapshotter');
  }

  private tool(): Promise<EngineTool | undefined> {
    this.engine ??= findEngine(this.options.env, this.options.folder);
    return this.engine;
  }

  /** For engines that cannot export: builds under a tag of our own, saves that and removes it. */
  private async buildAndSave(
    tool: EngineTool,
    { subject, flags, context }: PreparedBuild,
    archive: string,
  ): Promise<string> {
    const tag = `localhost/s9pk-studio/${subject.id}:${randomBytes(10).toString('hex')}`;
    const build =
      tool === 'docker' ? ['buildx', 'build', '--load', '--provenance=false', '--progress', 'plain'] : ['build'];
    const format = tool === 'docker' ? [] : ['--format', 'oci-archive'];
    try {
      for (const args of [
        [...build, ...flags, '-t', tag, context],
        ['save', ...format, '-o', archive, tag],
      ]) {
        const result = await this.run(tool, args);
        if (result.code !== 0)
          throw new FindingError([await explainPodman(`${result.stdout}\n${result.stderr}`, subject, result)]);
      }
      return archive;
    } finally {
      // Also after a cancellation, which is why the signal does not count here.
      const { folder: cwd, env } = this.options;
      await runEngine(tool, ['rmi', '-f', tag], { cwd, env, log: () => undefined }).catch(() => undefined);
    }
  }

  private async buildWith(
    { flags, context, subject }: PreparedBuild,
    output: readonly string[],
  ): Promise<Omit<BuildxResult, 'warnings'>> {
    const { warnings, ...result } = await this.buildx.build([...flags, ...output, context], subject);
    for (const warning of warnings) this.complaints.set(JSON.stringify([warning.where, warning.message]), warning);
    return result;
  }

  private async run(tool: EngineTool, args: readonly string[], onLine?: (line: string) => void) {
    const { folder: cwd, env, signal } = this.options;
    const log = (line: string) => this.options.log(this.masked(line));
    const running: EngineRun = {
      cwd,
      env,
      signal,
      log,
      ...(onLine && { onLine: (line) => onLine(this.masked(line)) }),
    };
    const result = await runEngine(tool, args, running);
    return { ...result, stdout: this.masked(result.stdout), stderr: this.masked(result.stderr) };
  }

  /** Values that come from the environment are passed on to the builder and shown to nobody. */
  private masked(text: string): string {
    return this.secrets.reduce((shown, secret) => shown.replaceAll(secret, '***'), text);
  }

  private async prepare(request: BuildRequest): Promise<PreparedBuild> {
    const { id, arch, source, scratch } = request;
    await mkdir(scratch, { recursive: true });
    const { dockerfile, context, args } = await this.recipe(request);
    const named = source.kind === 'dockerTag' ? { tag: source.tag } : { dockerfile };
    const flags = ['--platform', `linux/${platformOf(arch)}`, ...args, '-f', dockerfile];
    return { subject: { id, arch, ...named }, flags, context };
  }

  /** Dockerfile, context and arguments of a build; an image from a tag is a Dockerfile of one line. */
  private async recipe({
    id,
    arch,
    source,
    scratch,
  }: BuildRequest): Promise<{ dockerfile: string; context: string; args: string[] }> {
    if (source.kind === 'dockerTag') {
      if (!isImageTag(source.tag)) {
        const path = `/images/${id}/source/dockerTag`;
        throw new FindingError([finding('image-not-found', `"${source.tag}" is not a tag of an image`, { path })]);
      }
      const context = join(scratch, 'context');
      await mkdir(context, { recursive: true });
      const dockerfile = join(scratch, 'Dockerfile');
      await writeFile(dockerfile, `FROM ${source.tag}\n`);
      return { dockerfile, context, args: [] };
    }
    const { folder, env } = this.options;
    const context = resolve(folder, source.workdir ?? '.');
    const dockerfile = dockerfileOf(
      context,
      source.dockerfile === undefined ? undefined : resolve(folder, source.dockerfile),
    );
    const path = `/images/${id}/source/dockerBuild`;
    for (const [what, kind] of [
      [context, 'folder'],
      [dockerfile, 'file'],
    ] as const) {
      const info = await stat(what).catch(() => undefined);
      if (kind === 'folder' ? info?.isDirectory() : info?.isFile()) continue;
      throw new FindingError([
        finding('input-missing', `${what}, which image ${id} is built from, is not there`, { path }),
      ]);
    }
    // ARCH first, then the manifest's own in the order of their names; those that are not set are left out.
    const args = ['--build-arg', `ARCH=${arch}`];
    for (const [name, value] of [...(source.buildArgs ?? [])].sort(([a], [b]) => (a < b ? -1 : 1))) {
      const text = typeof value === 'string' ? value : env[value.env];
      if (text !== undefined) args.push('--build-arg', `${name}=${text}`);
      // A word as short as that is found everywhere, and is no secret.
      if (typeof value !== 'string' && text !== undefined && text.length >= MIN_SECRET) this.secrets.push(text);
    }
    return { dockerfile, context, args };
  }
}
