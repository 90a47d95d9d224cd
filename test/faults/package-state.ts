import { utimes } from 'node:fs/promises';
import { fastestBlake3 } from '../../extension/engine/hash/fastest-blake3.ts';
import { FileSource } from '../../extension/engine/io/file-source.ts';
import { verifyEither } from '../../extension/engine/verify/verify-either.ts';
import { examineManifest03 } from '../../extension/manifest/rules-03/examine.ts';

/** Whether a package is whole, of whichever generation. */
export async function verifies(path: string): Promise<boolean> {
  await using source = await FileSource.open(path);
  const report = await verifyEither(source, { blake3: fastestBlake3(), examine: examineManifest03 });
  return report.intact && report.complete;
}

/** Makes a source newer than what is built from it. */
export async function makeStale(source: string): Promise<void> {
  const now = new Date();
  await utimes(source, now, now);
}
