import { fastestBlake3 } from '../engine/hash/fastest-blake3.ts';
import { FileSource } from '../engine/io/file-source.ts';
import type { Work } from '../engine/progress.ts';
import { type VerifyReport, verifyPackage } from '../engine/verify/verify.ts';
import { locateFindings } from '../manifest/locate.ts';
import type { VerifyAnswer, VerifyRequest } from './protocol.ts';
import { readText } from './read-text.ts';
import { describeSigner, signersKnownTo } from './signer.ts';

/** Verifies a package file; what it says about the manifest is placed in the wrapper's text where that is known. */
export async function verifyFile(request: VerifyRequest, work: Work): Promise<VerifyAnswer> {
  await using source = await FileSource.open(request.file);
  const knownSigners = await signersKnownTo(request.file, request.knownSigners);
  const report = await verifyPackage(source, { ...work, blake3: fastestBlake3(), knownSigners });
  const located = request.manifestFile
    ? await locateFindings(report.findings, request.manifestFile, readText)
    : report.findings;
  const findings = located.map((found) => ({ ...found, where: { file: request.file, ...found.where } }));
  const { header } = report.archive;
  return {
    findings,
    verdict: verdictOf(report),
    ...(report.opens && header && { signer: describeSigner(header.publicKey, report.signerName) }),
  };
}

function verdictOf(report: VerifyReport): VerifyAnswer['verdict'] {
  if (!report.opens) return 'unreadable';
  if (!report.intact) return 'damaged';
  if (!report.complete) return 'incomplete';
  return report.canonical ? 'verified' : 'unusual';
}
