import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { SharedWork } from '../../../extension/engine/turns/shared-work.ts';

test('work is done once for all who wait, and kept', async () => {
  let count = 0;
  const shared = new SharedWork(async () => ++count);
  assert.deepEqual(await Promise.all([shared.result(), shared.result()]), [1, 1]);
  assert.equal(await shared.result(), 1);
});

test('what failed is tried again', async () => {
  let count = 0;
  const shared = new SharedWork(async () => {
    if (++count === 1) throw new Error('the disk is away');
    return count;
  });
  await assert.rejects(shared.result(), /away/);
  assert.equal(await shared.result(), 2);
});

test('who cancels does so for themselves alone', async () => {
  let count = 0;
  const shared = new SharedWork(async (signal) => {
    count++;
    await setImmediate();
    await setImmediate();
    signal?.throwIfAborted();
    return count;
  });
  const controller = new AbortController();
  const cancelled = shared.result(controller.signal);
  const others = [shared.result(), shared.result(new AbortController().signal)];
  controller.abort(new Error('cancelled'));
  await assert.rejects(cancelled, /cancelled/);
  assert.deepEqual(await Promise.all(others), [2, 2]);
  await assert.rejects(shared.result(controller.signal), /cancelled/);
});
