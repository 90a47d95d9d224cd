import { concatBytes, equalBytes, fromBase64, fromHex, toBase64, toHex } from '../bytes.ts';
import { publicKeyOf, SEED_SIZE } from './ed25519ph.ts';

/**
 * Ed25519 private keys as PEM files, PKCS#8 version 1 (48 bytes of DER) and version 2 with the public key (83 bytes):
 * s9pk-v2 section 6.7. Parsed here because OpenSSL 3.0, and so Node 20, refuses version 2.
 */

const V1_PREFIX = fromHex('302e020100300506032b657004220420');
const V2_PREFIX = fromHex('3051020101300506032b657004220420');
const V2_PUBLIC_PREFIX = fromHex('812100');
const SPKI_PREFIX = fromHex('302a300506032b6570032100');

/** An Ed25519 key pair. Never print `seed`. */
export interface PrivateKey {
  readonly seed: Uint8Array;
  readonly publicKey: Uint8Array;
}

export function keyFromSeed(seed: Uint8Array): PrivateKey {
  return { seed, publicKey: publicKeyOf(seed) };
}

/**
 * Reads a PEM private key. A public key inside version 2 is not compared, as the reference does not.
 * @throws SyntaxError saying what the text is instead.
 */
export function parsePrivateKey(pem: string): PrivateKey {
  const match = /-----BEGIN ([A-Z0-9 ]+)-----([A-Za-z0-9+/=\s]*)-----END \1-----/.exec(pem);
  if (!match) throw new SyntaxError('this is not a PEM file (no -----BEGIN PRIVATE KEY----- block)');
  const [, label, body] = match;
  if (label !== 'PRIVATE KEY') {
    throw new SyntaxError(`this holds a ${label}, not an unencrypted PKCS#8 "PRIVATE KEY"`);
  }
  const der = decodeBody(body ?? '');
  const isV1 = der.length === V1_PREFIX.length + SEED_SIZE && startsWith(der, V1_PREFIX);
  const isV2 =
    der.length === V2_PREFIX.length + SEED_SIZE + V2_PUBLIC_PREFIX.length + 32 &&
    startsWith(der, V2_PREFIX) &&
    startsWith(der.subarray(V2_PREFIX.length + SEED_SIZE), V2_PUBLIC_PREFIX);
  if (!isV1 && !isV2) throw new SyntaxError('this private key is not an Ed25519 key in PKCS#8 version 1 or 2');
  return keyFromSeed(der.slice(V1_PREFIX.length, V1_PREFIX.length + SEED_SIZE));
}

/** A key of StartOS 0.3.0, which kept the bytes themselves: seed and public key. @returns undefined if they are none */
export function parseOldKey(bytes: Uint8Array): PrivateKey | undefined {
  if (bytes.length !== 2 * SEED_SIZE) return undefined;
  const key = keyFromSeed(new Uint8Array(bytes.subarray(0, SEED_SIZE)));
  return equalBytes(key.publicKey, bytes.subarray(SEED_SIZE)) ? key : undefined;
}

/** The key as the reference writes it: PKCS#8 version 2, LF line ends. */
export function formatPrivateKey(key: PrivateKey): string {
  return toPem('PRIVATE KEY', concatBytes(V2_PREFIX, key.seed, V2_PUBLIC_PREFIX, key.publicKey));
}

/** A public key as SPKI PEM, the reference's text form. */
export function formatPublicKey(publicKey: Uint8Array): string {
  return toPem('PUBLIC KEY', concatBytes(SPKI_PREFIX, publicKey));
}

/**
 * Eight bytes of the public key in groups, short enough to compare by eye: `8a88 e3dd 7409 f195`. Enough to tell one's
 * own keys apart; where it matters, compare the whole key.
 */
export function fingerprint(publicKey: Uint8Array): string {
  return (toHex(publicKey.subarray(0, 8)).match(/.{4}/g) ?? []).join(' ');
}

function decodeBody(body: string): Uint8Array {
  try {
    return fromBase64(body.replace(/\s+/g, ''));
  } catch {
    throw new SyntaxError('the text between the PEM lines is not base64');
  }
}

function startsWith(bytes: Uint8Array, prefix: Uint8Array): boolean {
  return equalBytes(bytes.subarray(0, prefix.length), prefix);
}

function toPem(label: string, der: Uint8Array): string {
  const lines = toBase64(der).match(/.{1,64}/g) ?? [];
  return [`-----BEGIN ${label}-----`, ...lines, `-----END ${label}-----`, ''].join('\n');
}
