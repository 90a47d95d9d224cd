import type { Finding } from '../finding.ts';
import type { VerifyReport } from './verify.ts';

/** What a verification answers, whichever generation the package is of. */
export interface PackageReport {
  /** 1: StartOS 0.3. 2: StartOS 0.4. */
  readonly generation: 1 | 2;
  /** Devices open it. */
  readonly opens: boolean;
  /** It opens and holds what was signed. */
  readonly intact: boolean;
  /** A packer writes it exactly so. */
  readonly canonical: boolean;
  /** It opens, its manifest is good and everything a package must hold is there. */
  readonly complete: boolean;
  readonly id?: string;
  readonly version?: string;
  /** Ed25519 public key of the signer, if it opens. */
  readonly publicKey?: Uint8Array;
  /** Name of the known signer, if the signature holds and the key is a known one. */
  readonly signerName?: string;
  /** Of generation 1, if the signature holds: the hash that its tools show. */
  readonly hash?: string;
  /** Of generation 2: all that is known of it. */
  readonly archive?: VerifyReport;
  readonly findings: readonly Finding[];
}

/** The report about an archive as one about a package. */
export function reportOfArchive(archive: VerifyReport): PackageReport {
  const { opens, intact, canonical, complete, manifest, signerName, findings } = archive;
  const { header } = archive.archive;
  return {
    generation: 2,
    ...{ opens, intact, canonical, complete, archive, findings },
    ...(manifest && { id: manifest.id, version: manifest.version }),
    ...(opens && header && { publicKey: header.publicKey }),
    ...(signerName !== undefined && { signerName }),
  };
}
