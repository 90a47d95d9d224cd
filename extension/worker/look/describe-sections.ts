import { printableName } from '../../engine/archive/names.ts';
import { toBase64 } from '../../engine/bytes.ts';
import { readCborManifest } from '../../engine/cbor/read-manifest.ts';
import { readImagesSection, SINGLE, stemOf } from '../../engine/docker-images/images-section.ts';
import { parseImageTag, readSavedImages } from '../../engine/docker-images/saved-images.ts';
import type { ByteSource } from '../../engine/io/byte-source.ts';
import { objectOf } from '../../engine/json/object-of.ts';
import { toRawJson } from '../../engine/package/json.ts';
import { mimeOfExtension } from '../../engine/package/mime.ts';
import type { SectionLabel } from '../../engine/sections/header.ts';
import { readSections, type SectionsReading } from '../../engine/sections/reader.ts';
import { TarError } from '../../engine/tar/tar-error.ts';
import type { EntrySummary, PackagePage, PackageSummary, PageIcon, PageImage } from '../protocol.ts';
import { describeSigner } from './signer.ts';

/** Characters of a name or a version. */
const MAX_TEXT = 200;
/** Icons that are larger are not shown. */
const MAX_ICON = 1 << 20;

/** A package for StartOS 0.3 as far as it can be read, its signature aside: that is over all of its bytes. */
interface ReadSections {
  readonly reading: SectionsReading;
  readonly manifest: Readonly<Record<string, unknown>> | undefined;
}

async function read(source: ByteSource): Promise<ReadSections> {
  const reading = await readSections(source);
  const section = reading.sections.get('manifest');
  const { manifest } = section ? await readCborManifest(section) : {};
  return { reading, manifest: manifest && objectOf(toRawJson(manifest)) };
}

/** What a package for StartOS 0.3 is, from its header and its manifest. */
export async function summarizeSections(source: ByteSource): Promise<PackageSummary> {
  return summarize(await read(source));
}

async function summarize({ reading, manifest }: ReadSections): Promise<PackageSummary> {
  const { source, header, sections, findings, opens } = reading;
  // Nobody has checked these, and they go into names and lines.
  const text = (key: 'id' | 'title' | 'version') => {
    const value = manifest?.[key];
    return typeof value === 'string' ? { [key]: printableName(value).slice(0, MAX_TEXT) } : {};
  };
  const arch = (await archivesIn(sections.get('docker_images'))).flatMap(([name]) =>
    name === SINGLE ? [] : [printableName(stemOf(name))],
  );
  return {
    size: source.size,
    opens: opens && manifest !== undefined,
    startos: '0.3',
    ...text('id'),
    ...text('title'),
    ...text('version'),
    ...(manifest && { manifest, dependencies: dependenciesIn(manifest), volumes: volumesIn(manifest) }),
    ...(arch.length > 0 && { arch }),
    // Whoever it is: only verifying checks the signature, so no name is given to the key.
    ...(header && { signer: { ...describeSigner(header.publicKey, undefined), isUnchecked: true } }),
    findings,
    entries: await entriesIn(sections, manifest),
  };
}

function volumesIn(manifest: Readonly<Record<string, unknown>>): string[] {
  const volumes = Object.entries(objectOf(manifest['volumes']));
  return volumes.filter(([, volume]) => objectOf(volume)['type'] === 'data').map(([id]) => printableName(id));
}

function dependenciesIn(manifest: Readonly<Record<string, unknown>>): { id: string; optional: boolean }[] {
  return Object.entries(objectOf(manifest['dependencies'])).map(([id, dependency]) => ({
    id: printableName(id).slice(0, MAX_TEXT),
    optional: objectOf(objectOf(dependency)['requirement'])['type'] !== 'required',
  }));
}

async function archivesIn(section: ByteSource | undefined): Promise<(readonly [string, ByteSource])[]> {
  return section ? [...(await readImagesSection(section)).archives] : [];
}

