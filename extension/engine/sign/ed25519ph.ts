import { Point } from '@noble/ed25519';
import { sha512 } from '@noble/hashes/sha2.js';
import { concatBytes, equalBytes } from '../bytes.ts';

/**
 * Ed25519ph (RFC 8032 section 5.1, prehash variant) on noble's curve points, with verification as strict as the
 * reference's: s9pk-v2 section 1.5. No cofactor is cleared, and keys and signatures of small order are refused.
 */

/** Order of the base point, L. */
const ORDER = Point.CURVE().n;
const DOMAIN = new TextEncoder().encode('SigEd25519 no Ed25519 collisions');

export const SEED_SIZE = 32;
export const PUBLIC_KEY_SIZE = 32;
export const SIGNATURE_SIZE = 64;

/** The scalar and the nonce prefix that RFC 8032 section 5.1.5 derives from a 32-byte seed. */
function expandSeed(seed: Uint8Array): { scalar: bigint; prefix: Uint8Array } {
  if (seed.length !== SEED_SIZE) throw new RangeError(`an Ed25519 seed is ${SEED_SIZE} bytes, not ${seed.length}`);
  const digest = sha512(seed);
  const head = digest.slice(0, 32);
  head[0] = (head[0] ?? 0) & 0xf8;
  head[31] = ((head[31] ?? 0) & 0x7f) | 0x40;
  return { scalar: littleEndian(head) % ORDER, prefix: digest.subarray(32) };
}

/** The public key of a 32-byte seed, 32 bytes. */
export function publicKeyOf(seed: Uint8Array): Uint8Array {
  return Point.BASE.multiply(expandSeed(seed).scalar).toBytes();
}

/**
 * Signs `message` under `context` (at most 255 bytes); deterministic, 64 bytes R || S.
 * @throws RangeError if the seed or the context has the wrong length.
 */
export function sign(message: Uint8Array, seed: Uint8Array, context: Uint8Array): Uint8Array {
  return signPrehashed(sha512(message), seed, context);
}

/** Signs what has this SHA-512, 64 bytes: for messages that do not fit into memory. @throws RangeError as `sign` does. */
export function signPrehashed(prehash: Uint8Array, seed: Uint8Array, context: Uint8Array): Uint8Array {
  const { scalar, prefix } = expandSeed(seed);
  const publicKey = Point.BASE.multiply(scalar).toBytes();
  const dom2 = domain(1, context);
  const nonce = littleEndian(sha512(concatBytes(dom2, prefix, prehash))) % ORDER;
  const encodedR = multiplyBase(nonce).toBytes();
  const challenge = littleEndian(sha512(concatBytes(dom2, encodedR, publicKey, prehash))) % ORDER;
  return concatBytes(encodedR, toLittleEndian((nonce + challenge * scalar) % ORDER));
}

/** Whether 32 bytes are the encoding of a curve point. A y of p or more is accepted, as the reference does. */
export function isPublicKey(publicKey: Uint8Array): boolean {
  return decompress(publicKey) !== undefined;
}

/** Verifies an Ed25519ph signature over `message`, with the reference's strict rules. */
export function verify(
  signature: Uint8Array,
  message: Uint8Array,
  publicKey: Uint8Array,
  context: Uint8Array,
): boolean {
  return verifyStrict(signature, sha512(message), publicKey, domain(1, context));
}

/** How a signature holds: by the strict rules, only by those of the reference for version 1, or not at all. */
export type Holding = 'strict' | 'lenient' | 'no';

/**
 * Verifies the signature of what has this SHA-512. Devices with StartOS 0.3 take keys and signatures of small order, too
 * (s9pk-v1 section 1.3).
 */
export function verifyPrehashed(
  signature: Uint8Array,
  prehash: Uint8Array,
  publicKey: Uint8Array,
  context: Uint8Array,
): Holding {
  if (signature.length !== SIGNATURE_SIZE || publicKey.length !== PUBLIC_KEY_SIZE) return 'no';
  const key = decompress(publicKey);
  // What holds is worked out once: most of the time goes into it, and what it accepts as R is a point.
  if (!key || !hasEquation(signature, prehash, publicKey, key, domain(1, context))) return 'no';
  const pointR = decompress(signature.subarray(0, 32));
  return !pointR || key.isSmallOrder() || pointR.isSmallOrder() ? 'lenient' : 'strict';
}

/** Verifies a plain Ed25519 signature with the same rules: what published vectors are made for. */
export function verifyPlain(signature: Uint8Array, message: Uint8Array, publicKey: Uint8Array): boolean {
  return verifyStrict(signature, message, publicKey, new Uint8Array(0));
}

function verifyStrict(signature: Uint8Array, hashed: Uint8Array, publicKey: Uint8Array, dom2: Uint8Array): boolean {
  if (signature.length !== SIGNATURE_SIZE || publicKey.length !== PUBLIC_KEY_SIZE) return false;
  const key = decompress(publicKey);
  const pointR = decompress(signature.subarray(0, 32));
  if (!key || !pointR || key.isSmallOrder() || pointR.isSmallOrder()) return false;
  return hasEquation(signature, hashed, publicKey, key, dom2);
}

/** Whether [S]B - [k]A is R, byte by byte, with S below the order. */
function hasEquation(
  signature: Uint8Array,
  hashed: Uint8Array,
  publicKey: Uint8Array,
  key: Point,
  dom2: Uint8Array,
): boolean {
  const encodedR = signature.subarray(0, 32);
  const scalar = littleEndian(signature.subarray(32));
  if (scalar >= ORDER) return false;
  const challenge = littleEndian(sha512(concatBytes(dom2, encodedR, publicKey, hashed))) % ORDER;
  const expected = multiplyBase(scalar).subtract(key.multiply(challenge, false)).toBytes();
  return equalBytes(expected, encodedR);
}

function decompress(bytes: Uint8Array): Point | undefined {
  try {
    return Point.fromBytes(bytes, true);
  } catch {
    return undefined;
  }
}

function multiplyBase(scalar: bigint): Point {
  return Point.BASE.multiply(scalar, scalar !== 0n);
}

/** dom2(flag, context) of RFC 8032 section 2. */
function domain(flag: number, context: Uint8Array): Uint8Array {
  if (context.length > 255) throw new RangeError('an Ed25519ph context is at most 255 bytes');
  return concatBytes(DOMAIN, Uint8Array.of(flag, context.length), context);
}

function littleEndian(bytes: Uint8Array): bigint {
  let value = 0n;
  for (let index = bytes.length - 1; index >= 0; index--) value = (value << 8n) | BigInt(bytes[index] ?? 0);
  return value;
}

function toLittleEndian(value: bigint): Uint8Array {
  const bytes = new Uint8Array(32);
  for (let index = 0, rest = value; index < 32; index++, rest >>= 8n) bytes[index] = Number(rest & 0xffn);
  return bytes;
}
