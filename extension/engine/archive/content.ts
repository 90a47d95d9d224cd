import { equalBytes } from '../bytes.ts';
import { type Finding, finding } from '../finding.ts';
import type { Blake3 } from '../hash/blake3.ts';
import { type ByteSource, readPassing } from '../io/byte-source.ts';
import type { StageMeter } from '../progress.ts';
import type { FileEntry } from './entry.ts';
import type { Digest } from './sighash.ts';

/** Hashes a whole source, streaming. */
export async function digestContent(source: ByteSource, blake3: Blake3, meter?: StageMeter): Promise<Digest> {
  const hasher = blake3.create();
  let size = 0n;
  for await (const chunk of readPassing(source)) {
    hasher.update(chunk);
    size += BigInt(chunk.length);
    meter?.add(chunk.length);
  }
  return { hash: hasher.digest(), size };
}

/** A file entry for bytes from elsewhere; reads them once to hash them. */
export async function fileEntry(content: ByteSource, blake3: Blake3, meter?: StageMeter): Promise<FileEntry> {
  const { hash, size } = await digestContent(content, blake3, meter);
  return { kind: 'file', hash, size, content };
}

/** The finding, if any, that a file's actual digest calls for. */
export function checkContent(file: FileEntry, path: string, actual: Digest): Finding | undefined {
  if (actual.size !== file.size) {
    const message = `${path} should be ${file.size} bytes long but only ${actual.size} are in the file: it is cut short`;
    return finding('content-out-of-range', message, { path });
  }
  if (!equalBytes(actual.hash, file.hash)) {
    return finding('content-hash', `${path} was changed after signing: its bytes do not match the signed hash`, {
      path,
    });
  }
  return undefined;
}
