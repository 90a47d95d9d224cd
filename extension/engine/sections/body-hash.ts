import { toBase32 } from '../hash/base32.ts';
import { createSha512 } from '../hash/sha512.ts';
import { type ByteSource, readPassing } from '../io/byte-source.ts';
import type { StageMeter } from '../progress.ts';

/** SHA-512 of a body, which is what is signed: 64 bytes (s9pk-v1 section 1.3). Streams, whatever the size. */
export async function hashBody(body: ByteSource, meter?: StageMeter): Promise<Uint8Array> {
  const hash = createSha512();
  for await (const chunk of readPassing(body)) {
    hash.update(chunk);
    meter?.add(chunk.length);
  }
  return hash.digest();
}

/** The hash of a package as the tools of 0.3 show it: 103 letters and digits (section 1.4). */
export function showHash(digest: Uint8Array): string {
  return toBase32(digest);
}
