import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { toHex } from '../../../extension/engine/bytes.ts';
import { describePackage } from '../../../extension/worker/look/describe-package.ts';
import { listInPackage, readInPackage } from '../../../extension/worker/look/look-into-package.ts';
import { pageOfPackage } from '../../../extension/worker/look/page-of-package.ts';
import { verifyFile } from '../../../extension/worker/look/verify-file.ts';
import { PackagesInMemory } from '../../../extension/worker/packages/packages-in-memory.ts';
import { blake3 } from '../../support/archives.ts';
import { cborManifest, KEY_1, olderPackage, version1Package } from '../../support/version-1.ts';

function held(bytes: Uint8Array): PackagesInMemory {
  const packages = new PackagesInMemory(() => blake3);
  packages.take({ type: 'hold', file: 'older', stamp: String(Math.random()), bytes });
  return packages;
}

const REQUEST = { file: 'older', knownSigners: { somebody: toHex(KEY_1.publicKey) }, ownKeys: false };
const describe = (bytes: Uint8Array) => describePackage(held(bytes), REQUEST);

test('whatever is damaged in it, what is left is told', async () => {
  const good = olderPackage();
  assert.equal((await describe(good.subarray(0, 50))).findings[0]?.code, 'header-truncated');
  assert.deepEqual((await describe(good.subarray(0, 120))).entries, []);
  assert.equal((await describe(good.subarray(0, 300))).manifest, undefined);
  const liar = version1Package({ manifest: cborManifest({ id: 'x' }) });
  new DataView(liar.buffer).setBigUint64(112, 2n ** 63n);
  assert.equal((await describe(liar)).manifest, undefined);
  const deep = version1Package({ manifest: new Uint8Array(3_000_000).fill(0x81) });
  assert.equal((await describe(deep)).manifest, undefined);
  for (const nested of [1000, 5000]) {
    const levels = Uint8Array.from({ length: nested * 3 }, (_, index) => [0xa1, 0x61, 0x61][index % 3] ?? 0);
    const manifest = Uint8Array.from([...levels, 0x60, 10]);
    assert.equal((await describe(version1Package({ manifest }))).manifest, undefined, `${nested} levels`);
  }
  const many = version1Package({ manifest: cborManifest({ list: new Array(60_000).fill(0) }) });
  assert.equal((await describe(many)).manifest, undefined);
  const odd = version1Package({ manifest: cborManifest({ bytes: Uint8Array.of(1, 2) }) });
  assert.equal((await describe(odd)).manifest, undefined);
  await fc.assert(
    fc.asyncProperty(fc.nat(400), fc.nat(255), async (position, value) => {
      const changed = Uint8Array.from(good);
      changed[position] = value;
      const packages = held(changed);
      await describePackage(packages, REQUEST);
      await pageOfPackage(packages, REQUEST);
      await verifyFile(packages, REQUEST);
    }),
    { numRuns: 60 },
  );
});

test('its page and its summary say what is known, and give a signer that nobody checked no name', async () => {
  const packages = held(olderPackage());
  const summary = await describePackage(packages, REQUEST);
  assert.deepEqual(
    [summary.startos, summary.opens, summary.title, summary.version, summary.volumes],
    ['0.3', true, 'Older Example', '1.2.3.1', ['main']],
  );
  assert.deepEqual([summary.signer?.name, summary.signer?.isUnchecked], [undefined, true]);
  assert.deepEqual(summary.findings, []);
  assert.deepEqual(
    summary.entries.map(({ path }) => path),
    ['manifest.json', 'LICENSE.md', 'icon.svg', 'instructions.md', 'images', 'scripts'],
  );
  const page = await pageOfPackage(packages, REQUEST);
  assert.deepEqual(
    page.texts.map(({ name }) => name),
    ['short', 'long', 'releaseNotes'],
  );
  assert.deepEqual(
    page.facts.find(({ name }) => name === 'osVersion'),
    { name: 'osVersion', value: '0.3.5.1' },
  );
  assert.equal(page.shares[0]?.path, 'docker_images');
  assert.equal(page.icon?.mime, 'image/svg+xml');
  assert.deepEqual(
    page.images.map(({ id, path }) => [id, path]),
    [['main', 'images/image.tar']],
  );
});

test('it is verified, and its signer then has a name', async () => {
  const packages = held(olderPackage());
  const answer = await verifyFile(packages, REQUEST);
  assert.deepEqual([answer.verdict, answer.signer?.name], ['verified', 'somebody']);
  const changed = olderPackage();
  changed[changed.length - 1] = 0;
  assert.equal((await verifyFile(held(changed), REQUEST)).verdict, 'unreadable');
});

test('an editor lists and reads what is in it', async () => {
  const packages = held(olderPackage());
  const { children } = await listInPackage(packages, { file: 'older', path: 'images/image.tar/main' }, {});
  assert.deepEqual(
    children.map(({ name }) => name),
    ['config.json', 'layers', 'root'],
  );
  const { bytes } = await readInPackage(packages, { file: 'older', path: 'images/image.tar/main/root/sh' });
  assert.equal(new TextDecoder().decode(bytes), '#!sh\n');
});
