import assert from 'node:assert/strict';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { lookUp } from '../../../extension/engine/archive/entry.ts';
import { openArchive } from '../../../extension/engine/archive/reader.ts';
import { compareManifests } from '../../../extension/engine/browse/compare.ts';
import { PackageBrowser } from '../../../extension/engine/browse/package-browser.ts';
import { editPackage } from '../../../extension/engine/edit/edit-package.ts';
import { reorderPackage } from '../../../extension/engine/edit/reorder-package.ts';
import { MemorySource, readAll } from '../../../extension/engine/io/byte-source.ts';
import { FileSource } from '../../../extension/engine/io/file-source.ts';
import { pack } from '../../../extension/engine/pack/pack.ts';
import { createKey } from '../../../extension/engine/sign/key-store.ts';
import { verifyPackage } from '../../../extension/engine/verify/verify.ts';
import { pageOfPackage } from '../../../extension/worker/look/page-of-package.ts';
import { packagesOnDisk } from '../../../extension/worker/packages/packages-on-disk.ts';
import { blake3 } from '../../support/archives.ts';
import { tarOf } from '../../support/tars.ts';
import { temporaryFolder } from '../../support/tools.ts';

/** What the bundle of an SDK that is newer than we know says, its keys in no order, with things that nobody here knows. */
const BUNDLE = {
  dependencies: {
    lnd: {
      optional: true,
      kind: 'exists',
      versionRange: '*',
      description: null,
      metadata: { title: 'LND', icon: 'data:image/png;base64,aGk=' },
    },
    bitcoind: {
      kind: 'running',
      healthChecks: ['sync-progress', 'bitcoind'],
      versionRange: '(>=28.4:29 && <29) || >=#knots:29.3:29',
      description: { en_US: 'The chain', de_DE: 'Die Kette' },
      optional: false,
      patience: 'much',
      metadata: { title: 'Bitcoin', icon: 'data:image/png;base64,aGk=' },
    },
  },
  id: 'future',
  quantum: { entangled: [true, null, 1.5], deep: { er: 'é' } },
  version: '2.0.0:0',
  title: 'Future',
  license: 'MIT',
  packageRepo: 'https://example.org/package',
  upstreamRepo: 'https://example.org',
  marketingUrl: null,
  donationUrl: null,
  description: { long: 'Long.', short: { en_US: 'Short.' } },
  preDownloadAlert: { when: { sourceVersion: '<2.0.0:0' }, message: { en_US: 'Back up.', de_DE: 'Sichern.' } },
  volumes: ['main'],
  images: {
    gpu: {
      arch: ['x86_64'],
      emulateMissing: true,
      emulateMissingAs: 'x86_64',
      source: { dockerTag: 'a:1' },
      nvidiaContainer: true,
      turbo: 9,
    },
    main: { arch: ['x86_64', 'x86_64'], emulateMissing: true, source: { dockerTag: 'a:1' }, nvidiaContainer: false },
  },
  gitHash: null,
  osVersion: '0.4.0.2',
  sdkVersion: '9.1.0',
  releaseNotes: 'First.',
  satisfies: [],
  canMigrateTo: '!',
  canMigrateFrom: '>=1.0.0:0 && <2.0.0:0',
  hardwareRequirements: { arch: null, ram: 6442450944, device: [], npu: 'any' },
  hardwareVirtualization: true,
  hardwareAcceleration: false,
  userspaceFilesystems: false,
  virtualNetworking: true,
  plugins: ['url-v0'],
};

/** The same as the reference writes it: written down by hand from the facts, with what it does not know behind. */
const PACKED = [
  '{"id":"future","version":"2.0.0:0","canMigrateTo":"!","canMigrateFrom":">=1.0.0:0 <2.0.0:0","title":"Future",',
  '"description":{"short":{"en_US":"Short."},"long":"Long."},"releaseNotes":"First.",',
  '"preDownloadAlert":{"message":{"en_US":"Back up.","de_DE":"Sichern."},"when":{"sourceVersion":"<2.0.0:0"}},',
  '"gitHash":null,"license":"MIT","packageRepo":"https://example.org/package","upstreamRepo":"https://example.org/",',
  '"marketingUrl":null,"donationUrl":null,"osVersion":"0.4.0.2","sdkVersion":"9.1.0","hardwareAcceleration":false,',
  '"userspaceFilesystems":false,"virtualNetworking":true,"hardwareVirtualization":true,"plugins":["url-v0"],"satisfies":[],',
  '"images":{"gpu":{"source":"packed","arch":["x86_64"],"emulateMissing":true,"emulateMissingAs":"x86_64","nvidiaContainer":true,"turbo":9},',
  '"main":{"source":"packed","arch":["x86_64"],"emulateMissing":true,"nvidiaContainer":false}},"volumes":["main"],',
  '"dependencies":{"bitcoind":{"description":{"en_US":"The chain","de_DE":"Die Kette"},"optional":false,',
  '"versionRange":"(>=28.4:29 <29:0) || >=#knots:29.3:29","kind":"running","healthChecks":["bitcoind","sync-progress"],"patience":"much"},',
  '"lnd":{"description":null,"optional":true,"versionRange":"*","kind":"exists"}},',
  '"hardwareRequirements":{"device":[],"ram":6442450944,"arch":null,"npu":"any"},',
  '"quantum":{"entangled":[true,null,1.5],"deep":{"er":"é"}}}',
].join('');

