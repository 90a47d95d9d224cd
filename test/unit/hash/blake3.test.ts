import assert from 'node:assert/strict';
import { test } from 'node:test';
import { toHex } from '../../../extension/engine/bytes.ts';
import { type Blake3, hashBytes, nobleBlake3 } from '../../../extension/engine/hash/blake3.ts';
import { fastestBlake3, loadNativeBlake3, wasmBlake3 } from '../../../extension/engine/hash/fastest-blake3.ts';
import { needsShared, sharedJson } from '../../support/shared.ts';

const backends: Blake3[] = [nobleBlake3, wasmBlake3, loadNativeBlake3()];
const pattern = (length: number) => new Uint8Array(length).map((_, index) => index % 251);

test('BLAKE3 of nothing is the published hash', () => {
  for (const backend of backends) {
    assert.equal(
      toHex(hashBytes(backend, new Uint8Array(0))),
      'af1349b9f5f9a1a6a0404dea36dcc9499bcb25c9adc112b7cc9a93cae41f3262',
      backend.name,
    );
  }
});

test('all backends agree around every boundary of the tree, in one piece and in many', () => {
  for (const length of [1, 63, 64, 65, 1023, 1024, 1025, 2048, 2049, 16384, 262143, 262144, 262145, 1048577]) {
    const input = pattern(length);
    const expected = toHex(hashBytes(nobleBlake3, input));
    for (const backend of backends) {
      assert.equal(toHex(hashBytes(backend, input)), expected, `${backend.name} ${length}`);
      const hasher = backend.create();
      for (let start = 0, step = 1; start < length; start += step, step = ((step * 7) % 60000) | 1) {
        hasher.update(input.subarray(start, Math.min(length, start + step)));
      }
      assert.equal(toHex(hasher.digest()), expected, `${backend.name} ${length} in pieces`);
    }
  }
});

test('the native backend is taken where it loads', () => {
  assert.equal(fastestBlake3().name, 'native');
});

test('the official vectors hold for every backend', needsShared, () => {
  const { cases } = sharedJson<{ cases: { input_len: number; hash: string }[] }>('fixtures', 'vectors', 'blake3.json');
  assert.equal(cases.length, 35);
  for (const { input_len, hash } of cases) {
    for (const backend of backends) {
      assert.equal(toHex(hashBytes(backend, pattern(input_len))), hash.slice(0, 64), `${backend.name} ${input_len}`);
    }
  }
});

test('hashers that work beside each other share nothing, though they are used again', () => {
  for (const backend of backends) {
    hashBytes(backend, pattern(100));
    const [first, second] = [backend.create(), backend.create()];
    first.update(pattern(1000));
    second.update(pattern(2000));
    first.update(pattern(3000));
    assert.equal(toHex(second.digest()), toHex(hashBytes(nobleBlake3, pattern(2000))), backend.name);
    const both = Uint8Array.of(...pattern(1000), ...pattern(3000));
    assert.equal(toHex(first.digest()), toHex(hashBytes(nobleBlake3, both)), backend.name);
  }
});

test('hashing any number of small files takes no memory for each', () => {
  const small = pattern(100);
  for (const backend of backends) {
    for (let time = 0; time < 1000; time++) hashBytes(backend, small);
    const before = process.memoryUsage.rss();
    for (let time = 0; time < 60_000; time++) hashBytes(backend, small);
    const grown = process.memoryUsage.rss() - before;
    assert.ok(grown < 64 << 20, `${backend.name}: ${grown} bytes`);
  }
});
