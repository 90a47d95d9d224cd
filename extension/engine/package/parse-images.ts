import { isObject } from './json.ts';
import type { BuildArg, ImageConfig, ImageSource } from './manifest.ts';
import type { ObjectReader } from './manifest-reader.ts';

/** Architectures that StartOS runs on, under its own names. */
export const ARCHITECTURES = ['x86_64', 'aarch64', 'riscv64'] as const;

/**
 * Reads the manifest's `images`, sorted by id (s9pk-v2 sections 5.6 and 4.3).
 * @param requiredArch `hardwareRequirements.arch`, which decides whether `emulateMissingAs` is needed
 */
export function parseImages(
  root: ObjectReader,
  requiredArch: readonly string[] | null,
): ReadonlyMap<string, ImageConfig> | undefined {
  const reader = root.object('images', true);
  if (!reader) return undefined;
  const images = new Map<string, ImageConfig>();
  for (const id of reader.keys()) {
    reader.isId(id, id);
    const image = reader.object(id, true);
    if (!image) continue;
    image.checkKeys('image');
    const source = readSource(image);
    const arch = image.stringSet('arch');
    const emulateMissingAs = image.optionalString('emulateMissingAs');
    const nvidiaContainer = image.boolean('nvidiaContainer', false);
    if (arch) checkArch(image, arch, emulateMissingAs ?? null, requiredArch);
    if (!source || !arch || emulateMissingAs === undefined || nvidiaContainer === undefined) continue;
    images.set(id, { source, arch, emulateMissingAs, nvidiaContainer });
  }
  return images;
}

function checkArch(
  image: ObjectReader,
  arch: readonly string[],
  emulate: string | null,
  requiredArch: readonly string[] | null,
): void {
  const known: readonly string[] = ARCHITECTURES;
  for (const name of arch) {
    if (known.includes(name)) continue;
    image.report('manifest-arch', `"${name}" is not an architecture of StartOS (${known.join(', ')})`, 'arch');
  }
  if (requiredArch !== null) return;
  if (emulate === null) {
    const message =
      '"emulateMissingAs" must be set unless hardwareRequirements.arch says which devices the package is for';
    image.report('manifest-emulate', message, image.has('emulateMissingAs') ? 'emulateMissingAs' : undefined);
  } else if (!arch.includes(emulate)) {
    image.report(
      'manifest-emulate',
      `"emulateMissingAs" is "${emulate}", which is not in this image's "arch"`,
      'emulateMissingAs',
    );
  }
}

function readSource(image: ObjectReader): ImageSource | undefined {
  const value = image.raw('source');
  if (value === undefined) return image.report('manifest-missing-key', '"source" is missing');
  if (value === 'packed') return { kind: 'packed' };
  const reader = isObject(value) ? image.object('source', true) : undefined;
  if (!reader || reader.has('dockerTag') === reader.has('dockerBuild')) {
    const message = '"source" must be "packed" or have exactly one of "dockerTag" and "dockerBuild"';
    return image.report('manifest-image-source', message, 'source');
  }
  reader.checkKeys('source');
  if (reader.has('dockerTag')) {
    const tag = reader.string('dockerTag');
    return tag === undefined ? undefined : { kind: 'dockerTag', tag };
  }
  const build = reader.object('dockerBuild', true);
  if (!build) return undefined;
  build.checkKeys('dockerBuild');
  const workdir = build.optionalString('workdir');
  const dockerfile = build.optionalString('dockerfile');
  const buildArgs = readBuildArgs(build);
  return {
    kind: 'dockerBuild',
    ...(workdir != null && { workdir }),
    ...(dockerfile != null && { dockerfile }),
    ...(buildArgs && { buildArgs }),
  };
}

function readBuildArgs(build: ObjectReader): ReadonlyMap<string, BuildArg> | undefined {
  if (build.raw('buildArgs') == null) return undefined;
  const reader = build.object('buildArgs', true);
  const args = new Map<string, BuildArg>();
  for (const name of reader?.keys() ?? []) {
    const value = reader?.raw(name);
    const env = isObject(value) ? value.get('env') : undefined;
    if (typeof value === 'string') args.set(name, value);
    else if (typeof env === 'string') args.set(name, { env });
    else reader?.report('manifest-type', `"${name}" must be a text or { "env": NAME }`, name);
  }
  return args;
}
