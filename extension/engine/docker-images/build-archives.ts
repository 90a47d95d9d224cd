import { mkdir, rename, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { type Finding, FindingError, finding } from '../finding.ts';
import { type OnBuild, plainBuildLog } from '../image/build/build-progress.ts';
import { Buildx } from '../image/build/buildx.ts';
import { type EngineTool, findEngine, runEngine } from '../image/build/container-engine.ts';
import { explainFailure, explainPodman } from '../image/build/explain-failure.ts';
import { platformOf } from '../image/platform.ts';
import { Closers } from '../io/closers.ts';
import { FileSink } from '../io/file-sink.ts';
import { FileSource } from '../io/file-source.ts';
import { isFile } from '../io/path-kind.ts';
import { Staging } from '../io/staging.ts';
import { type ImageRecipe, newestInput, recipeOf } from './build-inputs.ts';
import { writeGivenArchive } from './given-archive.ts';
import { mergeSaved } from './merge-saved.ts';
import { checkSavedImages } from './saved-images.ts';

export interface BuildArchivesOptions {
  /** The package folder. */
  readonly folder: string;
  readonly id: string;
  readonly version: string;
  /** Ids of the images. */
  readonly images: readonly string[];
  /** The archives, each with the architecture it is for. */
  readonly archives: readonly { readonly arch: string; readonly path: string }[];
  /** Also those that are as new as what they are made of, and have the right tags. */
  readonly isForced?: boolean;
  readonly builder?: string | undefined;
  readonly env: NodeJS.ProcessEnv;
  readonly signal?: AbortSignal | undefined;
  readonly log: (line: string) => void;
  readonly onBuild?: OnBuild | undefined;
}

/** An archive that was made. */
export interface BuiltArchive {
  readonly arch: string;
  readonly path: string;
  /** Bytes. */
  readonly size: number;
}

/**
 * Builds the images of a wrapper for StartOS 0.3, as its packages hold them: one archive for each architecture, with the tags that
 * devices start them by. What is up to date is left alone; an archive takes its name when it is whole.
 * @returns what was built, and what the builder complained of
 * @throws FindingError saying what is wrong and what mends it; the signal's reason.
 */
export async function buildArchives(
  options: BuildArchivesOptions,
): Promise<{ built: BuiltArchive[]; findings: readonly Finding[] }> {
  const recipes: ImageRecipe[] = [];
  const missing: Finding[] = [];
  for (const image of options.images) {
    const recipe = await recipeOf(options.folder, image, options.images.length === 1);
    if (recipe) recipes.push(recipe);
    else {
      const message = `image ${image} cannot be built: there is no Dockerfile for it; put it at ${join(options.folder, options.images.length === 1 ? 'Dockerfile' : `${image}/Dockerfile`)}`;
      missing.push(finding('input-missing', message, { path: '/assets/docker-images' }));
    }
  }
  const outdated: BuildArchivesOptions['archives'][number][] = [];
  for (const archive of options.archives)
    if (options.isForced || (await archiveState(archive, recipes, options)) !== 'current') outdated.push(archive);
  if (outdated.length === 0) return { built: [], findings: [] };
  if (missing.length > 0) {
    // What was built elsewhere is taken as it is; whoever checks it says what is wrong with it.
    const isThere = await Promise.all(outdated.map(({ path }) => isFile(path)));
    if (isThere.every(Boolean)) return { built: [], findings: [] };
    throw new FindingError(missing);
  }
  const tool = await findEngine(options.env, options.folder);
  if (!tool) {
    const message = `the images for ${outdated.map(({ arch }) => arch).join(' and ')} must be built, and there is no container engine; install Docker (https://docs.docker.com/engine/install) or podman`;
    throw new FindingError([finding('engine-missing', message, { path: '/assets/docker-images' })]);
  }
  const builder = new ArchiveBuilder(tool, options);
  const built: BuiltArchive[] = [];
  for (const archive of outdated) built.push(await builder.build(archive, recipes));
  return { built, findings: builder.warnings };
}

/** Whether an archive can be packed as it is: `outdated` is older than what it is made of, `other` holds other images or tags. */
export type ArchiveState = 'missing' | 'outdated' | 'other' | 'current';

export async function archiveState(
  { arch, path }: BuildArchivesOptions['archives'][number],
  recipes: readonly ImageRecipe[],
  { id, version, images }: Pick<BuildArchivesOptions, 'id' | 'version' | 'images'>,
): Promise<ArchiveState> {
  const info = await stat(path).catch(() => undefined);
  if (!info) return 'missing';
  for (const recipe of recipes) if ((await newestInput(recipe)) > info.mtimeMs) return 'outdated';
  await using source = await FileSource.open(path);
  const used = new Map(images.map((image) => [image, '']));
  const problems = await checkSavedImages(source, { name: path, arch, where: {} }, { id, version, used });
  return problems.length === 0 ? 'current' : 'other';
}

class ArchiveBuilder {
  readonly warnings: Finding[] = [];
  private readonly tool: EngineTool;
  private readonly options: BuildArchivesOptions;
  private readonly buildx: Buildx;

  constructor(tool: EngineTool, options: BuildArchivesOptions) {
    this.tool = tool;
    this.options = options;
    this.buildx = new Buildx({
      builder: options.builder,
      run: (args, onLine) => this.run(args, onLine),
      onBuild: options.onBuild ?? plainBuildLog(options.log),
      log: options.log,
    });
  }

  async build(
    { arch, path }: BuildArchivesOptions['archives'][number],
    recipes: readonly ImageRecipe[],
  ): Promise<BuiltArchive> {
    await mkdir(dirname(path), { recursive: true });
    await using staging = await Staging.beside(path);
    const parts: string[] = [];
    for (const recipe of recipes) {
      const part = staging.path(`${recipe.id}.tar`);
      await this.buildImage(recipe, arch, part);
      parts.push(part);
    }
    const [only] = parts;
    if (this.tool === 'podman') await this.retag(recipes, arch, staging);
    else if (parts.length === 1 && only !== undefined) await rename(only, staging.path('archive'));
    else await merge(parts, staging.path('archive'), this.options.signal);
    const { size } = await stat(staging.path('archive'));
    await staging.publish('archive');
    return { arch, path, size };
  }

  /** Podman saves an image under `localhost/` and its tag, which is no tag of a package. */
  private async retag(recipes: readonly ImageRecipe[], arch: string, staging: Staging): Promise<void> {
    const { id, version, signal } = this.options;
    const images = recipes.map((recipe) => ({ id: recipe.id, path: staging.path(`${recipe.id}.tar`) }));
    const [target, scratch] = [staging.path('archive'), staging.path('scratch')];
    await writeGivenArchive({ id, version, arch, images, target, scratch, signal });
  }

  private async buildImage({ id, dockerfile, context }: ImageRecipe, arch: string, archive: string): Promise<void> {
    const { tool, options } = this;
    const tag = `start9/${options.id}/${id}:${options.version}`;
    const platform = platformOf(arch);
    const args = ['--build-arg', `ARCH=${arch}`, '--build-arg', `PLATFORM=${platform}`];
    const flags = ['--platform', `linux/${platform}`, ...args, '-f', dockerfile, '-t', tag];
    const subject = { id, arch, dockerfile };
    if (tool === 'docker') {
      const rest = [...flags, '--output', `type=docker,dest=${archive}`, context];
      const result = await this.buildx.build(rest, subject);
      this.warnings.push(...result.warnings);
      if (result.code !== 0) throw placed(explainFailure(result.output, subject, result));
      return;
    }
    for (const step of [
      ['build', ...flags, context],
      ['save', '--format', 'docker-archive', '-o', archive, tag],
    ]) {
      const result = await this.run(step);
      if (result.code !== 0) throw placed(await explainPodman(`${result.stdout}\n${result.stderr}`, subject, result));
    }
  }

  private run(args: readonly string[], onLine?: (line: string) => void) {
    const { folder: cwd, env, signal, log } = this.options;
    return runEngine(this.tool, args, { cwd, env, signal, log, ...(onLine && { onLine }) });
  }
}

/** Manifests of 0.3 do not say what an image is built from; they say where it lies. */
function placed(found: Finding): FindingError {
  const isPointer = found.where.path?.startsWith('/images/');
  return new FindingError([isPointer ? { ...found, where: { path: '/assets/docker-images' } } : found]);
}

async function merge(parts: readonly string[], target: string, signal: AbortSignal | undefined): Promise<void> {
  await using closers = new Closers();
  const sources: FileSource[] = [];
  for (const part of parts) sources.push(closers.use(await FileSource.open(part)));
  await using sink = await FileSink.create(target);
  for await (const chunk of mergeSaved(sources)) {
    signal?.throwIfAborted();
    await sink.write(chunk);
  }
  await sink.sync();
}
