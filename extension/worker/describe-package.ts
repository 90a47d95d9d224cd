import { readdir, stat } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import type { DirectoryEntry } from '../engine/archive/entry.ts';
import { compareNames, printableName } from '../engine/archive/names.ts';
import { type ArchiveReading, readArchive } from '../engine/archive/reader.ts';
import { equalBytes } from '../engine/bytes.ts';
import { fastestBlake3 } from '../engine/hash/fastest-blake3.ts';
import type { ByteSource } from '../engine/io/byte-source.ts';
import { FileSource } from '../engine/io/file-source.ts';
import { findManifestFile } from '../engine/pack/manifest-source.ts';
import { printJson } from '../engine/package/json.ts';
import { localized, type Manifest, manifestToJson } from '../engine/package/manifest.ts';
import { commitmentToJson } from '../engine/sign/commitment.ts';
import { readVerifiedManifest } from '../engine/verify/verify.ts';
import type { DescribeRequest, EntrySummary, PackageSummary } from './protocol.ts';
import { describeSigner, signersKnownTo } from './signer.ts';

/** Opens a package for display: fast whatever its size, and with as much as there is if it is damaged. */
export async function describePackage(request: DescribeRequest): Promise<PackageSummary> {
  await using source = await FileSource.open(request.file);
  return await summarizePackage(await readPackage(source), request);
}

/** A package as far as it can be read: its tables, and its manifest if that has its signed hash. */
export interface ReadPackage {
  readonly archive: ArchiveReading;
  readonly manifest?: Manifest;
}

export async function readPackage(source: ByteSource): Promise<ReadPackage> {
  const blake3 = fastestBlake3();
  const archive = await readArchive(source, { blake3 });
  const { manifest } = archive.root ? await readVerifiedManifest(archive.root, blake3) : {};
  return { archive, ...(manifest && { manifest }) };
}

export async function summarizePackage(
  { archive, manifest }: ReadPackage,
  request: DescribeRequest,
): Promise<PackageSummary> {
  const { header, root, opens, findings, source } = archive;
  const known = await signersKnownTo(request);
  const newerSource = await sourceNewerThanPackage(request.file);
  const name = header && known.find((signer) => equalBytes(signer.publicKey, header.publicKey))?.name;
  return {
    size: source.size,
    findings,
    opens,
    ...(manifest && {
      title: localized(manifest.title),
      id: manifest.id,
      version: manifest.version,
      dependencies: [...manifest.dependencies].map(([id, { optional }]) => ({ id, optional })),
      volumes: manifest.volumes,
      manifest: JSON.parse(printJson(manifestToJson(manifest))),
      arch: [...new Set([...manifest.images.values()].flatMap((image) => image.arch))],
    }),
    ...(opens &&
      header && { signer: describeSigner(header.publicKey, name), rootSighash: commitmentToJson(header).rootSighash }),
    ...(newerSource !== undefined && { newerSource }),
    entries: root ? summarize(root) : [],
  };
}

/** What a package is made from, beside the folders that packing itself writes. */
const SOURCES = [
  'startos',
  'assets',
  'scripts',
  'image',
  'manifest.json',
  'manifest.yaml',
  'instructions.md',
  'Dockerfile',
];
/** More files than any wrapper's own has. */
const MAX_SOURCES = 5000;

/** A source of the wrapper that lies around a package and is newer than it; undefined if there is none, or no wrapper. */
async function sourceNewerThanPackage(file: string): Promise<string | undefined> {
  const folder = dirname(file);
  if ((await findManifestFile(folder)) === undefined) return undefined;
  const made = (await stat(file)).mtimeMs;
  let seen = 0;
  for (const name of SOURCES) {
    const path = join(folder, name);
    const info = await stat(path).catch(() => undefined);
    if (info?.isFile() && info.mtimeMs > made) return name;
    if (!info?.isDirectory()) continue;
    for (const entry of await readdir(path, { recursive: true, withFileTypes: true })) {
      if (!entry.isFile() || /[\\/]node_modules(?:[\\/]|$)/.test(entry.parentPath)) continue;
      if (++seen > MAX_SOURCES) return undefined;
      const inner = join(entry.parentPath, entry.name);
      const { mtimeMs } = await stat(inner).catch(() => ({ mtimeMs: 0 }));
      if (mtimeMs > made) return relative(folder, inner);
    }
  }
  return undefined;
}

function summarize(directory: DirectoryEntry, parent = ''): EntrySummary[] {
  const sorted = [...directory.children].sort(([a], [b]) => compareNames(a, b));
  return sorted.map(([name, entry]) => {
    const path = parent === '' ? name : `${parent}/${name}`;
    const shown = { name: printableName(name), path };
    if (entry.kind !== 'directory') return { ...shown, kind: entry.kind, size: Number(entry.size) };
    const children = summarize(entry, path);
    const size = children.reduce((sum, child) => sum + (child.kind === 'missing' ? 0 : child.size), 0);
    return { ...shown, kind: 'directory', size, children };
  });
}
