import { type Finding, hasErrors } from '../engine/finding.ts';
import { fastestBlake3 } from '../engine/hash/fastest-blake3.ts';
import { plainBuildLog } from '../engine/image/build/build-progress.ts';
import { ImageCache } from '../engine/image/cache/image-cache.ts';
import { IconCache } from '../engine/pack/dependencies/icon-cache.ts';
import { archNamed } from '../engine/package/parse-images.ts';
import type { Work } from '../engine/progress.ts';
import { packFolder } from '../manifest/wrapper/packing/pack-folder.ts';
import { packedOf } from './describe.ts';
import type { PackedPackage } from './facts.ts';

export interface PackOptions extends Work {
  /** Where the package goes, or a folder for it; by default the wrapper, under `<id>[_<arch>].s9pk`. */
  readonly output?: string;
  /** Architectures as StartOS, Docker or Node name them; none: all that the manifest allows. */
  readonly arch?: readonly string[];
  /** Images from disk instead of builds: root file system tars, OCI layouts, docker archives or squashfs images. */
  readonly images?: readonly { readonly id: string; readonly arch?: string; readonly path: string }[];
  /** File of the signing key; by default the nearest `.startos/build.key.pem`, else the key of the user. */
  readonly key?: string;
  /** The commit to record: found out by git (default), a given one, or none. */
  readonly git?: 'auto' | 'none' | { readonly hash: string };
  /** Which StartOS, where a repository has a manifest for each; by default the newest. */
  readonly os?: '0.3' | '0.4';
  /** The buildx builder that images are built with; by default the one in use. */
  readonly builder?: string;
  /** Whether squashfs images are kept between runs; by default they are. */
  readonly cache?: boolean;
  /** Hears every line of what is run on the way. */
  readonly log?: (line: string) => void;
}

export interface PackResult {
  /** A package was made, and nothing of what was found is an error. */
  readonly ok: boolean;
  /** Everything that was found, each at its place in what a person edits. */
  readonly findings: readonly Finding[];
  /** The package that was made and verified; absent if errors were in the way, and then the one before is still there. */
  readonly package?: PackedPackage;
}

/**
 * Packs the wrapper in a folder into a signed, verified package. Runs the wrapper's own code: for trusted folders only.
 * @throws the file system's error; the signal's reason, and then nothing is left behind
 */
export async function pack(folder: string, options: PackOptions = {}): Promise<PackResult> {
  const { arch = [], os, cache = true, log = () => undefined, ...rest } = options;
  const { findings, made } = await packFolder({
    ...rest,
    folder,
    generation: os,
    arch: arch.map(archNamed),
    iconCache: IconCache.ofUser(process.env),
    cache: cache ? ImageCache.ofUser(process.env) : undefined,
    blake3: fastestBlake3(),
    log,
    onBuild: plainBuildLog(log),
  });
  const packed = made && packedOf(made);
  return { ok: packed !== undefined && !hasErrors(findings), findings, ...(packed && { package: packed }) };
}
