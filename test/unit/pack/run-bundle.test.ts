import assert from 'node:assert/strict';
import { mkdir, readFile, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import type { FindingError } from '../../../extension/engine/finding.ts';
import { runBundle } from '../../../extension/engine/pack/bundle/run-bundle.ts';
import { gitHash } from '../../../extension/engine/pack/git-hash.ts';
import { temporaryFolder, tool } from '../../support/tools.ts';

const log = () => undefined;

async function run(code: string, options: { timeLimit?: number; signal?: AbortSignal } = {}) {
  await using temporary = await temporaryFolder();
  await writeFile(join(temporary.path, 'index.js'), code);
  return await runBundle(temporary.path, { folder: temporary.path, log, ...options });
}

const isFinding = (code: string, message: RegExp) => (error: FindingError) =>
  error.findings[0]?.code === code && message.test(error.message);

test('a bundle that waits for what never comes is ended after its time', async () => {
  const began = performance.now();
  const waiting = run('while (true);', { timeLimit: 700 });
  await assert.rejects(waiting, isFinding('bundle-run', /did not give its manifest within 0.7 s/));
  assert.ok(performance.now() - began < 10_000);
});

test('a bundle is run for its manifest, and asked what devices call', async () => {
  const all = 'exports.main = exports.init = exports.uninit = exports.createBackup = exports.actions = {};';
  const { manifest, findings } = await run(`${all} exports.manifest = { id: 'x' }; console.log('noise')`);
  assert.deepEqual([manifest, findings], [new Map([['id', 'x']]), []]);
  const { findings: lacking } = await run('exports.manifest = {}; exports.main = exports.init = {};');
  assert.deepEqual(
    lacking.map(({ code, severity }) => [code, severity]),
    [['bundle-exports', 'warning']],
  );
  await assert.rejects(run('exports.main = 1'), isFinding('bundle-manifest', /exports no "manifest"/));
  await assert.rejects(run('process.exit(7)'), isFinding('bundle-run', /ended with exit code 7/));
  await assert.rejects(run('throw new Error("lost")'), isFinding('bundle-run', /cannot be loaded: lost/));
});

test('asking for the commit changes nothing in the repository', async () => {
  await using temporary = await temporaryFolder();
  const folder = join(temporary.path, 'w');
  await mkdir(folder);
  await writeFile(join(folder, 'file'), 'x');
  const git = (...args: string[]) =>
    tool('git', ['-C', folder, '-c', 'user.name=t', '-c', 'user.email=t@example.org', ...args]);
  await git('init', '-q');
  await git('add', '.');
  await git('commit', '-q', '-m', 'first');
  const before = await readFile(join(folder, '.git', 'index'));
  // Git would write down the new time of the file as long as nobody forbids it.
  await utimes(join(folder, 'file'), 1_000_000_000, 1_000_000_000);
  const { hash, findings } = await gitHash(folder);
  assert.match(hash ?? '', /^[0-9a-f]{40}$/);
  assert.deepEqual(findings, []);
  assert.deepEqual(await readFile(join(folder, '.git', 'index')), before);
});
