import assert from 'node:assert/strict';
import { mkdir, readdir, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { Staging } from '../../../extension/engine/io/staging.ts';
import { temporaryFolder } from '../../support/tools.ts';

const MARKER = '.s9pk-staging';

test('what may be in use by a machine that we do not see stays for a day, and folders of others for ever', async () => {
  await using temporary = await temporaryFolder();
  const target = join(temporary.path, 'a.s9pk');
  const old = new Date(Date.now() - 25 * 60 * 60 * 1000);
  const folder = async (name: string, mark: string | undefined, isOld: boolean) => {
    const path = join(temporary.path, name);
    await mkdir(path);
    if (mark !== undefined) await writeFile(join(path, MARKER), mark);
    if (isOld) await utimes(path, old, old);
  };
  await folder('.a.s9pk.tmp-aaaaaa', 'another machine', false);
  await folder('.a.s9pk.tmp-bbbbbb', '', false);
  await folder('.a.s9pk.tmp-cccccc', 'another machine', true);
  await folder('.a.s9pk.tmp-dddddd', '', true);
  await folder('.a.s9pk.tmp-eeeeee', undefined, true);
  await folder('.a.s9pk.tmp-too-long', '', true);
  await folder('.b.s9pk.tmp-ffffff', '', true);
  await (await Staging.beside(target)).remove();
  assert.deepEqual((await readdir(temporary.path)).sort(), [
    '.a.s9pk.tmp-aaaaaa',
    '.a.s9pk.tmp-bbbbbb',
    '.a.s9pk.tmp-eeeeee',
    '.a.s9pk.tmp-too-long',
    '.b.s9pk.tmp-ffffff',
  ]);
});
