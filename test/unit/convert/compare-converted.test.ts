import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { compareManifests, comparePackages } from '../../../extension/engine/browse/compare.ts';
import { openBrowser } from '../../../extension/engine/browse/open-browser.ts';
import { PackageWalk } from '../../../extension/engine/browse/package-walk.ts';
import { convertSections } from '../../../extension/engine/convert/convert-sections.ts';
import { MemorySource } from '../../../extension/engine/io/byte-source.ts';
import { createKey } from '../../../extension/engine/sign/key-store.ts';
import { blake3 } from '../../support/archives.ts';
import { LEGACY_MANIFEST, type LegacyManifest, legacyPackage } from '../../support/legacy-package.ts';
import { temporaryFolder } from '../../support/tools.ts';
import { savedImage } from '../../support/wrapper-03.ts';

/** What differs between a package and what it is converted to. */
async function converted(changes: LegacyManifest, sections: Readonly<Record<string, Uint8Array>> = {}) {
  await using temporary = await temporaryFolder();
  const file = join(temporary.path, 'old.s9pk');
  const old = legacyPackage(changes, sections);
  await writeFile(file, old);
  await createKey(temporary.path);
  const { made, findings } = await convertSections({ file, output: join(temporary.path, 'new'), mtime: 0, blake3 });
  assert.ok(made, JSON.stringify(findings));
  const before = await openBrowser(new MemorySource(old), blake3);
  const after = await openBrowser(new MemorySource(await readFile(made.path)), blake3);
  const files: string[] = [];
  const walks = { before: new PackageWalk(), after: new PackageWalk() };
  for await (const { change, path, what } of comparePackages(before, after, walks))
    files.push(`${change} ${path} ${what.join()}`.trim());
  const found = [...walks.before.found.all(), ...walks.after.found.all()];
  const there = await compareManifests(before, after);
  const back = await compareManifests(after, before);
  assert.deepEqual(
    back.map(({ path }) => path).sort(),
    there.map(({ path }) => path).sort(),
    'the same the other way round',
  );
  return { files, found, manifest: there };
}

test('a converted package differs from what it was by what the conversion changed, and by nothing else', async () => {
  const { files, found, manifest } = await converted({});
  assert.deepEqual(found, []);
  assert.deepEqual(files, ['changed manifest.json content']);
  assert.deepEqual(manifest, [
    { path: '/title', before: '"Older Example"', after: '"Older Example (Legacy)"' },
    { path: '/volumes', before: '["main"]', after: '["embassy","main"]' },
    { path: '/images/main/emulateMissing', after: 'false' },
    { path: '/canMigrateTo', after: '"!"' },
    { path: '/canMigrateFrom', after: '"*"' },
    { path: '/marketingUrl', after: '"https://example.org/upstream"' },
  ]);
});

test('renamed ids and versions are told, in a package for one architecture too', async () => {
  const docker_images = savedImage('amd64', 'start9/ghost/main:1.2.3.1');
  const { files, manifest } = await converted({ id: 'ghost', dependencies: {} }, { docker_images });
  assert.deepEqual(files, ['changed manifest.json content']);
  assert.deepEqual(manifest[0], { path: '/id', before: '"ghost"', after: '"ghost-legacy"' });
  const { manifest: lnd } = await converted({ id: 'lnd', title: 'LND', dependencies: {} });
  assert.deepEqual(lnd[0], { path: '/version', before: '"1.2.3:1"', after: '"1.2.3-beta:1"' });
});

test('two packages for 0.3 are compared by the keys of 0.3', async () => {
  const open = (changes: LegacyManifest) => openBrowser(new MemorySource(legacyPackage(changes)), blake3);
  const [before, after] = [await open({}), await open({ 'support-site': 'https://example.org/other' })];
  assert.deepEqual(await compareManifests(before, after), [
    {
      path: '/support-site',
      before: JSON.stringify(LEGACY_MANIFEST['support-site']),
      after: '"https://example.org/other"',
    },
  ]);
});
