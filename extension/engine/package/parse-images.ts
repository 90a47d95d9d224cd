import { isObject } from './json.ts';
import type { BuildArg, ImageConfig, ImageSource } from './manifest.ts';
import type { ObjectReader } from './manifest-reader.ts';

/** Architectures that StartOS runs on, under its own names. */
export const ARCHITECTURES = ['x86_64', 'aarch64', 'riscv64'] as const;

/** What container tools and make files call the architectures. */
const OTHER_NAMES: Readonly<Record<string, string>> = {
  ...{ x86: 'x86_64', 'x86-64': 'x86_64', amd64: 'x86_64', arm: 'aarch64', arm64: 'aarch64', riscv: 'riscv64' },
};

/** An architecture under StartOS's name for it. */
export function archNamed(name: string): string {
  return OTHER_NAMES[name.toLowerCase()] ?? name;
}

/**
 * Reads the manifest's `images`, sorted by id (s9pk-v2 sections 5.6 and 4.3, upstream-since-july section 2).
 * @param requiredArch `hardwareRequirements.arch`, which decides whether emulation is needed
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
    const keeping = image.checkKeys('image');
    const source = readSource(image);
    const arch = image.stringSet('arch');
    const former = image.optionalString('emulateMissingAs');
    // Packages from before `emulateMissing` say whether by saying which.
    const emulateMissing = image.boolean('emulateMissing', typeof former === 'string' && former !== '');
    // What must not be emulated needs nothing to be emulated as.
    const emulateMissingAs = former === '' || emulateMissing === false ? null : former;
    const nvidiaContainer = image.boolean('nvidiaContainer', false);
    if (arch && emulateMissing !== undefined)
      checkArch(image, arch, { emulateMissing, emulateMissingAs: emulateMissingAs ?? null }, requiredArch);
    if (!source || !arch || emulateMissing === undefined) continue;
    if (emulateMissingAs === undefined || nvidiaContainer === undefined) continue;
    images.set(id, { source, arch, emulateMissing, emulateMissingAs, nvidiaContainer, ...keeping });
  }
  return images;
}

function checkArch(
  image: ObjectReader,
  arch: readonly string[],
  emulation: Pick<ImageConfig, 'emulateMissing' | 'emulateMissingAs'>,
  requiredArch: readonly string[] | null,
): void {
  const known: readonly string[] = ARCHITECTURES;
  for (const name of arch) {
    if (known.includes(name)) continue;
    const here = archNamed(name);
    const hint = known.includes(here) ? `: write "${here}"` : ` (${known.join(', ')})`;
    image.report('manifest-arch', `"${name}" is not an architecture of StartOS${hint}`, 'arch');
  }
  const { emulateMissing, emulateMissingAs } = emulation;
  if (requiredArch !== null) return;
  if (!emulateMissing) {
    const key = ['emulateMissing', 'emulateMissingAs'].find((name) => image.has(name));
    const message =
      'the image must be emulated where it is missing ("emulateMissing": true) unless hardwareRequirements.arch says which devices the package is for';
    image.report('manifest-emulate', message, key);
  } else if (arch.length === 0) {
    image.report('manifest-emulate', 'there is no architecture that could be emulated: "arch" is empty', 'arch');
  } else if (emulateMissingAs !== null && !arch.includes(emulateMissingAs)) {
    const message = `"emulateMissingAs" is "${emulateMissingAs}", which is not in this image's "arch": older servers find no image`;
    image.report('manifest-arch', message, 'emulateMissingAs');
  }
}

/**
 * The architecture whose image serves devices of another one (upstream-since-july section 2): the device's own, else the one
 * that older packers chose, else the first that is there. Undefined if none does.
 * @param isThere whether the package has, or will have, the image for an architecture
 */
export function servingArch(
  image: ImageConfig,
  device: string,
  isThere: (arch: string) => boolean,
): string | undefined {
  if (isThere(device)) return device;
  if (!image.emulateMissing) return undefined;
  const candidates = [...(image.emulateMissingAs === null ? [] : [image.emulateMissingAs]), ...image.arch];
  return candidates.find(isThere);
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