/** The sections under the names that devices give them; what is in them is read when somebody opens it. */
async function entriesIn(
  sections: ReadonlyMap<SectionLabel, ByteSource>,
  manifest: Readonly<Record<string, unknown>> | undefined,
): Promise<EntrySummary[]> {
  const file = (label: SectionLabel, name: string): EntrySummary[] => {
    const section = sections.get(label);
    return section ? [{ name, path: name, kind: 'file', size: section.size }] : [];
  };
  const images = (await archivesIn(sections.get('docker_images'))).map(([name, { size }]): EntrySummary => {
    const shown = printableName(name);
    return { name: shown, path: `images/${name}`, kind: 'file', size, isLazy: true };
  });
  const folder = (name: string, children: readonly EntrySummary[]): EntrySummary[] => {
    const size = children.reduce((sum, child) => sum + child.size, 0);
    return children.length > 0 ? [{ name, path: name, kind: 'directory', size, children }] : [];
  };
  const [assets] = file('assets', 'assets');
  return [
    ...file('manifest', 'manifest.json'),
    ...file('license', 'LICENSE.md'),
    ...file('icon', `icon.${iconType(manifest)}`),
    ...file('instructions', 'instructions.md'),
    // Two blocks of zeros are an archive of nothing.
    ...(assets && assets.size > 1024 ? [{ ...assets, isLazy: true as const }] : []),
    ...folder('images', images),
    ...folder(
      'scripts',
      file('scripts', 'embassy.js')
        .filter(({ size }) => size > 0)
        .map((entry) => ({ ...entry, path: 'scripts/embassy.js' })),
    ),
  ];
}

/** The icon keeps no name in a package; its type is that of the one in the manifest. */
function iconType(manifest: Readonly<Record<string, unknown>> | undefined): string {
  const name = objectOf(manifest?.['assets'])['icon'];
  return /\.([a-z0-9]{1,8})$/i.exec(typeof name === 'string' ? name : '')?.[1]?.toLowerCase() ?? 'png';
}

/** What the page of such a package shows. */
export async function pageOfSections(source: ByteSource): Promise<PackagePage> {
  const known = await read(source);
  const { manifest = {} } = known;
  const { sections } = known.reading;
  const description = objectOf(manifest['description']);
  const texts = [
    { name: 'short', value: description['short'] },
    { name: 'long', value: description['long'] },
    { name: 'releaseNotes', value: manifest['release-notes'] },
  ] as const;
  const icon = await iconIn(sections.get('icon'), iconType(known.manifest));
  return {
    summary: await summarize(known),
    ...(icon && { icon }),
    texts: texts.flatMap(({ name, value }) => (typeof value === 'string' ? { name, texts: [{ text: value }] } : [])),
    facts: factsIn(manifest),
    images: await imagesIn(sections.get('docker_images')),
    dependencies: Object.entries(objectOf(manifest['dependencies'])).map(([id, value]) => {
      const { version, description: why, requirement } = objectOf(value);
      return {
        id: printableName(id).slice(0, MAX_TEXT),
        optional: objectOf(requirement)['type'] !== 'required',
        wanted: typeof version === 'string' ? [version] : [],
        ...(typeof why === 'string' && { description: [{ text: why }] }),
      };
    }),
    shares: [...sections]
      .map(([label, { size }]) => ({ path: label as string, size }))
      .filter(({ size }) => size > 0)
      .sort((a, b) => b.size - a.size),
  };
}

function factsIn(manifest: Readonly<Record<string, unknown>>): PackagePage['facts'] {
  const { ram, arch } = objectOf(manifest['hardware-requirements']);
  const facts: Record<string, unknown> = {
    id: manifest['id'],
    license: manifest['license'],
    osVersion: manifest['eos-version'],
    volumes: volumesIn(manifest).join(', ') || undefined,
    ram: typeof ram === 'number' ? String(ram) : undefined,
    arch: Array.isArray(arch) ? arch.join(', ') : undefined,
    packageRepo: manifest['wrapper-repo'],
    upstreamRepo: manifest['upstream-repo'],
    marketingUrl: manifest['marketing-site'],
    donationUrl: manifest['donation-url'],
    gitHash: manifest['git-hash'],
  };
  return Object.entries(facts).flatMap(([name, value]) => (typeof value === 'string' ? { name, value } : []));
}

async function iconIn(section: ByteSource | undefined, type: string): Promise<PageIcon | undefined> {
  const mime = mimeOfExtension(type);
  if (!section || !mime || section.size > MAX_ICON) return undefined;
  return { mime, base64: toBase64(await section.read(0, section.size)) };
}

/** The images by what their archives say of themselves. */
async function imagesIn(section: ByteSource | undefined): Promise<PageImage[]> {
  const images: PageImage[] = [];
  for (const [name, archive] of await archivesIn(section)) {
    const saved = await readSavedImages(archive).catch((error: Error) => {
      if (error instanceof TarError || error instanceof SyntaxError || error instanceof RangeError) return [];
      throw error;
    });
    for (const tag of (saved ?? []).flatMap(({ tags = [] }) => tags.slice(0, 1))) {
      images.push({
        id: printableName(parseImageTag(tag)?.image ?? tag),
        arch: name === SINGLE ? '' : printableName(stemOf(name)),
        path: `images/${name}`,
        size: archive.size,
        isMissing: false,
        compressor: 'docker save',
      });
    }
  }
  return images;
}
