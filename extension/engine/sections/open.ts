import { readCborManifest } from '../cbor/read-manifest.ts';
import { type Finding, FindingError, finding, hasErrors } from '../finding.ts';
import type { ByteSource } from '../io/byte-source.ts';
import type { JsonObject } from '../package/json.ts';
import { StageMeter, type Work } from '../progress.ts';
import { verifyPrehashed } from '../sign/ed25519ph.ts';
import { hashBody } from './body-hash.ts';
import { CONTEXT, type SectionLabel, type SectionsHeader } from './header.ts';
import { readSections } from './reader.ts';

/** A package for StartOS 0.3 whose table and manifest can be trusted to be a packer's. */
export interface OpenSections {
  readonly source: ByteSource;
  readonly header: SectionsHeader;
  readonly body: ByteSource;
  readonly sections: ReadonlyMap<SectionLabel, ByteSource>;
  readonly manifest: JsonObject;
}

/**
 * Opens a package for StartOS 0.3 from its table and manifest. Its signature is over the whole file and is not looked at.
 * @throws FindingError with every finding if it does not open.
 */
export async function openSections(source: ByteSource): Promise<OpenSections> {
  const { header, body, sections, findings } = await readSections(source);
  const section = sections.get('manifest');
  const read: { manifest?: JsonObject; findings: readonly Finding[] } = section
    ? await readCborManifest(section)
    : { findings: [] };
  const all = [...findings, ...read.findings];
  if (!header || !body || !read.manifest || hasErrors(all)) throw new FindingError(all);
  return { source, header, body, sections, manifest: read.manifest };
}

/** Hashes the body and checks the signature over it. @returns SHA-512, 64 bytes @throws FindingError if it does not hold */
export async function verifiedHash({ header, body }: OpenSections, work: Work): Promise<Uint8Array> {
  const digest = await hashBody(body, new StageMeter('Hashing', body.size, work));
  if (verifyPrehashed(header.signature, digest, header.publicKey, CONTEXT) !== 'no') return digest;
  const message = 'the signature does not fit: something behind the table of contents was changed after signing';
  throw new FindingError([finding('signature-invalid', message)]);
}
