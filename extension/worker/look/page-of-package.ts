import { type DirectoryEntry, lookUp, walk } from '../../engine/archive/entry.ts';
import { PackageBrowser } from '../../engine/browse/package-browser.ts';
import { BUDGET } from '../../engine/budget.ts';
import { toBase64 } from '../../engine/bytes.ts';
import { readAll } from '../../engine/io/byte-source.ts';
import { printJson } from '../../engine/package/json.ts';
import type { Dependency, Keeping, LocaleString, Manifest } from '../../engine/package/manifest.ts';
import { isImageName, mimeOfExtension, splitName } from '../../engine/package/mime.ts';
import { iconNames } from '../../engine/package/package-rules.ts';
import { commitmentToJson } from '../../engine/sign/commitment.ts';
import { SUPERBLOCK_SIZE } from '../../engine/squashfs/format.ts';
import { parseSuperblock } from '../../engine/squashfs/superblock.ts';
import { generationOf } from '../../engine/verify/verify-either.ts';
import type { Packages } from '../packages/packages.ts';
import type { DescribeRequest, PackagePage, PageIcon, PageImage, PageText } from '../protocol.ts';
import { readPackage, summarizePackage } from './describe-package.ts';
import { pageOfSections } from './describe-sections.ts';

/** Icons and the like that are larger are not shown. */

/** Everything that the page of a package shows: what can be had of it, however damaged or partial it is. */
export async function pageOfPackage(packages: Packages, request: DescribeRequest): Promise<PackagePage> {
  await using source = await packages.open(request.file);
  if ((await generationOf(source)) === 1) return await pageOfSections(source);
  const read = await readPackage(source, packages.blake3);
  const { manifest } = read;
  const { header, root, order, opens } = read.archive;
  const summary = await summarizePackage(packages, read, request);
  if (!root) return { summary, texts: [], facts: [], images: [], dependencies: [], shares: [] };
  const browser = new PackageBrowser(root, packages.blake3);
  const icon = await iconIn(root, browser, '');
  const dependencies = await Promise.all(
    [...(manifest?.dependencies ?? [])].map(async ([id, dependency]) => {
      const { description, optional } = dependency;
      const own = await iconIn(root, browser, `dependencies/${id}/`);
      const title = await titleOf(browser, id);
      const described = description === null ? {} : { description: textsOf(description) };
      return {
        id,
        optional,
        wanted: wantedOf(dependency),
        ...described,
        ...(own && { icon: own }),
        ...(title && { title }),
      };
    }),
  );
  return {
    summary,
    ...(opens && header && { commitment: commitmentToJson(header) }),
    ...(order && { order }),
    ...(icon && { icon }),
    texts: manifest ? textsIn(manifest) : [],
    facts: manifest ? factsIn(manifest) : [],
    images: await imagesIn(root),
    dependencies,
    shares: sharesOf(root),
  };
}

async function iconIn(root: DirectoryEntry, browser: PackageBrowser, folder: string): Promise<PageIcon | undefined> {
  const directory = folder === '' ? root : lookUp(root, ...folder.split('/').filter(Boolean));
  if (directory?.kind !== 'directory') return undefined;
  const [name] = iconNames(directory, isImageName);
  const mime = name && mimeOfExtension(splitName(name).extension ?? '');
  const bytes = name === undefined ? undefined : await checkedBytes(browser, `${folder}${name}`, BUDGET.pageBytes);
  return mime && bytes ? { mime, base64: toBase64(bytes) } : undefined;
}

function wantedOf({ versionRange, requirement }: Dependency): string[] {
  const checks = requirement?.kind === 'running' ? requirement.healthChecks : [];
  return [
    ...(versionRange === null ? [] : [versionRange]),
    ...(requirement ? [[requirement.kind, ...checks].join(' ')] : []),
  ];
}

async function titleOf(browser: PackageBrowser, id: string): Promise<readonly PageText[] | undefined> {
  const bytes = await checkedBytes(browser, `dependencies/${id}/metadata.json`, BUDGET.pageBytes);
  if (!bytes) return undefined;
  try {
    const { title } = JSON.parse(new TextDecoder().decode(bytes)) as { title?: unknown };
    if (typeof title === 'string') return textsOf(title);
    if (typeof title === 'object' && title !== null) {
      return textsOf(new Map(Object.entries(title).map(([tag, text]) => [tag, String(text)])));
    }
  } catch {
    // A dependency without a title is shown by its id.
  }
  return undefined;
}

/** The bytes of a small file, if it is there and has its signed hash. */
async function checkedBytes(browser: PackageBrowser, path: string, limit: number): Promise<Uint8Array | undefined> {
  try {
    const node = await browser.lookUp(path);
    if (!node || node.size > limit) return undefined;
    const content = await browser.content(node);
    return content && (await readAll(content, limit));
  } catch {
    return undefined;
  }
}

