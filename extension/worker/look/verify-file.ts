import { BUDGET } from '../../engine/budget.ts';
import type { Finding } from '../../engine/finding.ts';
import type { Work } from '../../engine/progress.ts';
import type { PackageReport } from '../../engine/verify/report.ts';
import type { VerifyOptions } from '../../engine/verify/verify.ts';
import { verifyEither } from '../../engine/verify/verify-either.ts';
import { examineManifest03 } from '../../manifest/rules-03/examine.ts';
import type { Packages } from '../packages/packages.ts';
import type { VerifyAnswer, VerifyRequest } from '../protocol.ts';
import { describeSigner, signersKnownTo } from './signer.ts';

export interface VerifyWork extends Work, Pick<VerifyOptions, 'onChecked'> {
  /** Places findings in the text of the wrapper whose manifest the request names. */
  readonly place?: (report: PackageReport, manifestFile: string) => Promise<readonly Finding[]>;
}

/** Verifies a package file; what it says about the manifest is placed in the wrapper's text where that is known. */
export async function verifyFile(
  packages: Packages,
  request: VerifyRequest,
  { place, ...work }: VerifyWork = {},
): Promise<VerifyAnswer> {
  await using source = await packages.open(request.file);
  const knownSigners = await signersKnownTo(packages, request);
  const { blake3 } = packages;
  // Of what is intact only as much is told as anybody looks at before the verdict, which tells of all the rest.
  let told = 0;
  const onChecked: VerifyWork['onChecked'] = (path, isGood) => {
    if (!isGood || told++ < BUDGET.pageOfNames) work.onChecked?.(path, isGood);
  };
  const options = { ...work, onChecked, blake3, examine: examineManifest03, knownSigners };
  const report = await verifyEither(source, options);
  const { manifestFile } = request;
  const placed = place && manifestFile !== undefined ? await place(report, manifestFile) : report.findings;
  const findings = placed.map((found) => ({ ...found, where: { file: request.file, ...found.where } }));
  return {
    findings,
    verdict: verdictOf(report),
    ...(report.publicKey && { signer: describeSigner(report.publicKey, report.signerName) }),
  };
}

function verdictOf(report: PackageReport): VerifyAnswer['verdict'] {
  if (!report.opens) return 'unreadable';
  if (!report.intact) return 'damaged';
  if (!report.complete) return 'incomplete';
  return report.canonical ? 'verified' : 'unusual';
}
