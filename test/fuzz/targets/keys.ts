import assert from 'node:assert/strict';
import { createPrivateKey, createPublicKey } from 'node:crypto';
import {
  formatPrivateKey,
  type PrivateKey,
  parseOldKey,
  parsePrivateKey,
} from '../../../extension/engine/sign/private-key.ts';
import { testKey } from '../../support/archives.ts';
import { mutate, mutateText } from '../mutate.ts';
import type { Random } from '../random.ts';
import { allowing, bytesOf, type FuzzTarget, textOf } from '../target.ts';

const der = (pem: string) => Buffer.from(pem.replace(/-----[A-Z ]+-----/g, ''), 'base64');
const pem = (bytes: Uint8Array, label = 'PRIVATE KEY') =>
  `-----BEGIN ${label}-----\n${Buffer.from(bytes).toString('base64').replace(/.{64}/g, '$&\n')}\n-----END ${label}-----\n`;

/** Ed25519 in PKCS#8 version 1, as OpenSSL writes it. */
const VERSION_1 = pem(
  Buffer.concat([Buffer.from('302e020100300506032b657004220420', 'hex'), Buffer.from(testKey.seed)]),
);

function parsed(text: string): PrivateKey | undefined {
  try {
    return parsePrivateKey(text);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    return undefined;
  }
}

/** Keys that packages are signed with. */
export const keysTarget: FuzzTarget = {
  name: 'keys',
  covers: ['extension/engine/sign/private-key.ts'],

  seeds: async () => [
    bytesOf(formatPrivateKey(testKey)),
    bytesOf(VERSION_1),
    Buffer.concat([Buffer.from(testKey.seed), Buffer.from(testKey.publicKey)]),
  ],

  mutate(input, other, random: Random) {
    const text = textOf(input);
    if (!text.startsWith('-----') || random.oneIn(4)) return mutate(input, other, random);
    if (random.oneIn(4)) return bytesOf(mutateText(text, textOf(other), random));
    return bytesOf(pem(mutate(der(text), other.subarray(0, 40), random)));
  },

  async read(input) {
    const key = parsed(textOf(input));
    if (key) assert.equal(parsed(formatPrivateKey(key))?.publicKey.join(), key.publicKey.join(), 'a round trip');
    await allowing([SyntaxError], () => parseOldKey(input));
  },

  /** What OpenSSL makes of it: where both find a key, it is the same. */
  async compare(input) {
    const ours = parsed(textOf(input));
    if (!ours) return;
    let theirs: Buffer | undefined;
    try {
      const key = createPublicKey(createPrivateKey(textOf(input)));
      theirs = Buffer.from(key.export({ format: 'jwk' }).x ?? '', 'base64url');
    } catch {
      return;
    }
    assert.deepEqual(theirs, Buffer.from(ours.publicKey), 'OpenSSL');
  },
};
