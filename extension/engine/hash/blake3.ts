import { blake3 as noble } from '@noble/hashes/blake3.js';
import { equalBytes } from '../bytes.ts';

/** Length of every hash in an archive, in bytes. */
export const HASH_SIZE = 32;

/** A BLAKE3 computation (default mode, 32-byte output) fed piece by piece. */
export interface Blake3Hasher {
  update(bytes: Uint8Array): void;
  /** The hash. The hasher must not be used after this. */
  digest(): Uint8Array;
}

/** One implementation of BLAKE3. All give the same bytes; they differ in speed and in where they run. */
export interface Blake3 {
  readonly name: 'native' | 'wasm' | 'noble';
  create(): Blake3Hasher;
}

/** Pure TypeScript: slow, but it runs anywhere and is what the others are tested against. */
export const nobleBlake3: Blake3 = {
  name: 'noble',
  create() {
    const state = noble.create();
    return {
      update: (bytes) => {
        state.update(bytes);
      },
      digest: () => state.digest(),
    };
  },
};

/** Hash of bytes that are in memory. */
export function hashBytes(blake3: Blake3, bytes: Uint8Array): Uint8Array {
  const hasher = blake3.create();
  hasher.update(bytes);
  return hasher.digest();
}

/** WebAssembly memory only ever grows, so what goes in at once is kept small. */
const WASM_PIECE = 256 * 1024;

/** Bytes in pieces that WebAssembly takes at once. */
export function* wasmPieces(bytes: Uint8Array): Generator<Uint8Array> {
  for (let start = 0; start < bytes.length; start += WASM_PIECE) yield bytes.subarray(start, start + WASM_PIECE);
}

const SELF_TEST_INPUT = new Uint8Array(5000).map((_, index) => index % 251);

/** Whether a backend agrees with the reference on one input of several chunks. */
export function works(backend: Blake3): boolean {
  return equalBytes(hashBytes(backend, SELF_TEST_INPUT), hashBytes(nobleBlake3, SELF_TEST_INPUT));
}
