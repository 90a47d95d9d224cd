import { readdir } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { type Finding, finding } from '../../engine/finding.ts';
import { readAll } from '../../engine/io/byte-source.ts';
import { FileSource } from '../../engine/io/file-source.ts';
import { parseEmver } from '../../engine/package/emver.ts';
import { VersionError } from '../../engine/package/exver.ts';
import { readTar } from '../../engine/tar/reader.ts';
import { TarError } from '../../engine/tar/tar-error.ts';
import { stateOf } from './files.ts';

const ARCHITECTURES = ['x86_64', 'aarch64'];
/** The list of images in what `docker save` writes is short. */
const MAX_LIST = 1 << 20;

export interface ImageExpectation {
  readonly id: string | undefined;
  readonly version: string | undefined;
  /** Images that procedures run, with the pointer of one that does. */
  readonly used: ReadonlyMap<string, string>;
}

/**
 * Checks the images of a 0.3 wrapper (s9pk-v1 section 6, rules 5 to 9 and P3), in every architecture's archive, where the
 * reference only looks at that of the machine it runs on.
 * @param path what `docker save` wrote, or a folder with one archive for each architecture
 */
export async function checkDockerImages(path: string, shown: string, expected: ImageExpectation): Promise<Finding[]> {
  const where = { path: '/assets/docker-images' };
  const state = await stateOf(path);
  if (state === 'file') return checkArchive(path, expected);
  if (state !== 'folder')
    return [finding('images-unbuilt', `${shown} is not there yet: the images must be built before packing`, where)];
  const names = (await readdir(path)).sort();
  const archives = names.filter((name) => name.endsWith('.tar'));
  const findings: Finding[] = [];
  if (archives.length === 0)
    findings.push(finding('images-unbuilt', `${shown} holds no image yet: they must be built before packing`, where));
  for (const name of names) {
    if (archives.includes(name)) {
      if (!ARCHITECTURES.includes(name.slice(0, -4))) {
        const message = `${name} is for no device: name it after its architecture, x86_64.tar or aarch64.tar`;
        findings.push(finding('images-stray', message, { file: join(path, name) }));
      }
      findings.push(...(await checkArchive(join(path, name), expected)));
    } else
      findings.push(
        finding('images-stray', `${name} is packed too, although it is no image; remove it`, {
          file: join(path, name),
        }),
      );
  }
  return findings;
}

async function checkArchive(file: string, expected: ImageExpectation): Promise<Finding[]> {
  const where = { file };
  const name = basename(file);
  try {
    const tags = await readTags(file);
    if (!tags)
      return [
        finding(
          'image-tag',
          `${name} has no manifest.json: it is not a list of images as "docker save" writes it`,
          where,
        ),
      ];
    if (tags.length === 0)
      return [finding('image-tag', `${name} holds an image without a tag; tag it when saving`, where)];
    const problems = tags.flatMap((tag) => checkTag(tag, expected) ?? []);
    const found = new Set(tags.map((tag) => /^start9\/[^/]+\/([^:]+):/.exec(tag)?.[1]));
    for (const image of expected.used.keys()) {
      if (!found.has(image)) problems.push(`there is no image "${image}", which the manifest uses`);
    }
    return problems.map((problem) => finding('image-tag', `${name}: ${problem}`, where));
  } catch (error) {
    if (!(error instanceof TarError || error instanceof SyntaxError)) throw error;
    return [finding('image-tag', `${name} cannot be read: ${error.message}`, where)];
  }
}

/** All tags in an archive; undefined if it does not say. */
async function readTags(file: string): Promise<string[] | undefined> {
  await using source = await FileSource.open(file);
  for await (const entry of readTar(source)) {
    if (entry.path !== 'manifest.json' || entry.type !== 'file') continue;
    const list: unknown = JSON.parse(Buffer.from(await readAll(entry.content, MAX_LIST)).toString('utf8'));
    if (!Array.isArray(list)) return undefined;
    const tags = list.map((image: { RepoTags?: unknown } | null) => image?.RepoTags);
    // The reference cannot read the list if a single image has no tags.
    return tags.every((own) => Array.isArray(own)) ? tags.flatMap((own) => (own as unknown[]).map(String)) : [];
  }
  return undefined;
}

function checkTag(tag: string, { id, version }: ImageExpectation): string | undefined {
  const match = /^start9\/([^/]*)\/([^:]*):(.*)$/.exec(tag);
  if (!match) return `the tag "${tag}" must be start9/<package>/<image>:<version>`;
  const [, packageId, image = '', tagVersion = ''] = match;
  if (!/^[a-z]+(?:-[a-z]+)*$/.test(image)) return `the tag "${tag}" names the image "${image}", which is not an id`;
  if (id !== undefined && packageId !== id) return `the tag "${tag}" is for the package "${packageId}", not "${id}"`;
  if (version === undefined || tagVersion === version) return undefined;
  const isSame = sameVersion(tagVersion, version);
  if (isSame)
    return `the tag "${tag}" must have exactly the manifest's version, "${version}": devices start the image by its text`;
  return `the tag "${tag}" is not of the manifest's version, ${version}: build the images again`;
}

function sameVersion(a: string, b: string): boolean {
  try {
    const [x, y] = [parseEmver(a).numbers, parseEmver(b).numbers];
    return [0, 1, 2, 3].every((index) => (x[index] ?? 0n) === (y[index] ?? 0n));
  } catch (error) {
    if (error instanceof VersionError) return false;
    throw error;
  }
}
