import assert from 'node:assert/strict';
import { appendFile, mkdir, readdir, readFile, rename, truncate, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { test } from 'node:test';
import { FindingError } from '../../../extension/engine/finding.ts';
import { Closers } from '../../../extension/engine/io/closers.ts';
import { FileSource, PathSource } from '../../../extension/engine/io/file-source.ts';
import { isFile, isFolder } from '../../../extension/engine/io/path-kind.ts';
import { Staging } from '../../../extension/engine/io/staging.ts';
import { readText, readWhole } from '../../../extension/engine/io/whole-file.ts';
import { createKey, findKey } from '../../../extension/engine/sign/key-store.ts';
import { watch, watchFolder } from '../../faults/io/watched-fs.ts';
import { temporaryFolder } from '../../support/tools.ts';

// For good, in the process that this file has for itself.
watchFolder(tmpdir());

const isChanged = (error: unknown) => error instanceof FindingError && error.findings[0]?.code === 'file-changed';

test('what the system says of a file that is open names it', async () => {
  await using folder = await temporaryFolder();
  // Folders can be opened, and not read: Node says so without a name.
  await assert.rejects(readWhole(folder.path), { code: 'EISDIR', path: folder.path });
  await assert.rejects(readWhole(folder.path), (error: Error) => error.message.includes(folder.path));
  assert.equal(await readText(folder.path), undefined);
  assert.equal(await readText(join(folder.path, 'nothing')), undefined);
});

test('only what is not there is not there', async () => {
  await using folder = await temporaryFolder();
  const file = join(folder.path, 'file');
  await writeFile(file, '');
  assert.deepEqual([await isFile(file), await isFolder(file)], [true, false]);
  for (const path of [join(folder.path, 'gone'), join(file, 'below'), join(folder.path, 'n'.repeat(300)), 'a\0b'])
    assert.deepEqual([await isFile(path), await isFolder(path)], [false, false]);
  await failing('stat', 'EIO', async () => {
    await assert.rejects(isFile(file), { code: 'EIO', path: file });
    await assert.rejects(isFolder(file), { code: 'EIO', path: file });
  });
});

test('all is closed, whatever one of them says', async () => {
  const closed: string[] = [];
  const closing = (name: string, fails = false) => ({
    close: async () => {
      closed.push(name);
      if (fails) throw new Error(name);
    },
  });
  const closers = new Closers();
  closers.use(closing('first'));
  closers.use(closing('second', true));
  closers.use(closing('third', true));
  await assert.rejects(closers[Symbol.asyncDispose](), /third/);
  assert.deepEqual(closed, ['third', 'second', 'first']);
});

test('a file that is written to while it is read is told from one that is replaced', async () => {
  await using folder = await temporaryFolder();
  const path = join(folder.path, 'file');
  const fresh = async () => {
    await writeFile(path, 'abcdefgh');
    await utimes(path, 1000, 1000);
    return FileSource.open(path);
  };
  {
    await using source = await fresh();
    assert.equal(Buffer.from(await source.read(0, 8)).toString(), 'abcdefgh');
    await source.checkUnchanged();
    await appendFile(path, 'i');
    await assert.rejects(source.checkUnchanged(), isChanged);
  }
  {
    await using source = await fresh();
    await truncate(path, 4);
    await assert.rejects(source.read(0, 8), isChanged);
    await assert.rejects(source.checkUnchanged(), isChanged);
  }
  {
    await using source = await fresh();
    await writeFile(path, 'ABCDEFGH');
    await assert.rejects(source.checkUnchanged(), isChanged);
  }
  if (process.platform !== 'win32') {
    await using source = await fresh();
    await writeFile(join(folder.path, 'next'), 'another');
    await rename(join(folder.path, 'next'), path);
    await source.checkUnchanged();
    assert.equal(Buffer.from(await source.read(0, 8)).toString(), 'abcdefgh');
    // Of a tree that was read, it is another file.
    await assert.rejects(new PathSource(folder.path, basename(path), { size: 7, mtimeMs: 1000 }).read(0, 7), isChanged);
  }
});

test('where no staging folder can be made, the folder that was chosen is named', async () => {
  await using folder = await temporaryFolder();
  const gone = join(folder.path, 'gone');
  await assert.rejects(Staging.beside(join(gone, 'package.s9pk')), { code: 'ENOENT', path: gone });
});

test('whatever fails while a staging folder is made, it is there, or the folder that was chosen is named', async () => {
  await using folder = await temporaryFolder();
  const target = join(folder.path, 'package.s9pk');
  const count = await countOf(async () => (await Staging.beside(target)).remove());
  assert.ok(count > 3);
  for (let failed = 0; failed < count; failed++) {
    let begun = 0;
    watch(() => (begun++ === failed ? { fail: 'EIO' } : undefined));
    const made = await Staging.beside(target).catch((error: unknown) => error);
    watch(() => undefined);
    if (made instanceof Staging) {
      await using staging = made;
      assert.ok(await isFolder(staging.folder));
    } else
      assert.deepEqual([(made as NodeJS.ErrnoException).code, (made as { path?: string }).path], ['EIO', folder.path]);
    assert.deepEqual(await readdir(folder.path), []);
  }
});

test('what has its name is made, even if the folder cannot be synced or tidied up', async () => {
  await using folder = await temporaryFolder();
  const target = join(folder.path, 'package.s9pk');
  {
    await using staging = await Staging.beside(target);
    await staging.write('new', 'new');
    await failing('sync', 'EIO', () => staging.publish('new'));
  }
  assert.equal(await readFile(target, 'utf8'), 'new');
  await failing('rm', 'EIO', async () => {
    await using _staging = await Staging.beside(target);
  });
  assert.equal((await readdir(folder.path)).length, 2);
});

test('a key that cannot be looked at is not passed over for another one', async () => {
  await using folder = await temporaryFolder();
  const { path } = await createKey(folder.path);
  const below = join(folder.path, 'wrapper');
  await mkdir(below);
  assert.equal((await findKey(below, folder.path))?.path, path);
  await failing('stat', 'EIO', () => assert.rejects(findKey(below, folder.path), { code: 'EIO' }));
  await failing('read', 'EIO', () => assert.rejects(findKey(below, folder.path), { code: 'EIO', path }));
});

test('of a key that could not be written nothing is left, and .gitignore is whole', async () => {
  await using folder = await temporaryFolder();
  await mkdir(join(folder.path, '.startos'));
  const ignore = join(folder.path, '.startos', '.gitignore');
  await writeFile(ignore, 'mine');
  await failing('write', 'ENOSPC', () => assert.rejects(createKey(folder.path), { code: 'ENOSPC' }));
  assert.equal(await readFile(ignore, 'utf8'), 'mine');
  await failing('writeFile', 'ENOSPC', () => assert.rejects(createKey(folder.path), { code: 'ENOSPC' }));
  assert.deepEqual(await readdir(join(folder.path, '.startos')), ['.gitignore']);
  const { path } = await createKey(folder.path);
  assert.match(await readFile(ignore, 'utf8'), /^mine\n.*build\.key\.pem\n/s);
  assert.deepEqual((await readdir(join(folder.path, '.startos'))).sort(), ['.gitignore', basename(path)]);
});

/** How many operations of files there are in some work. */
async function countOf(work: () => Promise<unknown>): Promise<number> {
  let count = 0;
  watch(() => {
    count++;
    return undefined;
  });
  await work();
  watch(() => undefined);
  return count;
}

/** Lets one operation of files fail, by its name, while something is done. */
async function failing(name: string, code: string, work: () => Promise<unknown>): Promise<void> {
  watch((operation) => (operation.name === name ? { fail: code } : undefined));
  try {
    await work();
  } finally {
    watch(() => undefined);
  }
}
