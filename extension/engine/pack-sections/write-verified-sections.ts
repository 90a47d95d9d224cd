import { FindingError, finding } from '../finding.ts';
import type { Blake3 } from '../hash/blake3.ts';
import { FileSink } from '../io/file-sink.ts';
import { FileSource } from '../io/file-source.ts';
import type { Staging } from '../io/staging.ts';
import { STAGED } from '../pack/write-verified.ts';
import type { Work } from '../progress.ts';
import { type SectionContents, writeSections } from '../sections/writer.ts';
import { nameOfKey, type StoredKey } from '../sign/key-store.ts';
import type { PackageReport } from '../verify/report.ts';
import { type ExamineManifest, verifySections } from '../verify/verify-sections.ts';
import { WrittenBody } from './written-body.ts';

export interface WriteSectionsOptions extends Work {
  readonly examine: ExamineManifest;
  readonly blake3: Blake3;
  readonly signer: StoredKey;
  readonly staging: Staging;
  /** Makes sure that nobody wrote to what was read for it. @throws FindingError */
  readonly checkInputs?: () => Promise<void>;
  /** Closes what is read for it, before the package takes its name: Windows puts nothing in the place of an open file. */
  readonly closeInputs?: () => Promise<void>;
}

/**
 * Writes, syncs and verifies a package for StartOS 0.3 under a staged name, and only then gives it its own.
 * @throws FindingError if what was written does not verify; whatever had the name stays.
 * @returns its size in bytes, and what verification said
 */
export async function writeVerifiedSections(
  contents: SectionContents,
  options: WriteSectionsOptions,
): Promise<{ size: number; report: PackageReport }> {
  const { signer, staging } = options;
  const body = new WrittenBody(options.blake3);
  const size = await writeStaged(contents, options, body);
  let report: PackageReport;
  {
    await using written = await FileSource.open(staging.path(STAGED));
    report = await verifySections(written, {
      signal: options.signal,
      onProgress: options.onProgress,
      examine: options.examine,
      digestOf: body.digestOf,
      knownSigners: [{ publicKey: signer.key.publicKey, name: nameOfKey(signer) }],
    });
  }
  if (!report.intact || !report.complete || !report.canonical) {
    const message = 'the package that was written does not verify';
    const telling = report.findings.filter(({ severity }) => severity !== 'info');
    throw new FindingError([...telling, finding('output-write', message, { file: staging.target })]);
  }
  await options.checkInputs?.();
  await options.closeInputs?.();
  await staging.publish(STAGED);
  return { size, report };
}

async function writeStaged(
  contents: SectionContents,
  options: WriteSectionsOptions,
  body: WrittenBody,
): Promise<number> {
  const { signer, staging } = options;
  await using sink = await FileSink.create(staging.path(STAGED));
  try {
    body.end(await writeSections(contents, sink, signer.key, { ...options, onBody: body.onBody }));
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new FindingError([finding('input-unsuitable', error.message, { file: staging.target })]);
  }
  options.onProgress?.({ stage: 'Saving', done: 0, total: 0 });
  await sink.sync();
  return sink.length;
}
