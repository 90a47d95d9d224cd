import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { MemorySource } from '../../../extension/engine/io/byte-source.ts';
import { describeVersion1 } from '../../../extension/engine/package/version-1.ts';
import { describePackage } from '../../../extension/worker/describe-package.ts';
import { PackagesInMemory } from '../../../extension/worker/packages-in-memory.ts';
import { pageOfPackage } from '../../../extension/worker/page-of-package.ts';
import { blake3 } from '../../support/archives.ts';
import { cborManifest, olderPackage, version1Package } from '../../support/version-1.ts';

const describe = (bytes: Uint8Array) => describeVersion1(new MemorySource(bytes));

test('a package for StartOS 0.3 says its signer, its sections and its manifest', async () => {
  const described = await describe(olderPackage());
  assert.deepEqual(described?.publicKey, new Uint8Array(32).fill(7));
  assert.deepEqual(described.sections.map(({ label, size }) => [label, size]).slice(1), [
    ['license', 4],
    ['instructions', 8],
    ['icon', 41],
    ['docker_images', 200_000],
    ['assets', 1024],
    ['scripts', 0],
  ]);
  assert.equal(described.manifest?.['title'], 'Older Example');
});

test('the table of the published vector is read (s9pk-v1 section 1.7)', async () => {
  const table =
    '086d616e696665737400000000000001170000000000000002076c6963656e7365000000000000011900000000000000010c696e737472756374696f6e73000000000000011a00000000000000010469636f6e000000000000011b00000000000000010d646f636b65725f696d61676573000000000000011c000000000000000106617373657473000000000000011d00000000000004000773637269707473' +
    '0'.repeat(32);
  const key = '03a107bff3ce10be1d70dd18e74bc09967e4d6309ba50d5f1ddc8664125531b8';
  const bytes = Buffer.from(`3b3b01${key}${'00'.repeat(64)}000000b0${table}a00a4c495044${'00'.repeat(1024)}`, 'hex');
  const described = await describe(bytes);
  assert.equal(Buffer.from(described?.publicKey ?? []).toString('hex'), key);
  assert.equal(described?.sections.length, 7);
  assert.deepEqual(described.sections.at(5), { label: 'assets', position: 285, size: 1024 });
  assert.deepEqual(described.manifest, {});
});

test('whatever is damaged in it, what is left is told', async () => {
  const good = olderPackage();
  assert.equal(await describe(good.subarray(0, 50)), undefined);
  assert.deepEqual((await describe(good.subarray(0, 120)))?.sections, []);
  assert.equal((await describe(good.subarray(0, 300)))?.manifest, undefined);
  const liar = version1Package({ manifest: cborManifest({ id: 'x' }) });
  new DataView(liar.buffer).setBigUint64(112, 2n ** 63n);
  assert.equal((await describe(liar))?.manifest, undefined);
  const deep = version1Package({ manifest: new Uint8Array(3_000_000).fill(0x81) });
  assert.equal((await describe(deep))?.manifest, undefined);
  for (const nested of [1000, 5000]) {
    const levels = Uint8Array.from({ length: nested * 3 }, (_, index) => [0xa1, 0x61, 0x61][index % 3] ?? 0);
    const manifest = Uint8Array.from([...levels, 0x60, 10]);
    assert.equal((await describe(version1Package({ manifest })))?.manifest, undefined, `${nested} levels`);
  }
  const many = version1Package({ manifest: cborManifest({ list: new Array(60_000).fill(0) }) });
  assert.equal((await describe(many))?.manifest, undefined);
  const odd = version1Package({ manifest: cborManifest({ bytes: Uint8Array.of(1, 2), big: 2n ** 60n }) });
  assert.deepEqual((await describe(odd))?.manifest, { bytes: '0102', big: String(2n ** 60n) });
  await fc.assert(
    fc.asyncProperty(fc.nat(400), fc.nat(255), async (position, value) => {
      const changed = Uint8Array.from(good);
      changed[position] = value;
      await describe(changed);
    }),
  );
});

test('its page and its summary say what is known, and give its signer no name', async () => {
  const packages = new PackagesInMemory(() => blake3);
  packages.take({ type: 'hold', file: 'older', stamp: '1', bytes: olderPackage() });
  const request = { file: 'older', knownSigners: { somebody: '07'.repeat(32) }, ownKeys: false };
  const summary = await describePackage(packages, request);
  assert.deepEqual(
    [summary.generation, summary.opens, summary.title, summary.version],
    [1, false, 'Older Example', '1.2.3.1'],
  );
  assert.equal(summary.signer?.name, undefined);
  assert.deepEqual(summary.findings, []);
  const page = await pageOfPackage(packages, request);
  assert.deepEqual(
    page.texts.map(({ name }) => name),
    ['short', 'long', 'releaseNotes'],
  );
  assert.deepEqual(
    page.facts.find(({ name }) => name === 'osVersion'),
    { name: 'osVersion', value: '0.3.5.1' },
  );
  assert.equal(page.shares[0]?.path, 'docker_images');
});
