import { sha512 } from '@noble/hashes/sha2.js';
import type { Sha512 } from './sha512.ts';

/** Where there is no Node: the browser's own takes whole messages only, which do not fit into memory. */
export function createSha512(): Sha512 {
  const hash = sha512.create();
  return {
    update: (bytes) => void hash.update(bytes),
    digest: () => hash.digest(),
  };
}
