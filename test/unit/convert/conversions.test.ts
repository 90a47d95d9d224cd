import assert from 'node:assert/strict';
import { cp, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { extname, join } from 'node:path';
import { test } from 'node:test';
import { ConversionNotes } from '../../../extension/engine/convert/conversion-notes.ts';
import { convertSections } from '../../../extension/engine/convert/convert-sections.ts';
import { newIdOf, newVersionOf } from '../../../extension/engine/convert/legacy-names.ts';
import { newManifest } from '../../../extension/engine/convert/new-manifest.ts';
import { createKey } from '../../../extension/engine/sign/key-store.ts';
import { printExtendedVersion, VersionError } from '../../../extension/engine/versions/exver.ts';
import { packFolder } from '../../../extension/manifest/wrapper/packing/pack-folder.ts';
import { blake3 } from '../../support/archives.ts';
import { legacyManifest } from '../../support/legacy-package.ts';
import { UpstreamReader, UpstreamVersion } from '../../support/sdk.ts';
import { needsShared, sharedPath } from '../../support/shared.ts';
import { parseManifest03, stubsFor } from '../../support/stubs-03.ts';
import { temporaryFolder } from '../../support/tools.ts';
import { savedImage, writeWrapper } from '../../support/wrapper-03.ts';

/** Packs the wrapper in a folder for StartOS 0.3, converts the package twice, and opens it with upstream's own reader. */
async function packAndConvert(folder: string) {
  const packed = await packFolder({ folder, blake3, git: 'none', build: 'never', env: {} });
  assert.ok(packed.made?.generation === '0.3', JSON.stringify(packed.findings.filter((f) => f.severity === 'error')));
  const file = packed.made.package.path;
  const convert = (output: string) => convertSections({ file, output: join(folder, output), mtime: 0, blake3 });
  const result = await convert('first.s9pk');
  const { made, findings } = result;
  assert.ok(made, JSON.stringify(findings.filter(({ severity }) => severity === 'error')));
  const { complete, canonical, intact } = made.report;
  assert.deepEqual([complete, canonical, intact], [true, true, true]);
  const bytes = await readFile(made.path);
  const again = await convert('second.s9pk');
  assert.ok(again.made && bytes.equals(await readFile(again.made.path)), 'equal bytes');
  const { manifest } = await UpstreamReader.deserialize(new Blob([bytes]), null);
  return { ...result, manifest };
}

test('the example converts, and opens in the reader of upstream', async () => {
  await using temporary = await temporaryFolder();
  const folder = join(temporary.path, 'hello-world');
  await cp('examples/hello-world-0.3', folder, { recursive: true });
  await createKey(folder);
  await mkdir(join(folder, 'docker-images'), { recursive: true });
  const tag = 'start9/hello-world/main:1.0.0';
  await writeFile(join(folder, 'docker-images/x86_64.tar'), savedImage('amd64', tag));
  await writeFile(join(folder, 'docker-images/aarch64.tar'), savedImage('arm64', tag));
  const { manifest, findings } = await packAndConvert(folder);
  assert.deepEqual(
    [manifest['id'], manifest['version'], manifest['title']],
    [...['hello-world', '1.0.0:0', 'Hello World (Legacy)']],
  );
  const problems = findings.filter(({ code, severity }) => severity !== 'info' && code !== 'image-passwd');
  // Its backups run in an image of StartOS 0.3.
  assert.deepEqual(
    problems.map(({ code }) => code),
    ['convert-system-image'],
  );
});

test('the shared manifests convert, packed with files made up for them', needsShared, async () => {
  const folder = sharedPath('corpus', 'manifests-v1');
  const names = (await readdir(folder)).filter((name) => /\.(ya?ml|toml|json)$/.test(name));
  assert.ok(names.length >= 31);
  for (const name of names) {
    await using temporary = await temporaryFolder();
    const text = await readFile(join(folder, name), 'utf8');
    const file = `manifest${extname(name)}`;
    await writeWrapper(temporary.path, { ...stubsFor(await parseManifest03(file, text)), [file]: text });
    const { manifest, changes } = await packAndConvert(temporary.path).catch((error: Error) => {
      throw new Error(`${name}: ${error.message}`);
    });
    assert.match(String(manifest['title']), / \(Legacy\)$/);
    assert.ok(changes.some(({ path }) => path === '/main'));
  }
});

test('versions are what upstream makes of those of 0.3', () => {
  for (const version of ['1.2.3', '1.2.3.4', '0.21.1.2', '20230901.0.0', '1.2.3.0']) {
    const converted = printExtendedVersion(newVersionOf({ id: 'other', title: 'Other', version }));
    assert.equal(converted, UpstreamVersion.parseEmver(version).toString(), version);
    assert.equal(UpstreamVersion.parse(converted).compare(UpstreamVersion.parseEmver(version)), 'equal');
  }
  // Its TypeScript wants three numbers, its Rust takes one.
  assert.equal(printExtendedVersion(newVersionOf({ id: 'other', title: 'Other', version: '1' })), '1.0.0:0');
  assert.throws(() => newVersionOf({ id: 'other', title: 'Other', version: 'v1' }), VersionError);
});

test('a version that the compatibility layer cannot read is warned of', async () => {
  for (const [version, isRead] of [
    ['1.2', false],
    ['1.2.3', true],
    ['1.2.3.4', true],
  ] as const) {
    const notes = new ConversionNotes();
    newManifest(legacyManifest({ version }), new Map(), notes);
    assert.equal(
      notes.findings.some(({ code }) => code === 'convert-version'),
      !isRead,
      version,
    );
    const parse = () => UpstreamVersion.parseEmver(version);
    if (isRead) assert.doesNotThrow(parse);
    else assert.throws(parse);
  }
});

test('some packages have another version or id in StartOS 0.4', () => {
  const version = (id: string, title = 'T') => printExtendedVersion(newVersionOf({ id, title, version: '27.1.0.2' }));
  assert.equal(version('bitcoind', 'Bitcoin Knots'), '#knots:27.1.0:2');
  assert.equal(version('bitcoind', 'Bitcoin Core'), '27.1.0:2');
  for (const id of ['lnd', 'ride-the-lightning', 'datum']) assert.equal(version(id), '27.1.0-beta:2');
  for (const id of ['lightning-terminal', 'robosats']) assert.equal(version(id), '27.1.0-alpha:2');
  assert.deepEqual(['nostr', 'ghost', 'synapse', 'monerod', 'cryptpad', 'fedimintd', 'lnd'].map(newIdOf), [
    'nostr-rs-relay',
    'ghost-legacy',
    'synapse-legacy',
    'monerod-legacy',
    'cryptpad-legacy',
    'fedimint-guardian',
    'lnd',
  ]);
});