function textsOf(text: LocaleString): PageText[] {
  return typeof text === 'string' ? [{ text }] : [...text].map(([tag, value]) => ({ tag, text: value }));
}

function textsIn(manifest: Manifest): PackagePage['texts'] {
  return [
    { name: 'short', texts: textsOf(manifest.description.short) },
    { name: 'long', texts: textsOf(manifest.description.long) },
    { name: 'releaseNotes', texts: textsOf(manifest.releaseNotes) },
    ...(manifest.preDownloadAlert
      ? [{ name: 'preDownloadAlert' as const, texts: textsOf(manifest.preDownloadAlert.message) }]
      : []),
  ];
}

const FLAGS = ['hardwareAcceleration', 'userspaceFilesystems', 'virtualNetworking', 'hardwareVirtualization'] as const;

function factsIn(manifest: Manifest): PackagePage['facts'] {
  const { ram, arch, device } = manifest.hardwareRequirements;
  const facts: [string, string | null][] = [
    ['id', manifest.id],
    ['license', manifest.license],
    ['osVersion', manifest.osVersion],
    ['sdkVersion', manifest.sdkVersion],
    ['canMigrateFrom', manifest.canMigrateFrom],
    ['canMigrateTo', manifest.canMigrateTo],
    ['preDownloadAlert', manifest.preDownloadAlert?.when.sourceVersion ?? null],
    ['satisfies', manifest.satisfies.join(', ') || null],
    ['volumes', manifest.volumes.join(', ') || null],
    ['plugins', manifest.plugins.join(', ') || null],
    ...FLAGS.map((name): [string, string | null] => [name, manifest[name] ? 'true' : null]),
    [
      'emulateMissing',
      [...manifest.images].flatMap(([id, image]) => (image.emulateMissing ? [id] : [])).join(', ') || null,
    ],
    ['ram', ram === null ? null : String(ram)],
    ['arch', arch === null ? null : arch.join(', ')],
    ['devices', device.map(({ description }) => description).join(', ') || null],
    ['packageRepo', manifest.packageRepo],
    ['upstreamRepo', manifest.upstreamRepo],
    ['marketingUrl', manifest.marketingUrl],
    ['donationUrl', manifest.donationUrl],
    ['gitHash', manifest.gitHash],
    ...keptIn(manifest),
  ];
  return facts.flatMap(([name, value]) => (value === null ? [] : [{ name, value }]));
}

/** What a newer upstream says and nothing here knows, as JSON. */
function keptIn(manifest: Manifest): [string, string][] {
  const objects: [string, Keeping][] = [
    ['', manifest],
    ['description.', manifest.description],
    ...(manifest.preDownloadAlert
      ? ([
          ['preDownloadAlert.', manifest.preDownloadAlert],
          ['preDownloadAlert.when.', manifest.preDownloadAlert.when],
        ] as [string, Keeping][])
      : []),
    ...manifest.hardwareRequirements.device.map((device, index): [string, Keeping] => [
      `hardwareRequirements.device[${index}].`,
      device,
    ]),
    ['hardwareRequirements.', manifest.hardwareRequirements],
    ...[...manifest.images].map(([id, image]): [string, Keeping] => [`images.${id}.`, image]),
    ...[...manifest.dependencies].map(([id, dependency]): [string, Keeping] => [`dependencies.${id}.`, dependency]),
  ];
  return objects.flatMap(([at, { kept }]) =>
    [...(kept ?? [])].map(([key, value]): [string, string] => [`${at}${key}`, printJson(value)]),
  );
}

/** The images as they are in the package, whatever the manifest says. */
async function imagesIn(root: DirectoryEntry): Promise<PageImage[]> {
  const folder = lookUp(root, 'images');
  if (folder?.kind !== 'directory') return [];
  const images: PageImage[] = [];
  for (const [[arch = '', name = '', ...more], entry] of walk(folder)) {
    if (more.length > 0 || !name.endsWith('.squashfs') || entry.kind === 'directory') continue;
    const compressor =
      entry.kind === 'file' ? parseSuperblock(await entry.content.read(0, SUPERBLOCK_SIZE))?.compressor : undefined;
    images.push({
      id: name.replace(/\.squashfs$/, ''),
      arch,
      path: `images/${arch}/${name}`,
      size: Number(entry.size),
      isMissing: entry.kind === 'missing',
      ...(compressor && { compressor }),
    });
  }
  return images.sort((a, b) => (a.id === b.id ? (a.arch < b.arch ? -1 : 1) : a.id < b.id ? -1 : 1));
}

/** How many bytes what is at the top takes, images by their own; the largest first. */
function sharesOf(root: DirectoryEntry): PackagePage['shares'] {
  const shares = [...walk(root)].flatMap(([segments, entry]) =>
    entry.kind === 'file' ? [{ path: segments.join('/'), size: Number(entry.size) }] : [],
  );
  return shares.sort((a, b) => b.size - a.size || (a.path < b.path ? -1 : 1));
}
