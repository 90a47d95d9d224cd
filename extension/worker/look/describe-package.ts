import type { DirectoryEntry } from '../../engine/archive/entry.ts';
import { compareNames, printableName } from '../../engine/archive/names.ts';
import { type ArchiveReading, readArchive } from '../../engine/archive/reader.ts';
import { equalBytes } from '../../engine/bytes.ts';
import type { Blake3 } from '../../engine/hash/blake3.ts';
import type { ByteSource } from '../../engine/io/byte-source.ts';
import { printJson } from '../../engine/package/json.ts';
import { localized, type Manifest, manifestToJson } from '../../engine/package/manifest.ts';
import { commitmentToJson } from '../../engine/sign/commitment.ts';
import { readVerifiedManifest } from '../../engine/verify/verify.ts';
import { generationOf } from '../../engine/verify/verify-either.ts';
import type { Packages } from '../packages/packages.ts';
import type { DescribeRequest, EntrySummary, PackageSummary } from '../protocol.ts';
import { summarizeSections } from './describe-sections.ts';
import { describeSigner, signersKnownTo } from './signer.ts';

/** Opens a package for display: fast whatever its size, and with as much as there is if it is damaged. */
export async function describePackage(packages: Packages, request: DescribeRequest): Promise<PackageSummary> {
  await using source = await packages.open(request.file);
  if ((await generationOf(source)) === 1) {
    const summary = await summarizeSections(source);
    const newerSource = await packages.sourceNewerThan(request.file);
    return { ...summary, ...(newerSource !== undefined && { newerSource }) };
  }
  return await summarizePackage(packages, await readPackage(source, packages.blake3), request);
}

/** A package as far as it can be read: its tables, and its manifest if that has its signed hash. */
export interface ReadPackage {
  readonly archive: ArchiveReading;
  readonly manifest?: Manifest;
}

export async function readPackage(source: ByteSource, blake3: Blake3): Promise<ReadPackage> {
  const archive = await readArchive(source, { blake3 });
  const { manifest } = archive.root ? await readVerifiedManifest(archive.root, blake3) : {};
  return { archive, ...(manifest && { manifest }) };
}

export async function summarizePackage(
  packages: Packages,
  { archive, manifest }: ReadPackage,
  request: DescribeRequest,
): Promise<PackageSummary> {
  const { header, root, opens, findings, source } = archive;
  const known = await signersKnownTo(packages, request);
  const newerSource = await packages.sourceNewerThan(request.file);
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
