import type { DirectoryEntry } from '../../engine/archive/entry.ts';
import { compareNames, printableName } from '../../engine/archive/names.ts';
import { type ArchiveReading, readArchive } from '../../engine/archive/reader.ts';
import { BUDGET } from '../../engine/budget.ts';
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
    entries: root ? new EntrySummaries().of(root) : [],
    ...(root && root.children.size > BUDGET.pageOfNames && { isCut: true }),
  };
}

/** What is in a package as far as a view shows it at once; the rest is listed when somebody opens what it is in. */
class EntrySummaries {
  /** Names that are still given. */
  private left = BUDGET.pageOfNames;
  private readonly sizes = new Map<DirectoryEntry, number>();

  of(directory: DirectoryEntry, parent = ''): EntrySummary[] {
    const names = [...directory.children].sort(([a], [b]) => compareNames(a, b)).slice(0, this.left);
    this.left -= names.length;
    return names.map(([name, entry]) => {
      const path = parent === '' ? name : `${parent}/${name}`;
      const shown = { name: printableName(name), path };
      if (entry.kind !== 'directory') return { ...shown, kind: entry.kind, size: Number(entry.size) };
      const isLazy = entry.children.size > this.left;
      const inside = isLazy ? ({ isLazy } as const) : { children: this.of(entry, path) };
      return { ...shown, kind: 'directory', size: this.sizeOf(entry), ...inside };
    });
  }

  /** Bytes of all files below, each folder added up once. */
  private sizeOf(directory: DirectoryEntry): number {
    const known = this.sizes.get(directory);
    if (known !== undefined) return known;
    let size = 0;
    for (const entry of directory.children.values()) {
      if (entry.kind === 'directory') size += this.sizeOf(entry);
      else if (entry.kind === 'file') size += Number(entry.size);
    }
    this.sizes.set(directory, size);
    return size;
  }
}
