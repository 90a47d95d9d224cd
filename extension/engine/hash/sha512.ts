import { createHash } from 'node:crypto';

/** A SHA-512 that is fed piece by piece. */
export interface Sha512 {
  update(bytes: Uint8Array): void;
  /** 64 bytes; nothing can be added afterwards. */
  digest(): Uint8Array;
}

/** Node's own, several times as fast as JavaScript. Bundles for browsers get `sha512-in-browser.ts` in its place. */
export function createSha512(): Sha512 {
  const hash = createHash('sha512');
  return {
    update: (bytes) => void hash.update(bytes),
    digest: () => new Uint8Array(hash.digest()),
  };
}
