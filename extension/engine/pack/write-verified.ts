import type { DirectoryEntry } from '../archive/entry.ts';
import type { EntryOrder } from '../archive/order.ts';
import { type WriteOptions, writeArchive } from '../archive/writer.ts';
import { type Finding, FindingError, finding } from '../finding.ts';
import type { Blake3 } from '../hash/blake3.ts';
import { FileSink } from '../io/file-sink.ts';
import { FileSource } from '../io/file-source.ts';
import type { Staging } from '../io/staging.ts';
import { whileUnchanged } from '../io/while-unchanged.ts';
import type { Work } from '../progress.ts';
import { nameOfKey, type StoredKey } from '../sign/key-store.ts';
import { type VerifyReport, verifyPackage } from '../verify/verify.ts';

export interface WriteVerifiedOptions extends Work {
  readonly blake3: Blake3;
  readonly order: EntryOrder;
  readonly signer: StoredKey;
  readonly staging: Staging;
  /** Makes sure that nobody wrote to what was read for it. @throws FindingError */
  readonly checkInputs?: () => Promise<void>;
  /** Closes what is read for it, before the package takes its name: Windows puts nothing in the place of an open file. */
  readonly closeInputs?: () => Promise<void>;
}

/** A package that was written and verified. */
export interface MadePackage {
  readonly path: string;
  /** Bytes. */
  readonly size: number;
  readonly report: VerifyReport;
  readonly signer: StoredKey;
}

/** Name of the package in the staging folder; not that of a package, so that nobody takes it for one. */
export const STAGED = 'package.tmp';

/**
 * Writes, syncs and verifies a package under a staged name, and only then gives it its own.
 * @throws FindingError with `findings` and more if what was written does not verify; whatever had the name stays.
 */
export async function writeVerified(
  root: DirectoryEntry,
  options: WriteVerifiedOptions,
  findings: Finding[],
): Promise<MadePackage> {
  const { signer, staging } = options;
  const checkUnchanged = options.checkInputs ?? (async () => undefined);
  const write = () => writeStaged(root, { ...options, signer: { key: signer.key } }, staging);
  const size = await whileUnchanged({ checkUnchanged }, write);
  let report: VerifyReport;
  {
    await using written = await FileSource.open(staging.path(STAGED));
    report = await verifyPackage(written, {
      ...options,
      knownSigners: [{ publicKey: signer.key.publicKey, name: nameOfKey(signer) }],
    });
  }
  if (!report.intact || !report.complete || !report.canonical) {
    findings.push(...report.findings.filter((found) => found.severity !== 'info'));
    const message =
      'the package that was written does not verify; the disk or the memory of this machine may be faulty';
    throw new FindingError([...findings, finding('output-write', message, { file: staging.target })]);
  }
  await checkUnchanged();
  await options.closeInputs?.();
  await staging.publish(STAGED);
  return { path: staging.target, size, report, signer };
}

/** Writes an archive under the staged name and syncs it. @returns its bytes */
export async function writeStaged(root: DirectoryEntry, options: WriteOptions, staging: Staging): Promise<number> {
  await using sink = await FileSink.create(staging.path(STAGED));
  await writeArchive(root, sink, options);
  options.onProgress?.({ stage: 'Saving', done: 0, total: 0 });
  await sink.sync();
  return sink.length;
}
