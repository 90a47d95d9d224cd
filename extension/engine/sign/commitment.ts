import { concatBytes, toBase64 } from '../bytes.ts';
import { publicKeyOf, sign, verify } from './ed25519ph.ts';

/** What a signature over an archive covers (s9pk-v2 section 1.5). */
export interface Commitment {
  /** Hash of the root directory, 32 bytes. */
  readonly rootSighash: Uint8Array;
  /** Largest size in bytes that the root's table of contents may have. */
  readonly rootMaxsize: bigint;
}

/** A public key and its signature over a commitment. */
export interface Signature {
  /** Ed25519 public key, 32 bytes. */
  readonly publicKey: Uint8Array;
  /** Ed25519ph signature, 64 bytes. */
  readonly signature: Uint8Array;
}

/** The Ed25519ph context of every s9pk signature. */
const CONTEXT = new TextEncoder().encode('s9pk');

/** The 40 signed bytes: rootSighash || rootMaxsize as big-endian u64. */
function message(commitment: Commitment): Uint8Array {
  const maxsize = new Uint8Array(8);
  new DataView(maxsize.buffer).setBigUint64(0, commitment.rootMaxsize);
  return concatBytes(commitment.rootSighash, maxsize);
}

/** Signs a commitment with a 32-byte seed. */
export function signCommitment(commitment: Commitment, seed: Uint8Array): Signature {
  return { publicKey: publicKeyOf(seed), signature: sign(message(commitment), seed, CONTEXT) };
}

export function verifyCommitment(commitment: Commitment, by: Signature): boolean {
  return verify(by.signature, message(commitment), by.publicKey, CONTEXT);
}

/** The commitment as the reference prints it: base64 without padding, and a number. */
export function commitmentToJson(commitment: Commitment): { rootSighash: string; rootMaxsize: number } {
  return {
    rootSighash: toBase64(commitment.rootSighash).replace(/=+$/, ''),
    rootMaxsize: Number(commitment.rootMaxsize),
  };
}
