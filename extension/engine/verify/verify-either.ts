import type { Blake3 } from '../hash/blake3.ts';
import type { ByteSource } from '../io/byte-source.ts';
import { isVersion1 } from '../sections/header.ts';
import { type PackageReport, reportOfArchive } from './report.ts';
import { verifyPackage } from './verify.ts';
import { type VerifySectionsOptions, verifySections } from './verify-sections.ts';

/** Which generation a package says it is of, by its first bytes; what is no package at all counts as the newest. */
export async function generationOf(source: ByteSource): Promise<1 | 2> {
  return isVersion1(await source.read(0, 3)) ? 1 : 2;
}

/**
 * Verifies a package, whichever generation it is of, and reports all findings.
 * @throws only failing I/O and the signal's reason; FindingError `file-changed` where what was found is of no one state of the file.
 */
export async function verifyEither(
  source: ByteSource,
  options: VerifySectionsOptions & { readonly blake3: Blake3 },
): Promise<PackageReport> {
  const report =
    (await generationOf(source)) === 1
      ? await verifySections(source, options)
      : reportOfArchive(await verifyPackage(source, options));
  await source.checkUnchanged?.();
  return report;
}
