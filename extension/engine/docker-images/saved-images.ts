import { printableName } from '../archive/names.ts';
import { BUDGET } from '../budget.ts';
import { type Finding, finding, type Place } from '../finding.ts';
import { platformOf } from '../image/platform.ts';
import { type ByteSource, readAll } from '../io/byte-source.ts';
import { objectOf } from '../json/object-of.ts';
import { readTar } from '../tar/reader.ts';
import { TarError } from '../tar/tar-error.ts';
import { parseEmver } from '../versions/emver.ts';
import { VersionError } from '../versions/exver.ts';

/** What the images in an archive must be, by the manifest they belong to. */
export interface ImageExpectation {
  readonly id: string | undefined;
  readonly version: string | undefined;
  /** Images that procedures run, with the pointer of one that does. */
  readonly used: ReadonlyMap<string, string>;
}

/** One image in what `docker save` wrote. */
export interface SavedImage {
  /** Undefined if none were given, which the reference cannot read. */
  readonly tags: readonly string[] | undefined;
  /** Path of its configuration in the archive. */
  readonly config: string | undefined;
  /** Paths of its layers, the lowest first. */
  readonly layers: readonly string[];
}

/**
 * The images in an archive as `docker save` writes it.
 * @returns undefined if it does not say what it holds
 * @throws TarError, SyntaxError, RangeError
 */
export async function readSavedImages(tar: ByteSource): Promise<SavedImage[] | undefined> {
  for await (const entry of readTar(tar)) {
    if (entry.path !== 'manifest.json' || entry.type !== 'file') continue;
    const list: unknown = JSON.parse(new TextDecoder().decode(await readAll(entry.content, BUDGET.configBytes)));
    return Array.isArray(list) ? list.map(toSavedImage) : undefined;
  }
  return undefined;
}

function toSavedImage(value: unknown): SavedImage {
  const { RepoTags: tags, Config: config, Layers: layers } = objectOf(value);
  return {
    tags: Array.isArray(tags) ? tags.map(String) : undefined,
    config: typeof config === 'string' ? config : undefined,
    layers: Array.isArray(layers) ? layers.map(String) : [],
  };
}

/** Package, image and version of a tag (s9pk-v1 section 6, rule 7); undefined if it is of another form. */
export function parseImageTag(tag: string): { packageId: string; image: string; version: string } | undefined {
  const [, packageId, image, version] = /^start9\/([^/]*)\/([^:]*):(.*)$/s.exec(tag) ?? [];
  return packageId === undefined || image === undefined || version === undefined
    ? undefined
    : { packageId, image, version };
}

/**
 * Checks one archive of images (s9pk-v1 section 6, rules 5 to 9 and P3).
 * @param name of the archive, for messages
 * @param arch StartOS's name of the architecture it is for, if it is for one
 * @param where the archive itself is
 */
export async function checkSavedImages(
  tar: ByteSource,
  { name, arch, where }: { name: string; arch: string | undefined; where: Place },
  expected: ImageExpectation,
): Promise<Finding[]> {
  const bad = (message: string, at: Place = where) => finding('image-tag', `${name} ${message}`, at);
  try {
    const images = await readSavedImages(tar);
    if (!images) return [bad('has no manifest.json: it is not a list of images as "docker save" writes it')];
    if (images.length === 0 || images.some(({ tags }) => !tags || tags.length === 0))
      return [bad('holds an image without a tag; tag it when saving')];
    const tags = images.flatMap((image) => image.tags ?? []).slice(0, BUDGET.imageTags);
    const findings = tags.flatMap((tag) => {
      const problem = checkTag(tag, expected);
      return problem
        ? [
            finding(
              'image-tag',
              `${name}: ${problem.message}`,
              problem.path === undefined ? where : { path: problem.path },
            ),
          ]
        : [];
    });
    const found = new Set(tags.map((tag) => parseImageTag(tag)?.image));
    for (const [image, pointer] of expected.used) {
      if (!found.has(image))
        findings.push(
          finding('image-tag', `${name}: there is no image "${image}", which the manifest uses`, {
            path: `${pointer}/image`,
          }),
        );
    }
    return [...findings, ...(arch === undefined ? [] : await checkArch(tar, images, arch, name, where))];
  } catch (error) {
    if (!(error instanceof TarError || error instanceof SyntaxError || error instanceof RangeError)) throw error;
    return [bad(`cannot be read: ${error.message}`)];
  }
}

