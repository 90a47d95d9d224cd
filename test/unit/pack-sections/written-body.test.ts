import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { test } from 'node:test';
import { fastestBlake3 } from '../../../extension/engine/hash/fastest-blake3.ts';
import { MemorySource } from '../../../extension/engine/io/byte-source.ts';
import { WrittenBody } from '../../../extension/engine/pack-sections/written-body.ts';
import { StageMeter } from '../../../extension/engine/progress.ts';

const sha512 = (bytes: Uint8Array) => createHash('sha512').update(bytes).digest('hex');

test('what is read again has the hash of what was written only if it is the same', async () => {
  const bytes = new Uint8Array(randomBytes(300_000));
  const body = new WrittenBody(fastestBlake3());
  for (let at = 0; at < bytes.length; at += 70_000) body.onBody(bytes.subarray(at, at + 70_000));
  // Another value than the true one, to see which of both is given.
  const marker = new Uint8Array(64).fill(7);
  body.end(marker);
  const digest = async (read: Uint8Array) =>
    Buffer.from(await body.digestOf(new MemorySource(read), new StageMeter('Hashing', read.length, {}))).toString(
      'hex',
    );
  assert.equal(await digest(bytes), Buffer.from(marker).toString('hex'));
  const changed = bytes.with(299_999, (bytes[299_999] ?? 0) ^ 1);
  assert.equal(await digest(changed), sha512(changed));
  assert.equal(await digest(bytes.subarray(1)), sha512(bytes.subarray(1)));
});
