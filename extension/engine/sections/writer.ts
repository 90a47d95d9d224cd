import { createSha512 } from '../hash/sha512.ts';
import type { ByteSink } from '../io/byte-sink.ts';
import { StageMeter, type Work } from '../progress.ts';
import { signPrehashed } from '../sign/ed25519ph.ts';
import type { PrivateKey } from '../sign/private-key.ts';
import { CONTEXT, encodeSectionsHeader, LABELS, type SectionLabel, type TableEntry } from './header.ts';

/** One section as it comes. Its chunks may be memory that is used again once the next one is asked for. */
export interface SectionContent {
  /** Bytes, for the progress; what really comes is what counts. */
  readonly size: number;
  chunks(): AsyncIterable<Uint8Array>;
}

/** All sections; only scripts may be absent, which is written as a section at 0 of no bytes. */
export type SectionContents = Readonly<
  Record<Exclude<SectionLabel, 'scripts'>, SectionContent> & { scripts?: SectionContent | undefined }
>;

/** Public key of a header that is not finished: the neutral point, as the reference writes it. */
const UNFINISHED = Uint8Array.from({ length: 32 }, (_, index) => (index === 0 ? 1 : 0));

/**
 * Writes a package for StartOS 0.3 (s9pk-v1 section 1.5): the sections one after the other, hashed as they pass, then the
 * header over what was kept free for it. Equal sections and key give equal bytes.
 * @param work with `onBody`, which hears all that is signed as it passes
 * @returns SHA-512 of the body, 64 bytes
 */
export async function writeSections(
  contents: SectionContents,
  sink: ByteSink,
  key: PrivateKey,
  work: Work & { readonly onBody?: (chunk: Uint8Array) => void } = {},
): Promise<Uint8Array> {
  const zeros = LABELS.map((label) => ({ label, position: 0n, size: 0n }));
  const placeholder = encodeSectionsHeader({ publicKey: UNFINISHED, signature: new Uint8Array(64) }, zeros);
  await sink.write(placeholder);
  const total = LABELS.reduce((sum, label) => sum + (contents[label]?.size ?? 0), 0);
  const meter = new StageMeter('Writing', total, work);
  const hash = createSha512();
  const entries: TableEntry[] = [];
  let position = BigInt(placeholder.length);
  for (const label of LABELS) {
    const content = contents[label];
    if (!content) {
      entries.push({ label, position: 0n, size: 0n });
      continue;
    }
    const start = position;
    for await (const chunk of content.chunks()) {
      hash.update(chunk);
      work.onBody?.(chunk);
      await sink.write(chunk);
      position += BigInt(chunk.length);
      meter.add(chunk.length);
    }
    entries.push({ label, position: start, size: position - start });
  }
  const digest = hash.digest();
  const signature = signPrehashed(digest, key.seed, CONTEXT);
  await sink.writeAt(0, encodeSectionsHeader({ publicKey: key.publicKey, signature }, entries));
  return digest;
}

/** A section of bytes that are in memory. */
export function bytesSection(bytes: Uint8Array): SectionContent {
  return {
    size: bytes.length,
    async *chunks() {
      yield bytes;
    },
  };
}
