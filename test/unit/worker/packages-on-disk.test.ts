import assert from 'node:assert/strict';
import { mkdir, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { packagesOnDisk } from '../../../extension/worker/packages/packages-on-disk.ts';
import { temporaryFolder } from '../../support/tools.ts';

/** Writes a file whose time is so many seconds after 1970. */
async function place(path: string, seconds: number): Promise<void> {
  await writeFile(path, '');
  await utimes(path, seconds, seconds);
}

test('the newest source of a wrapper is known for every package in its folder', async () => {
  await using temporary = await temporaryFolder();
  const at = (...names: string[]) => join(temporary.path, ...names);
  await mkdir(at('assets', 'deep'), { recursive: true });
  await mkdir(at('scripts', 'node_modules'), { recursive: true });
  await place(at('manifest.yaml'), 1000);
  await place(at('assets', 'deep', 'some'), 3000);
  await place(at('scripts', 'node_modules', 'theirs'), 9000);
  await place(at('other'), 9000);
  await place(at('old.s9pk'), 2000);
  await place(at('new.s9pk'), 4000);
  assert.equal(await packagesOnDisk.sourceNewerThan(at('old.s9pk')), 'assets/deep/some');
  assert.equal(await packagesOnDisk.sourceNewerThan(at('new.s9pk')), undefined);
});

test('a package that lies in no wrapper is older than nothing', async () => {
  await using temporary = await temporaryFolder();
  await place(join(temporary.path, 'LICENSE'), 3000);
  await place(join(temporary.path, 'some.s9pk'), 1000);
  assert.equal(await packagesOnDisk.sourceNewerThan(join(temporary.path, 'some.s9pk')), undefined);
});
