import assert from 'node:assert/strict';
import { mkdir, readdir, rm, symlink, utimes, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { test } from 'node:test';
import { Staging } from '../../../extension/engine/io/staging.ts';
import { temporaryFolder } from '../../support/tools.ts';

test('what may be in use by a machine that we do not see stays for a day, and folders of others for ever', async () => {
  await using temporary = await temporaryFolder();
  const target = join(temporary.path, 'a.s9pk');
  const old = new Date(Date.now() - 25 * 60 * 60 * 1000);
  const folder = async (name: string, isOld: boolean) => {
    const path = join(temporary.path, name);
    await mkdir(path);
    await writeFile(join(path, 'a.s9pk'), 'half');
    if (isOld) await utimes(path, old, old);
  };
  const stays = [
    '.a.s9pk.tmp-0123456789abcdef',
    '.a.s9pk.tmp-aaaaaa',
    '.a.s9pk.tmp-s9pk-0000000000aaaaaa',
    '.a.s9pk.tmp-s9pk-0123456789abcdef',
    '.a.s9pk.tmp-s9pk-0123456789abcdef0',
    '.a.s9pk.tmp-s9pk-0123456789abcdeg',
    '.b.s9pk.tmp-s9pk-0123456789abcdef',
  ];
  for (const name of stays) await folder(name, !name.includes('s9pk-0000') && name !== stays[3]);
  for (const name of ['.a.s9pk.tmp-s9pk-0000000000bbbbbb', '.a.s9pk.tmp-s9pk-1123456789abcdef'])
    await folder(name, true);
  await (await Staging.beside(target)).remove();
  assert.deepEqual((await readdir(temporary.path)).sort(), stays);
});

test('what a run left that was killed is gone with the next one, however far it came', async () => {
  await using temporary = await temporaryFolder();
  const target = join(temporary.path, 'a.s9pk');
  const ended = async () => {
    const staging = await Staging.beside(target);
    await staging.remove();
    return staging.folder;
  };
  await mkdir(await ended());
  const full = await ended();
  await mkdir(join(full, 'image'), { recursive: true });
  await writeFile(join(full, 'image', 'main.squashfs'), 'half');
  await using staging = await Staging.beside(target);
  assert.deepEqual(await readdir(temporary.path), [staging.folder.slice(temporary.path.length + 1)]);
  // What somebody works in stays.
  await using other = await Staging.beside(target);
  assert.notEqual(other.folder, staging.folder);
  assert.equal((await readdir(temporary.path)).length, 2);
});

test('a target may have as long a name as there is', async () => {
  await using temporary = await temporaryFolder();
  const target = join(temporary.path, `${'é'.repeat(125)}.s9pk`);
  {
    await using staging = await Staging.beside(target);
    await staging.write('made', 'whole');
    await staging.publish('made');
  }
  assert.deepEqual(await readdir(temporary.path), [`${'é'.repeat(125)}.s9pk`]);
});

test('a folder that is seen under another path is claimed all the same', async () => {
  await using temporary = await temporaryFolder();
  await mkdir(join(temporary.path, 'real'));
  await symlink(join(temporary.path, 'real'), join(temporary.path, 'other'), 'junction');
  await using staging = await Staging.beside(join(temporary.path, 'real', 'a.s9pk'));
  await (await Staging.beside(join(temporary.path, 'other', 'a.s9pk'))).remove();
  assert.deepEqual(await readdir(join(temporary.path, 'real')), [basename(staging.folder)]);
});

test('what is made takes the place of an empty folder, and of none with something in it', async () => {
  await using temporary = await temporaryFolder();
  const target = join(temporary.path, 'out');
  await using staging = await Staging.beside(target);
  await mkdir(staging.path('made'));
  await writeFile(join(staging.path('made'), 'new'), '');
  await mkdir(target);
  await writeFile(join(target, 'old'), '');
  await assert.rejects(staging.publish('made'), ({ code }: NodeJS.ErrnoException) => code !== undefined);
  assert.deepEqual(await readdir(target), ['old']);
  await rm(join(target, 'old'));
  await staging.publish('made');
  assert.deepEqual(await readdir(target), ['new']);
});
