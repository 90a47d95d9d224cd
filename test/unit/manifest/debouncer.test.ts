import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Debouncer } from '../../../extension/manifest/debouncer.ts';

const pause = (milliseconds: number) => new Promise((done) => setTimeout(done, milliseconds));

test('what is asked for again before its pause is over is done once, with what was asked last', async () => {
  const done: string[] = [];
  const debouncer = new Debouncer(assert.fail);
  for (const letter of 'abc') {
    debouncer.later('text', 30, async () => {
      done.push(letter);
    });
  }
  debouncer.later('files', 30, async () => {
    done.push('files');
  });
  assert.ok(debouncer.isWaiting('text'));
  await pause(100);
  assert.deepEqual(done.sort(), ['c', 'files']);
  assert.ok(!debouncer.isWaiting('text'));
});

test('what fails is told, and what was given up is not done', async () => {
  const told: string[] = [];
  const debouncer = new Debouncer(({ message }) => told.push(message));
  debouncer.later('text', 0, () => Promise.reject(new Error('it failed')));
  await pause(30);
  debouncer.later('text', 10, async () => {
    told.push('done');
  });
  debouncer.stop();
  await pause(50);
  assert.deepEqual(told, ['it failed']);
});