function checkTag(tag: string, { id, version }: ImageExpectation): { message: string; path?: string } | undefined {
  const shown = printableName(tag);
  const parsed = parseImageTag(tag);
  if (!parsed) return { message: `the tag "${shown}" must be start9/<package>/<image>:<version>` };
  if (!/^[a-z]+(?:-[a-z]+)*$/.test(parsed.image))
    return { message: `the tag "${shown}" names the image "${printableName(parsed.image)}", which is not an id` };
  if (id !== undefined && parsed.packageId !== id)
    return {
      message: `the tag "${shown}" is for the package "${printableName(parsed.packageId)}", not "${id}"`,
      path: '/id',
    };
  if (version === undefined || parsed.version === version) return undefined;
  if (isSameVersion(parsed.version, version))
    return {
      message: `the tag "${shown}" must have exactly the manifest's version, "${version}": devices start the image by its text`,
      path: '/version',
    };
  return {
    message: `the tag "${shown}" is not of the manifest's version, ${version}: build the images again`,
    path: '/version',
  };
}

/** Whether two versions of 0.3 are equal as devices compare them: `1.2` is `1.2.0`. */
export function isSameVersion(a: string, b: string): boolean {
  try {
    const [x, y] = [parseEmver(a).numbers, parseEmver(b).numbers];
    return [0, 1, 2, 3].every((index) => (x[index] ?? 0n) === (y[index] ?? 0n));
  } catch (error) {
    if (error instanceof VersionError) return false;
    throw error;
  }
}

/** One mistake of the manifest shows in the archives of all architectures: it is said once, with their names. */
export function onceForAll(findings: readonly Finding[]): Finding[] {
  const groups = Map.groupBy(findings, ({ code, message, where }) => {
    const [, rest = ''] = /^[^\s:]+\.tar: (.*)$/s.exec(message) ?? [];
    // What has a file, or is about no archive, is on its own.
    return rest === '' || !where.path?.startsWith('/')
      ? message + JSON.stringify(where)
      : `${code} ${where.path} ${rest}`;
  });
  return [...groups.values()].flatMap((group) => {
    const [first] = group;
    if (!first) return [];
    if (group.length === 1) return group;
    const names = [...new Set(group.map(({ message }) => /^[^\s:]+\.tar/.exec(message)?.[0] ?? ''))];
    return [{ ...first, message: first.message.replace(/^[^\s:]+\.tar/, names.join(' and ')) }];
  });
}

/** The reference looks at the name alone; an image for other machines does not run. */
async function checkArch(
  tar: ByteSource,
  images: readonly SavedImage[],
  arch: string,
  name: string,
  where: Place,
): Promise<Finding[]> {
  const wanted = new Set(images.flatMap(({ config }) => config ?? []));
  const findings: Finding[] = [];
  for await (const entry of readTar(tar)) {
    if (!wanted.has(entry.path) || entry.type !== 'file' || entry.content.size > BUDGET.configBytes) continue;
    wanted.delete(entry.path);
    const { architecture } = objectOf(
      JSON.parse(new TextDecoder().decode(await readAll(entry.content, BUDGET.configBytes))),
    );
    if (typeof architecture !== 'string' || architecture === '' || architecture === platformOf(arch)) continue;
    const message = `${name} holds an image for ${printableName(architecture)}, but its name says ${arch} (${platformOf(arch)}): it will not run there`;
    findings.push(finding('images-arch', message, where));
  }
  return findings;
}
