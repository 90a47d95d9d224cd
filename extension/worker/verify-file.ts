import { fastestBlake3 } from '../engine/hash/fastest-blake3.ts';
import { FileSource } from '../engine/io/file-source.ts';
import { readText } from '../engine/io/read-text.ts';
import type { Work } from '../engine/progress.ts';
import { type VerifyOptions, type VerifyReport, verifyPackage } from '../engine/verify/verify.ts';
import { child, stringOf } from '../manifest/data-tree.ts';
import { evaluateManifest } from '../manifest/evaluate.ts';
import { locateFindings } from '../manifest/locate.ts';
import { Modules } from '../manifest/modules.ts';
import type { VerifyAnswer, VerifyRequest } from './protocol.ts';
import { describeSigner, signersKnownTo } from './signer.ts';

/** Verifies a package file; what it says about the manifest is placed in the wrapper's text where that is known. */
export async function verifyFile(
  request: VerifyRequest,
  work: Work & Pick<VerifyOptions, 'onChecked'>,
): Promise<VerifyAnswer> {
  await using source = await FileSource.open(request.file);
  const knownSigners = await signersKnownTo(request);
  const report = await verifyPackage(source, { ...work, blake3: fastestBlake3(), knownSigners });
  const isOurs = request.manifestFile !== undefined && (await isMadeFrom(request.manifestFile, report.manifest?.id));
  const located =
    request.manifestFile && isOurs
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

/** Whether a wrapper's manifest says the id of the package: only then do findings about one belong to the other. */
async function isMadeFrom(manifestFile: string, id: string | undefined): Promise<boolean> {
  const modules = await Modules.load(manifestFile, readText);
  const worlds = modules ? evaluateManifest(modules) : [];
  return id !== undefined && worlds.some(({ manifest }) => stringOf(child(manifest, 'id')) === id);
}

function verdictOf(report: VerifyReport): VerifyAnswer['verdict'] {
  if (!report.opens) return 'unreadable';
  if (!report.intact) return 'damaged';
  if (!report.complete) return 'incomplete';
  return report.canonical ? 'verified' : 'unusual';
}
