import assert from 'node:assert/strict';
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { readStartosConfig } from '../../../extension/engine/upstream/startos-config.ts';
import { checkSteps } from '../../../extension/manifest/wrapper/checklist.ts';
import { temporaryFolder } from '../../support/tools.ts';

async function put(path: string, text: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, text);
}

test('profiles of all files are united, the nearest wins, and names lead on to addresses', async () => {
  await using temporary = await temporaryFolder();
  const home = join(temporary.path, 'home');
  const workspace = join(home, 'work');
  const folder = join(workspace, 'wrapper');
  await mkdir(folder, { recursive: true });
  await put(
    join(workspace, '.startos', 'config.yaml'),
    'schema: 1\nhost: https://mine.local\nregistry:\n  default: beta\n  beta: https://beta.example.org\n  lost: nowhere\n  a: b\n  b: a\n',
  );
  await put(
    join(home, '.startos', 'config.yaml'),
    'host:\n  default: https://other.local\n  prod: https://prod.local\n',
  );
  const { hosts, registries, files, problems } = await readStartosConfig(folder, home);
  assert.deepEqual(
    hosts.map(({ name, url }) => [name, url]),
    [
      ['default', 'https://mine.local'],
      ['prod', 'https://prod.local'],
    ],
  );
  assert.deepEqual(
    registries.map(({ name, url }) => [name, url]),
    [
      ['default', 'https://beta.example.org'],
      ['beta', 'https://beta.example.org'],
      ['lost', undefined],
      ['a', undefined],
      ['b', undefined],
    ],
  );
  assert.deepEqual(files, [join(workspace, '.startos', 'config.yaml'), join(home, '.startos', 'config.yaml')]);
  assert.deepEqual(
    problems.map(({ message }) => message),
    ['"nowhere" (lost) leads to no address', '"b" (a) leads to no address', '"a" (b) leads to no address'],
  );
});

test('what is no configuration is said, not thrown', async () => {
  await using temporary = await temporaryFolder();
  for (const text of ['[', '- a', '&a [*a]', 'a: *b', 'host: { default: [1] }', 'x'.repeat(2 << 20), '']) {
    await put(join(temporary.path, '.startos', 'config.yaml'), text);
    const { hosts } = await readStartosConfig(temporary.path, join(temporary.path, 'home'));
    assert.deepEqual(hosts, []);
  }
});

test('the checklist shows the profiles', async () => {
  await using temporary = await temporaryFolder();
  const text = 'host:\n  default: prod\n  prod: https://prod.local\nregistry:\n  x: y\n';
  await put(join(temporary.path, '.startos', 'config.yaml'), text);
  const step = (await checkSteps({ folder: temporary.path, mayRun: false })).find(({ name }) => name === 'workspace');
  assert.equal(step?.state, 'attention');
  assert.match(step?.detail ?? '', /"y" \(x\) leads to no address$/);
  assert.match(step?.more ?? '', /^host default: prod \(https:\/\/prod\.local\)$/m);
});
