import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { test } from 'node:test';
import { Worker } from 'node:worker_threads';
import { BUDGET } from '../../../extension/engine/budget.ts';
import { LastText, LineSplitter } from '../../../extension/engine/process/output.ts';
import { cleanEnvironment, run } from '../../../extension/engine/process/run.ts';
import { becomes, isRunning } from '../../support/processes.ts';

const node = (script: string, options: Partial<Parameters<typeof run>[2]> = {}) =>
  run(process.execPath, ['-e', script], { cwd: '.', ...options });

test('the code, both streams and the channel come back, and lines as they are printed', async () => {
  const lines: string[] = [];
  const script = `console.log('a\\r\\nb'); console.error('c'); require('fs').writeSync(3, 'd'); process.stdout.write('e'); process.exitCode = 3`;
  const result = await node(script, { channel: true, onLine: (line) => lines.push(line) });
  assert.deepEqual(
    [result.code, result.stdout, result.stderr, result.channel, result.timedOut],
    [3, 'a\r\nb\ne', 'c\n', 'd', false],
  );
  assert.deepEqual([...lines].sort(), ['a', 'b', 'c', 'e']);
});

test('what takes too long is killed with all that it started; so is what is cancelled', async () => {
  const script = `require('child_process').spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { stdio: 'inherit' }); setInterval(() => {}, 1000)`;
  const result = await node(script, { timeout: 500 });
  assert.deepEqual([result.timedOut, result.code], [true, null]);
  const controller = new AbortController();
  setTimeout(() => controller.abort(new Error('enough')), 500);
  await assert.rejects(node(script, { signal: controller.signal }), /enough/);
  await assert.rejects(run('no-such-program', [], { cwd: '.' }), { code: 'ENOENT' });
});

test('what runs is killed with all that it started when whoever runs it is killed, a process or a thread', {
  skip: process.platform === 'win32' && 'Windows ends what a process started with it',
}, async () => {
  const runner = join(import.meta.dirname, '..', '..', 'support', 'endless-run.ts');
  const parent = spawn(process.execPath, [runner], { stdio: ['ignore', 'pipe', 'inherit', 'ipc'] });
  const [ofProcess] = (await once(parent, 'message')) as [number[]];
  assert.ok(ofProcess.length === 2 && ofProcess.every(isRunning));
  parent.kill('SIGKILL');
  await ended(ofProcess);

  const thread = new Worker(runner);
  const [ofThread] = (await once(thread, 'message')) as [number[]];
  assert.ok(ofThread.length === 2 && ofThread.every(isRunning));
  await thread.terminate();
  await ended(ofThread);
});

test('what a program that was killed had started is killed, too', async () => {
  const script = `require('child_process').spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { stdio: 'inherit' }).on('spawn', () => process.kill(process.pid, 'SIGKILL'))`;
  const began = performance.now();
  const result = await node(script, { timeout: 20_000 });
  assert.ok(!result.timedOut && performance.now() - began < 20_000);
});

test('how a program was ended is told', async () => {
  const result = await node("process.kill(process.pid, 'SIGKILL')");
  assert.deepEqual([result.code, result.signal], process.platform === 'win32' ? [1, null] : [null, 'SIGKILL']);
});

/** Waits until none of these processes runs. */
async function ended(pids: readonly number[]): Promise<void> {
  assert.ok(await becomes(() => !pids.some(isRunning)), `${pids.filter(isRunning)} go on`);
}

test('much output without a line end is read in time that grows with its length, and no more of it is kept', async () => {
  let longest = 0;
  const began = process.cpuUsage();
  const script = `const piece = 'x'.repeat(1 << 16); for (let i = 0; i < 640; i++) require('fs').writeSync(1, piece)`;
  const result = await node(script, { onLine: (line) => (longest = Math.max(longest, line.length)) });
  const { user } = process.cpuUsage(began);
  assert.equal(result.stdout.length, BUDGET.outputLength);
  assert.equal(longest, BUDGET.lineLength);
  assert.ok(user < 5_000_000, `${user / 1000} ms for 40 MiB`);
});

test('the last characters and the lines are the same however the text comes in pieces', () => {
  const text = 'one\r\ntwo\n\nthree';
  for (let size = 1; size <= text.length; size++) {
    const lines: string[] = [];
    const splitter = new LineSplitter((line) => lines.push(line));
    const last = new LastText(4);
    for (let at = 0; at < text.length; at += size) {
      splitter.add(text.slice(at, at + size));
      last.add(text.slice(at, at + size));
    }
    splitter.end();
    assert.deepEqual(lines, ['one', 'two', '', 'three'], `${size}`);
    assert.equal(last.text(), 'hree');
  }
});

test('of many pieces only those are held that are kept', () => {
  const last = new LastText(4);
  for (const piece of ['ab', 'cd', 'ef']) last.add(piece);
  assert.equal(last.text(), 'cdef');
  assert.deepEqual(Object.values(last).find(Array.isArray), ['cd', 'ef']);
});

test('what makes the editor’s own program act as Node is not handed on', () => {
  assert.deepEqual(cleanEnvironment({ ELECTRON_RUN_AS_NODE: '1', PATH: '/bin' }), { PATH: '/bin' });
});
