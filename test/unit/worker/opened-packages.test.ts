import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { test } from 'node:test';
import type { PackageBrowser } from '../../../extension/engine/browse/package-browser.ts';
import { FileSource } from '../../../extension/engine/io/file-source.ts';
import { closePackage, inOpenedPackage } from '../../../extension/worker/packages/opened-packages.ts';
import type { Packages } from '../../../extension/worker/packages/packages.ts';
import { packagesOnDisk } from '../../../extension/worker/packages/packages-on-disk.ts';
import { archiveBytes } from '../../support/archives.ts';
import { validPackage } from '../../support/packages.ts';
import { temporaryFolder } from '../../support/tools.ts';

const SEVERAL = ['a', 'b', 'c', 'd', 'e', 'f', 'g'];

/** Packages of a folder; which of their files have been closed is noted. */
async function packagesIn(folder: string): Promise<{ packages: Packages; closed: string[] }> {
  const bytes = await archiveBytes(validPackage());
  for (const name of SEVERAL) await writeFile(join(folder, name), bytes);
  const closed: string[] = [];
  const open = async (file: string) => {
    const source = await FileSource.open(file);
    return {
      size: source.size,
      read: (position: number, length: number) => source.read(position, length),
      async [Symbol.asyncDispose]() {
        closed.push(basename(file));
        await source[Symbol.asyncDispose]();
      },
    };
  };
  return { packages: { ...packagesOnDisk, open }, closed };
}

/** Reads through the file that the package is, which fails once that is closed. */
async function readLicense(browser: PackageBrowser): Promise<number> {
  const node = await browser.follow('LICENSE.md');
  const content = node && (await browser.content(node));
  return (await content?.read(0, 4))?.length ?? 0;
}

test('a package that a request reads is not closed for others, nor when it is given up; idle ones are', async () => {
  await using temporary = await temporaryFolder();
  const { packages, closed } = await packagesIn(temporary.path);
  const path = (name: string) => join(temporary.path, name);
  const goOn = Promise.withResolvers<void>();
  const begun = Promise.withResolvers<void>();
  const reading = inOpenedPackage(packages, path('a'), async (browser) => {
    begun.resolve();
    await goOn.promise;
    return readLicense(browser);
  });
  try {
    await begun.promise;
    for (const name of SEVERAL.slice(1)) assert.equal(await inOpenedPackage(packages, path(name), readLicense), 4);
    assert.deepEqual(closed, ['b', 'c', 'd'], 'four are open: the one that is read, and the last three');
    closePackage(path('a'));
    closePackage(path('g'));
    await new Promise((done) => setImmediate(done));
    assert.deepEqual(closed, ['b', 'c', 'd', 'g']);
    goOn.resolve();
    assert.equal(await reading, 4, 'it could be read to its end');
    await new Promise((done) => setImmediate(done));
    assert.deepEqual(closed, ['b', 'c', 'd', 'g', 'a'], 'then it was closed');
    assert.equal(await inOpenedPackage(packages, path('a'), readLicense), 4, 'and opened anew');
  } finally {
    goOn.resolve();
    for (const name of SEVERAL) closePackage(path(name));
  }
});

test('packages that are all read at once are all open, and closed down to four when they have been', async () => {
  await using temporary = await temporaryFolder();
  const { packages, closed } = await packagesIn(temporary.path);
  const all = Promise.withResolvers<void>();
  let readers = 0;
  const read = (name: string) =>
    inOpenedPackage(packages, join(temporary.path, name), async (browser) => {
      if (++readers === SEVERAL.length) all.resolve();
      await all.promise;
      return readLicense(browser);
    });
  try {
    assert.deepEqual(
      await Promise.all(SEVERAL.map(read)),
      SEVERAL.map(() => 4),
    );
    await new Promise((done) => setImmediate(done));
    assert.equal(closed.length, SEVERAL.length - 4);
    await assert.rejects(inOpenedPackage(packages, join(temporary.path, 'none'), readLicense), /ENOENT/);
  } finally {
    for (const name of SEVERAL) closePackage(join(temporary.path, name));
  }
});
