import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { before, test } from 'node:test';
import { createKey } from '../../../extension/engine/sign/key-store.ts';
import { archiveBytes } from '../../support/archives.ts';
import { legacyPackage, SYSTEM_BACKUP } from '../../support/legacy-package.ts';
import { validPackage } from '../../support/packages.ts';
import { temporaryFolder } from '../../support/tools.ts';

const CLI = join(process.cwd(), 'dist', 'cli.cjs');

before(() => {
  if (!existsSync(CLI)) throw new Error('dist/cli.cjs is not built; run: npm run build');
});

async function workspace() {
  const temporary = await temporaryFolder();
  await writeFile(join(temporary.path, 'old.s9pk'), legacyPackage(SYSTEM_BACKUP));
  await writeFile(join(temporary.path, 'new.s9pk'), await archiveBytes(validPackage()));
  await createKey(temporary.path);
  const s9pk = (...args: string[]) => {
    const env = {
      ...process.env,
      HOME: temporary.path,
      NO_COLOR: '1',
      S9PK_CACHE: join(temporary.path, '.startos', 'cache'),
    };
    const { status, stdout, stderr } = spawnSync(process.execPath, [CLI, ...args], { cwd: temporary.path, env });
    return { code: status, stdout: stdout.toString(), stderr: stderr.toString() };
  };
  return { ...temporary, path: temporary.path, s9pk };
}

test('convert says what it made, and lists what was changed, for people and as JSON', async () => {
  await using work = await workspace();
  const shown = work.s9pk('convert', 'old.s9pk', '-o', 'converted.s9pk');
  assert.equal(shown.code, 0, shown.stdout + shown.stderr);
  assert.match(shown.stdout, /Older Example \(Legacy\) 1\.2\.3:1 -> .*converted\.s9pk/);
  assert.match(shown.stdout, /^info old\.s9pk \(\/title\): "Older Example" becomes .* \[convert-changed\]$/m);
  assert.match(shown.stdout, /^warning old\.s9pk .*"compat" .* \[convert-system-image\]$/m);
  const json = JSON.parse(work.s9pk('convert', 'old.s9pk', '-o', 'again.s9pk', '--json').stdout);
  assert.deepEqual([json.ok, json.id, json.version, json.images], [true, 'older', '1.2.3:1', ['main']]);
  assert.deepEqual(json.architectures, ['aarch64', 'x86_64']);
  assert.ok(
    json.changes.some(
      (change: { kind: string; path: string }) => change.kind === 'lost' && change.path === '/support-site',
    ),
  );
  const made = await readFile(join(work.path, 'converted.s9pk'));
  assert.ok(made.equals(await readFile(json.output)));
  assert.equal(work.s9pk('verify', 'converted.s9pk').code, 0);
  const differs = work.s9pk('diff', 'old.s9pk', 'converted.s9pk').stdout;
  assert.match(differs, /\/title: "Older Example" -> "Older Example \(Legacy\)"/);
});

test('convert takes the place of a package for 0.3, and then has nothing to convert', async () => {
  await using work = await workspace();
  const names = (await readdir(work.path)).sort();
  assert.equal(work.s9pk('convert', 'old.s9pk', '-q').code, 0);
  const bytes = await readFile(join(work.path, 'old.s9pk'));
  assert.deepEqual([...bytes.subarray(0, 3)], [0x3b, 0x3b, 2]);
  const again = work.s9pk('convert', 'old.s9pk', '-q');
  assert.equal(again.code, 0);
  assert.match(again.stdout, /was in priority order already/);
  assert.ok(bytes.equals(await readFile(join(work.path, 'old.s9pk'))));
  assert.deepEqual((await readdir(work.path)).sort(), names);
});

test('options of the one are misuse with the other, and so is no file', async () => {
  await using work = await workspace();
  for (const args of [
    ['new.s9pk', '--key', '.startos/build.key.pem'],
    ['new.s9pk', '--image', 'compat=x.tar'],
    ['new.s9pk', '--compressor', 'xz'],
    ['old.s9pk', '--compressor', 'lzo'],
    ['old.s9pk', '--image', 'compat'],
    ['lost.s9pk'],
    [],
  ])
    assert.equal(work.s9pk('convert', ...args).code, 2, args.join(' '));
  const lost = work.s9pk('convert', 'old.s9pk', '-o', 'out.s9pk', '--image', 'compat:x86_64=lost.tar');
  assert.equal(lost.code, 1);
  assert.match(lost.stdout, /lost\.tar: the file is not there/);
});

test('without a key nothing but that is said, and how to make one where it is looked for', async () => {
  await using work = await workspace();
  await rm(join(work.path, '.startos'), { recursive: true });
  const shown = work.s9pk('convert', 'old.s9pk', '-o', 'converted.s9pk');
  assert.equal(shown.code, 1);
  assert.ok(shown.stdout.includes(`s9pk key create ${work.path}`), shown.stdout);
  assert.doesNotMatch(shown.stdout, /becomes|left out/);
});
