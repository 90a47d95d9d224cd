import { fromHex } from '../engine/bytes.ts';
import type { Finding } from '../engine/finding.ts';
import { fastestBlake3 } from '../engine/hash/fastest-blake3.ts';
import { FileSource } from '../engine/io/file-source.ts';
import type { Work } from '../engine/progress.ts';
import { verifyEither } from '../engine/verify/verify-either.ts';
import { examineManifest03 } from '../manifest/rules-03/examine.ts';
import { verifiedOf } from './describe.ts';
import type { Verified } from './facts.ts';

export interface Verification extends Verified {
  /** Nothing of what was found is an error. */
  readonly ok: boolean;
  readonly findings: readonly Finding[];
}

export interface VerifyOptions extends Work {
  /** Public keys that are known, 64 hexadecimal digits each. None is looked for elsewhere. */
  readonly signers?: readonly string[];
}

/**
 * Checks signature, hashes, contents and manifest of a package and reports all that is wrong. Runs nothing.
 * @throws RangeError if a signer is no public key; the file system's error; the signal's reason
 */
export async function verify(file: string, { signers = [], ...work }: VerifyOptions = {}): Promise<Verification> {
  const knownSigners = signers.map((hex) => ({ publicKey: publicKeyOf(hex), name: 'a known key' }));
  await using source = await FileSource.open(file);
  const options = { ...work, blake3: fastestBlake3(), examine: examineManifest03, knownSigners };
  const report = await verifyEither(source, options);
  const findings = report.findings.map((found) => ({ ...found, where: { ...found.where, file } }));
  return { ok: findings.every(({ severity }) => severity !== 'error'), ...verifiedOf(report), findings };
}

function publicKeyOf(hex: string): Uint8Array {
  const isKey = /^[0-9a-fA-F]{64}$/.test(hex);
  if (!isKey) throw new RangeError(`a signer is a public key of 64 hexadecimal digits, not "${hex}"`);
  return fromHex(hex);
}
