import assert from 'node:assert/strict';
import { test } from 'node:test';
import { firstError } from '../../../extension/engine/first-error.ts';

test('of failures while closing after a failure the first is told', async () => {
  const fail = (message: string) => () => Promise.reject(new Error(message));
  const failing = async () => {
    await using _outer = { [Symbol.asyncDispose]: fail('closing the folder') };
    await using _inner = { [Symbol.asyncDispose]: fail('closing the file') };
    throw new Error('the disk is full');
  };
  const error = await failing().catch((thrown: unknown) => thrown);
  // By its name: Node 22 has no such class, and bundles bring their own.
  assert.equal((error as Error).name, 'SuppressedError');
  assert.equal((firstError(error) as Error).message, 'the disk is full');
  const alone = new Error('alone');
  assert.equal(firstError(alone), alone);
});
