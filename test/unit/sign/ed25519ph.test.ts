import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ed25519ph } from '@noble/curves/ed25519.js';
import fc from 'fast-check';
import { fromHex, toHex } from '../../../extension/engine/bytes.ts';
import { publicKeyOf, sign, verify, verifyPlain } from '../../../extension/engine/sign/ed25519ph.ts';
import { needsShared, sharedJson } from '../../support/shared.ts';

const context = new TextEncoder().encode('s9pk');

// RFC 8032 section 7.3.
const rfc = {
  seed: fromHex('833fe62409237b9d62ec77587520911e9a759cec1d19755b7da901b96dca3d42'),
  signature:
    '98a70222f0b8121aa9d30f813d683f809e462b469c7ff87639499bb94e6dae4131f85042463c2a355a2003d062adf5aaa10b8c61e636062aaad11c2a26083406',
};

test('the RFC 8032 Ed25519ph vector is signed and verified', () => {
  const message = new TextEncoder().encode('abc');
  const empty = new Uint8Array(0);
  const signature = sign(message, rfc.seed, empty);
  assert.equal(toHex(signature), rfc.signature);
  assert.ok(verify(signature, message, publicKeyOf(rfc.seed), empty));
  assert.ok(!verify(signature, message, publicKeyOf(rfc.seed), context));
});

test('signatures equal those of an independent implementation', () => {
  fc.assert(
    fc.property(
      fc.uint8Array({ minLength: 32, maxLength: 32 }),
      fc.uint8Array({ maxLength: 100 }),
      fc.uint8Array({ maxLength: 255 }),
      (seed, message, anyContext) => {
        const signature = sign(message, seed, anyContext);
        assert.deepEqual(signature, ed25519ph.sign(message, seed, { context: anyContext }));
        assert.ok(verify(signature, message, publicKeyOf(seed), anyContext));
      },
    ),
    { numRuns: 25 },
  );
});

test('every single-bit change of a signature is refused', () => {
  const message = new TextEncoder().encode('forty bytes stand here in real archives.');
  const seed = new Uint8Array(32).fill(7);
  const signature = sign(message, seed, context);
  for (let bit = 0; bit < signature.length * 8; bit += 5) {
    const changed = signature.slice();
    changed[bit >> 3] = (changed[bit >> 3] ?? 0) ^ (1 << (bit & 7));
    assert.ok(!verify(changed, message, publicKeyOf(seed), context), `bit ${bit}`);
  }
});

test('the identity point is refused as key and as R', () => {
  const identity = fromHex(`01${'00'.repeat(31)}`);
  const zero = new Uint8Array(32);
  const forged = Uint8Array.from([...identity, ...zero]);
  assert.ok(!verifyPlain(forged, new Uint8Array(0), identity));
});

test('the C2SP vectors get the verdicts of strict verification', needsShared, () => {
  interface Vector {
    readonly key: string;
    readonly sig: string;
    readonly msg: string;
    readonly flags: readonly string[] | null;
  }
  const tolerated = new Set(['low_order_component_A', 'low_order_component_R']);
  const vectors = sharedJson<Vector[]>('fixtures', 'vectors', 'ed25519-validation-vectors.json');
  let accepted = 0;
  for (const vector of vectors) {
    const expected = (vector.flags ?? []).every((flag) => tolerated.has(flag));
    const actual = verifyPlain(fromHex(vector.sig), new TextEncoder().encode(vector.msg), fromHex(vector.key));
    assert.equal(actual, expected, JSON.stringify(vector));
    if (actual) accepted++;
  }
  assert.equal(vectors.length, 914);
  assert.equal(accepted, 43);
});

test('the Wycheproof vectors get their verdicts', needsShared, () => {
  interface Group {
    readonly publicKey: { readonly pk: string };
    readonly tests: readonly { tcId: number; msg: string; sig: string; result: string }[];
  }
  const { testGroups } = sharedJson<{ testGroups: Group[] }>('fixtures', 'vectors', 'wycheproof-ed25519.json');
  let count = 0;
  for (const group of testGroups) {
    for (const { tcId, msg, sig, result } of group.tests) {
      count++;
      const actual = verifyPlain(fromHex(sig), fromHex(msg), fromHex(group.publicKey.pk));
      assert.equal(actual, result === 'valid', `case ${tcId}`);
    }
  }
  assert.equal(count, 151);
});
