import { toHex } from '../engine/bytes.ts';
import type { MadePackage } from '../engine/pack/write-verified.ts';
import type { MadeSections } from '../engine/pack-sections/pack-sections.ts';
import { commitmentToJson } from '../engine/sign/commitment.ts';
import type { StoredKey } from '../engine/sign/key-store.ts';
import { fingerprint } from '../engine/sign/private-key.ts';
import type { PackageReport } from '../engine/verify/report.ts';
import type { MadeOfFolder } from '../manifest/wrapper/packing/pack-folder.ts';
import type { PackedPackage, Signer, Verified } from './facts.ts';

export function signerOf(publicKey: Uint8Array): Signer {
  return { publicKey: toHex(publicKey), fingerprint: fingerprint(publicKey) };
}

/** A report in the words of the library and of `--json`. */
export function verifiedOf(report: PackageReport): Verified {
  const { header, order } = report.archive?.archive ?? {};
  return {
    generation: report.generation,
    opens: report.opens,
    intact: report.intact,
    canonical: report.canonical,
    complete: report.complete,
    ...(report.id !== undefined && { id: report.id }),
    ...(report.version !== undefined && { version: report.version }),
    ...(order && { order }),
    ...(report.publicKey && { signer: toHex(report.publicKey) }),
    ...(header && { signer: toHex(header.publicKey), commitment: commitmentToJson(header) }),
    ...(report.hash !== undefined && { hash: report.hash }),
    signerKnown: report.signerName !== undefined,
  };
}

/** What was made of a wrapper, in the words of the library and of `--json`. */
export function packedOf(made: MadeOfFolder): PackedPackage {
  return made.generation === '0.3' ? ofSections(made.package) : ofArchive(made.package);
}

function ofArchive({ path, size, report, signer }: MadePackage): PackedPackage {
  const { manifest, archive } = report;
  const images = [...(manifest?.images ?? [])].map(([id, { arch }]) => ({ id, arch }));
  return {
    generation: '0.4',
    output: path,
    size,
    ...(manifest && { id: manifest.id, version: manifest.version }),
    ...(archive.header && { commitment: commitmentToJson(archive.header) }),
    ...(archive.order && { order: archive.order }),
    commit: manifest?.gitHash ?? null,
    architectures: [...new Set(images.flatMap(({ arch }) => arch))],
    images,
    signer: describeKey(signer),
  };
}

/** A package for StartOS 0.3 has a hash of all its bytes instead of a commitment, and one order only. */
function ofSections({ path, size, report, commit, architectures, images, signer }: MadeSections): PackedPackage {
  return {
    generation: '0.3',
    output: path,
    size,
    ...(report.id !== undefined && { id: report.id }),
    ...(report.version !== undefined && { version: report.version }),
    ...(report.hash !== undefined && { hash: report.hash }),
    commit,
    architectures,
    images: images.map((id) => ({ id, arch: architectures })),
    signer: describeKey(signer),
  };
}

function describeKey({ key, path }: StoredKey): PackedPackage['signer'] {
  return { ...signerOf(key.publicKey), file: path };
}
