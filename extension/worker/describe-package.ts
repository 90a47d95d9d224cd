import type { DirectoryEntry } from '../engine/archive/entry.ts';
import { compareNames, printableName } from '../engine/archive/names.ts';
import { readArchive } from '../engine/archive/reader.ts';
import { equalBytes } from '../engine/bytes.ts';
import { fastestBlake3 } from '../engine/hash/fastest-blake3.ts';
import { FileSource } from '../engine/io/file-source.ts';
import { localized } from '../engine/package/manifest.ts';
import { commitmentToJson } from '../engine/sign/commitment.ts';
import { readVerifiedManifest } from '../engine/verify/verify.ts';
import type { DescribeRequest, EntrySummary, PackageSummary } from './protocol.ts';
import { describeSigner, signersKnownTo } from './signer.ts';

/** Opens a package for display: fast whatever its size, and with as much as there is if it is damaged. */
export async function describePackage(request: DescribeRequest): Promise<PackageSummary> {
  await using source = await FileSource.open(request.file);
  const blake3 = fastestBlake3();
  const { header, root, opens, findings } = await readArchive(source, { blake3 });
  const { manifest } = root ? await readVerifiedManifest(root, blake3) : { manifest: undefined };
  const known = await signersKnownTo(request);
  const name = header && known.find((signer) => equalBytes(signer.publicKey, header.publicKey))?.name;
  return {
    size: source.size,
    findings,
    opens,
    ...(manifest && {
      title: localized(manifest.title),
      id: manifest.id,
      version: manifest.version,
      arch: [...new Set([...manifest.images.values()].flatMap((image) => image.arch))],
    }),
    ...(opens &&
      header && { signer: describeSigner(header.publicKey, name), rootSighash: commitmentToJson(header).rootSighash }),
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