const KEPT = 'quantum, dependencies/bitcoind/patience, hardwareRequirements/npu, images/gpu/turbo';

let temporary: Awaited<ReturnType<typeof temporaryFolder>>;
let folder: string;
let file: string;

before(async () => {
  temporary = await temporaryFolder();
  folder = join(temporary.path, 'wrapper');
  await mkdir(join(folder, 'javascript'), { recursive: true });
  await mkdir(join(folder, 'startos'));
  const files: Record<string, string | Uint8Array> = {
    'javascript/index.js': `exports.manifest = ${JSON.stringify(BUNDLE)}`,
    LICENSE: 'MIT',
    'icon.svg': '<svg xmlns="http://www.w3.org/2000/svg"/>',
    'instructions.md': '# Instructions',
    'README.md': '# What it is',
    'root.tar': tarOf([{ name: 'etc/' }, { name: 'etc/passwd', content: 'root:x:0:0::/:/bin/sh\n' }]),
  };
  for (const [name, content] of Object.entries(files)) await writeFile(join(folder, name), content);
  await createKey(folder);
});

after(() => temporary[Symbol.asyncDispose]());

async function contentOf(path: string, name: string): Promise<string> {
  await using source = await FileSource.open(path);
  const { root } = await openArchive(source, { blake3 });
  const entry = lookUp(root, name);
  assert.ok(entry?.kind === 'file', name);
  return new TextDecoder().decode(await readAll(entry.content, 1 << 20));
}

test('every field of a newest bundle is packed in the order of the reference, and what is not known behind', async () => {
  const images = ['main', 'gpu'].map((id) => ({ id, path: join(folder, 'root.tar') }));
  const { made, findings } = await pack({ folder, images, git: 'none', blake3 });
  assert.deepEqual(
    findings.filter(({ severity }) => severity === 'error'),
    [],
  );
  assert.ok(made);
  file = made.path;
  assert.equal(await contentOf(file, 'manifest.json'), PACKED);
  assert.equal(await contentOf(file, 'README.md'), '# What it is');
  const kept = findings.filter(({ code }) => code === 'manifest-kept');
  assert.deepEqual(
    kept.map(({ severity, message }) => [severity, message.split(': ')[1]]),
    [['info', KEPT]],
  );
  assert.equal(made.report.complete && made.report.canonical, true);
});

test('verifying says once what is kept, and finds nothing wrong', async () => {
  const { complete, findings } = await verifyPackage(new MemorySource(await readFile(file)), { blake3 });
  assert.equal(complete, true);
  assert.deepEqual(
    findings.map(({ code }) => code).filter((code) => !code.startsWith('signer') && code !== 'assets-missing'),
    ['manifest-kept'],
  );
});

test('editing and converting keep it, and comparing shows what of it changed', async () => {
  const edited = join(temporary.path, 'edited.s9pk');
  const changes = [
    { path: '/quantum/deep/er', value: 'è' },
    { path: '/title', value: 'Changed' },
  ];
  const { made } = await editPackage({ file, output: edited, changes, images: [], mtime: 0, blake3 });
  assert.ok(made);
  const expected = PACKED.replace('"title":"Future"', '"title":"Changed"').replace('é', 'è');
  assert.equal(await contentOf(edited, 'manifest.json'), expected);
  const converted = join(temporary.path, 'converted.s9pk');
  await reorderPackage({ file: edited, output: converted, order: 'name', blake3 });
  assert.equal(await contentOf(converted, 'manifest.json'), expected);
  await using a = await FileSource.open(file);
  await using b = await FileSource.open(converted);
  const browserOf = async (source: FileSource) =>
    new PackageBrowser((await openArchive(source, { blake3 })).root, blake3);
  const differences = await compareManifests(await browserOf(a), await browserOf(b));
  assert.deepEqual(differences.map(({ path }) => path).sort(), ['/quantum/deep/er', '/title']);
});

test('the page shows it', async () => {
  const page = await pageOfPackage(packagesOnDisk, { file, knownSigners: {}, ownKeys: true });
  const fact = (name: string) => page.facts.find((candidate) => candidate.name === name)?.value;
  assert.equal(fact('quantum'), '{"entangled":[true,null,1.5],"deep":{"er":"é"}}');
  assert.equal(fact('images.gpu.turbo'), '9');
  assert.equal(fact('hardwareVirtualization'), 'true');
  assert.equal(fact('preDownloadAlert'), '<2.0.0:0');
  assert.equal(fact('emulateMissing'), 'gpu, main');
  assert.deepEqual(
    page.dependencies.map(({ wanted }) => wanted),
    [
      ['(>=28.4:29 <29:0) || >=#knots:29.3:29', 'running bitcoind sync-progress'],
      ['*', 'exists'],
    ],
  );
  assert.ok(page.shares.some(({ path }) => path === 'README.md'));
  assert.deepEqual(page.texts.find(({ name }) => name === 'preDownloadAlert')?.texts[1], {
    tag: 'de_DE',
    text: 'Sichern.',
  });
});
