import { HEADER_SIZE, MAGIC, parseHeader } from '../archive/header.ts';
import { equalBytes } from '../bytes.ts';
import { type Finding, finding } from '../finding.ts';
import { FileSource } from '../io/file-source.ts';
import { isVersion1 } from '../sections/header.ts';
import type { StoredKey } from '../sign/key-store.ts';
import { fingerprint } from '../sign/private-key.ts';

/** Says whose signature goes when a package takes the place of one that another key signed. */
export async function checkReplaced(target: string, { key, path }: StoredKey): Promise<Finding[]> {
  const former = await signerOf(target);
  if (!former || equalBytes(former, key.publicKey)) return [];
  const message = `the package that is there is signed by ${fingerprint(former)}; its place is taken by one that ${path} signs (${fingerprint(key.publicKey)}), which devices take for another publisher's`;
  return [finding('signer-replaced', message, { file: target })];
}

/** The key that a package says it is signed by; undefined for what is not there, or no package. */
async function signerOf(file: string): Promise<Uint8Array | undefined> {
  try {
    await using source = await FileSource.open(file);
    const start = await source.read(0, HEADER_SIZE);
    // Both generations have the key at the same place.
    const isPackage = equalBytes(start.subarray(0, MAGIC.length), MAGIC) || isVersion1(start);
    return isPackage && start.length >= HEADER_SIZE ? parseHeader(start).publicKey : undefined;
  } catch {
    return undefined;
  }
}
