import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { WorkBehind } from '../../../extension/engine/turns/work-behind.ts';

test('at most so many at once, and the end waits for all', async () => {
  let running = 0;
  let most = 0;
  let ended = 0;
  const behind = new WorkBehind(3);
  for (const milliseconds of [20, 5, 10, 1, 15, 2]) {
    await behind.add(async () => {
      most = Math.max(most, ++running);
      await wait(milliseconds);
      running--;
      ended++;
    });
  }
  assert.ok(ended < 6, 'whoever hands over does not wait');
  await behind.end();
  assert.deepEqual([most, ended], [3, 6]);
});

test('a failure is thrown to whoever hands over next, and again at the end, when all has ended', async () => {
  const behind = new WorkBehind(2);
  const ended: string[] = [];
  await behind.add(() => Promise.reject(new Error('the disk is full')));
  await wait(5);
  const late = async () => {
    await wait(10);
    ended.push('late');
  };
  await assert.rejects(behind.add(late), /the disk is full/);
  await assert.rejects(behind.end(), /the disk is full/);
  assert.deepEqual(ended, ['late']);
});
