import assert from 'node:assert/strict';
import { cp, mkdir, readFile, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { lintSurroundings } from '../../../extension/worker/lint-surroundings.ts';
import { temporaryFolder } from '../../support/tools.ts';

test('what the text does not tell is asked of the bundle, if it is up to date and may run', async () => {
  await using temporary = await temporaryFolder();
  const folder = temporary.path;
  await cp('test/fixtures/wrappers/start-sdk-3', folder, { recursive: true });
  const source = join(folder, 'startos', 'manifest', 'index.ts');
  const text = await readFile(source, 'utf8');
  await writeFile(
    source,
    text.replace("license: 'MIT'", 'license: readLicense()').replace('ram: 6 * GB', 'ram: size()'),
  );
  const bundle = join(folder, 'javascript', 'index.js');
  await mkdir(join(folder, 'javascript'));
  const ran = join(folder, 'ran');
  await writeFile(
    bundle,
    `require('node:fs').writeFileSync(${JSON.stringify(ran)}, '');
exports.manifest = { id: 'NOT OURS', license: 'MIT', hardwareRequirements: { device: [], ram: -1, arch: null } };`,
  );
  const lint = async (mayRun: boolean) => {
    const { findings } = await lintSurroundings({ folder, mayRun }, {});
    return findings
      .filter(({ code }) => code.startsWith('manifest-'))
      .map(({ code, where }) => [code, where.path, where.line]);
  };
  const line = (words: string) => text.slice(0, text.indexOf(words)).split('\n').length;

  const unseen = [['manifest-unseen', '/license', line('license:')]];
  assert.deepEqual(await lint(false), unseen);
  await assert.rejects(readFile(ran), 'nothing is run without leave');
  // Only what the text did not tell is the bundle's to say.
  const answer = await lint(true);
  assert.deepEqual(
    answer.map(([, path, at]) => [path, at]),
    [['/hardwareRequirements/ram', line('ram:')]],
  );
  await readFile(ran);

  const later = new Date(Date.now() + 60_000);
  await utimes(source, later, later);
  assert.deepEqual(await lint(true), unseen);
});
