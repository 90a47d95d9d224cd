import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { mapConcurrently } from '../../../extension/engine/turns/concurrently.ts';

test('at most so many at once, results in order', async () => {
  let running = 0;
  let most = 0;
  const results = await mapConcurrently([30, 5, 20, 1, 10], 2, {}, async (milliseconds) => {
    most = Math.max(most, ++running);
    await wait(milliseconds);
    running--;
    return milliseconds * 2;
  });
  assert.deepEqual(results, [60, 10, 40, 2, 20]);
  assert.equal(most, 2);
  assert.deepEqual(await mapConcurrently([], 2, {}, async () => 1), []);
});

test('the first failure stops the others, and all have ended when it is thrown', async () => {
  const ended: number[] = [];
  const work = mapConcurrently([1, 2, 3], 2, {}, async (item, { signal }) => {
    try {
      if (item === 1) throw new Error('first');
      await wait(60_000, undefined, signal ? { signal } : {});
    } finally {
      ended.push(item);
    }
  });
  await assert.rejects(work, /^Error: first$/);
  assert.deepEqual(ended, [1, 2], 'the third is not begun');
});

test('cancelling is thrown as it was asked for', async () => {
  const controller = new AbortController();
  const reason = new Error('cancelled');
  const work = mapConcurrently([1, 2], 2, { signal: controller.signal }, (_, { signal }) =>
    wait(60_000, undefined, signal ? { signal } : {}),
  );
  controller.abort(reason);
  await assert.rejects(work, (error) => error === reason);
});

test('progress is that of the first that still runs', async () => {
  const seen: string[] = [];
  const stages = { onProgress: ({ stage }: { stage: string }) => seen.push(stage) };
  let release = () => {};
  const secondSpoke = new Promise<void>((resolve) => {
    release = resolve;
  });
  await mapConcurrently(['a', 'b'], 2, stages, async (item, { onProgress }) => {
    onProgress?.({ stage: `${item}1`, done: 0, total: 0 });
    if (item === 'a') await secondSpoke;
    else release();
    await wait(item === 'a' ? 5 : 30);
    onProgress?.({ stage: `${item}2`, done: 0, total: 0 });
  });
  assert.deepEqual(seen, ['a1', 'a2', 'b1', 'b2']);
});
