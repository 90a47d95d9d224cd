import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseJson, printJson } from '../../../extension/engine/package/json.ts';
import { manifestToJson } from '../../../extension/engine/package/manifest.ts';
import { parseManifest } from '../../../extension/engine/package/parse-manifest.ts';
import { goodManifest } from '../../support/packages.ts';

type Changes = Record<string, unknown>;

function check(changes: Changes) {
  const { value, findings } = parseJson(JSON.stringify({ ...goodManifest, ...changes }));
  assert.deepEqual(findings, []);
  assert.ok(value !== undefined);
  const parsed = parseManifest(value);
  return { ...parsed, found: parsed.findings.map(({ code, where }) => `${code} ${where.path}`) };
}

test('a good manifest has no findings and is written in the order of the reference', () => {
  const { manifest, found } = check({});
  assert.deepEqual(found, []);
  assert.ok(manifest);
  assert.equal(printJson(manifestToJson(manifest)), JSON.stringify(goodManifest));
});

test('defaults, sets and maps are normalised', () => {
  const { manifest, found } = check({
    hardwareAcceleration: undefined,
    hardwareRequirements: undefined,
    dependencies: undefined,
    plugins: ['url-v0', 'url-v0'],
    volumes: ['main', 'data', 'BACKUP', 'main'],
    satisfies: ['2:0', '1.0:0', '#knots:3:0', '1:0'],
    images: {
      z: { source: { dockerTag: 'z' }, arch: ['x86_64', 'aarch64', 'x86_64'], emulateMissingAs: 'x86_64' },
      10: { source: 'packed', arch: ['x86_64'], emulateMissingAs: 'x86_64' },
      9: { source: 'packed', arch: ['x86_64'], emulateMissingAs: 'x86_64' },
    },
    upstreamRepo: 'https://a.b',
    osVersion: '0.4.0-beta.010'.replace('010', '10'),
    canMigrateTo: '^1.2',
  });
  assert.deepEqual(found, []);
  assert.ok(manifest);
  const json = printJson(manifestToJson(manifest));
  assert.ok(json.includes('"images":{"10":{"source":"packed"'), 'ids of digits are sorted as text');
  assert.ok(json.indexOf('"10":') < json.indexOf('"9":'));
  assert.ok(json.includes('"volumes":["BACKUP","data","main"]'));
  assert.ok(json.includes('"satisfies":["#knots:3:0","1.0:0","2:0"]'));
  assert.ok(json.includes('"plugins":["url-v0"]'));
  assert.ok(json.includes('"upstreamRepo":"https://a.b/"'));
  assert.ok(json.includes('"canMigrateTo":">=1.2:0 <2:0"'));
  assert.ok(
    json.includes(
      '"arch":["aarch64","x86_64"],"emulateMissing":true,"emulateMissingAs":"x86_64","nvidiaContainer":false',
    ),
  );
  assert.ok(json.endsWith('"dependencies":{},"hardwareRequirements":{"device":[],"ram":null,"arch":null}}'));
});

const image = { source: 'packed', arch: ['x86_64'], emulateMissing: true };

/** Every rule with one mistake: the change, and the finding it calls for. */
const MISTAKES: readonly [what: string, changes: Changes, expected: readonly string[]][] = [
  ['an id with capitals', { id: 'Test' }, ['manifest-id /id']],
  ['an id with an underscore', { id: 'a_b' }, ['manifest-id /id']],
  ['a missing title', { title: undefined }, ['manifest-missing-key ']],
  ['a title that is a number', { title: 1 }, ['manifest-type /title']],
  ['a version without downstream', { version: '1.0' }, ['manifest-version /version']],
  [
    'a prerelease the SDK cannot read',
    { version: '1.0-rc1:0', sdkVersion: '2.0.9' },
    ['manifest-version-portability /version'],
  ],
  ['a range with a tail', { canMigrateTo: '=1 x' }, ['manifest-range /canMigrateTo']],
  [
    'a range the two parsers read differently',
    { canMigrateFrom: '^0' },
    ['manifest-range-portability /canMigrateFrom'],
  ],
  ['a relative URL', { marketingUrl: 'example.org' }, ['manifest-url /marketingUrl']],
  ['no packageRepo', { packageRepo: undefined }, ['manifest-package-repo ']],
  [
    'a short description that is cut where it is shown',
    { description: { short: 'x'.repeat(81), long: '' } },
    ['manifest-description-cut /description/short'],
  ],
  [
    'a short description of 121 bytes in one language',
    { description: { short: { en_US: 'x', de_DE: `${'x'.repeat(119)}ß` }, long: '' } },
    ['manifest-description-length /description/short/de_DE'],
  ],
  [
    'a long description that is too long in three languages',
    { description: { short: '', long: { en_US: 'x'.repeat(2001), de_DE: 'x'.repeat(2001), fr_FR: 'x'.repeat(2001) } } },
    ['manifest-description-length /description/long/en_US'],
  ],
  ['a missing long description', { description: { short: '' } }, ['manifest-missing-key /description']],
  ['an odd language tag', { releaseNotes: { en: 'x' } }, ['manifest-locale /releaseNotes/en']],
  ['a text that is a list', { releaseNotes: ['x'] }, ['manifest-type /releaseNotes']],
  ['a misspelt key', { donationUrls: 'x' }, ['manifest-unknown-key /donationUrls']],
  ['a key of older versions', { alerts: {} }, ['manifest-unknown-key /alerts']],
  ['an unknown plugin', { plugins: ['x'] }, ['manifest-plugin /plugins']],
  ['a bad volume id', { volumes: ['My Data'] }, ['manifest-id /volumes']],
  ['an osVersion with downstream', { osVersion: '0.4.0:0' }, ['manifest-version /osVersion']],
  [
    'an image without source',
    { images: { main: { ...image, source: undefined } } },
    ['manifest-missing-key /images/main'],
  ],
  [
    'an image with two sources',
    { images: { main: { ...image, source: { dockerTag: 'a', dockerBuild: {} } } } },
    ['manifest-image-source /images/main/source'],
  ],
  [
    'dockerFile instead of dockerfile',
    { images: { main: { ...image, source: { dockerBuild: { dockerFile: 'x' } } } } },
    ['manifest-unknown-key /images/main/source/dockerBuild/dockerFile'],
  ],
  [
    'an architecture of others',
    { images: { main: { ...image, arch: ['x86_64', 'amd64'] } } },
    ['manifest-arch /images/main/arch'],
  ],
  [
    'emulation of what is not there',
    { images: { main: { ...image, emulateMissingAs: 'aarch64' } } },
    ['manifest-arch /images/main/emulateMissingAs'],
  ],
  [
    'no emulation and no restriction',
    { images: { main: { ...image, emulateMissing: false } } },
    ['manifest-emulate /images/main/emulateMissing'],
  ],
  [
    'no emulation in the former way',
    { images: { main: { source: 'packed', arch: ['x86_64'], emulateMissingAs: null } } },
    ['manifest-emulate /images/main/emulateMissingAs'],
  ],
  ['ram in megabytes', { hardwareRequirements: { ram: 8192 } }, ['manifest-ram /hardwareRequirements/ram']],
  ['ram with a fraction', { hardwareRequirements: { ram: 1.5 } }, ['manifest-type /hardwareRequirements/ram']],
  [
    'an alert for no version',
    { preDownloadAlert: { message: 'x', when: { sourceVersion: '>2:0 <1:0' } } },
    ['manifest-range-empty /preDownloadAlert/when/sourceVersion'],
  ],
  ['an alert without a condition', { preDownloadAlert: { message: 'x' } }, ['manifest-missing-key /preDownloadAlert']],
  [
    'a dependency on no version',
    { dependencies: { bitcoind: { description: null, optional: true, versionRange: '^1 ^2' } } },
    ['manifest-range-empty /dependencies/bitcoind/versionRange'],
  ],
  [
    'a dependency of an unknown kind',
    { dependencies: { bitcoind: { description: null, optional: true, kind: 'started' } } },
    ['manifest-dependency /dependencies/bitcoind/kind'],
  ],
  [
    'a running dependency without health checks',
    { dependencies: { bitcoind: { description: null, optional: true, kind: 'running' } } },
    ['manifest-dependency /dependencies/bitcoind/kind'],
  ],
  [
    'an image for no architecture',
    { images: { main: { ...image, arch: [] } } },
    ['manifest-emulate /images/main/arch'],
  ],
  [
    'a device of an unknown class',
    { hardwareRequirements: { device: [{ description: 'x', class: 'usb' }] } },
    ['manifest-device-class /hardwareRequirements/device/0/class'],
  ],
  [
    'look-around in a pattern',
    { hardwareRequirements: { device: [{ description: 'x', class: 'display', product: '(?!a)' }] } },
    ['manifest-regex /hardwareRequirements/device/0/product'],
  ],
  [
    'a dependency without optional',
    { dependencies: { bitcoind: { description: 'x' } } },
    ['manifest-missing-key /dependencies/bitcoind'],
  ],
  [
    'dependency metadata without icon',
    { dependencies: { bitcoind: { description: null, optional: true, metadata: { title: 'B' } } } },
    ['manifest-dependency /dependencies/bitcoind/metadata'],
  ],
];

for (const [what, changes, expected] of MISTAKES) {
  test(`one finding for ${what}`, () => {
    const { manifest, found, findings } = check(changes);
    assert.deepEqual(found, expected);
    assert.equal(
      manifest === undefined,
      findings.some((item) => item.severity === 'error'),
    );
  });
}

test('an image needs no emulation where the package is restricted', () => {
  const changes = {
    images: { main: { ...image, emulateMissing: false } },
    hardwareRequirements: { arch: ['x86_64'] },
  };
  assert.deepEqual(check(changes).found, []);
});

test('all mistakes are reported, not the first only', () => {
  const all = MISTAKES.filter(([, changes]) => Object.keys(changes).length === 1);
  const merged = Object.assign({}, ...all.map(([, changes]) => changes)) as Changes;
  assert.ok(check(merged).found.length >= 14);
});

test('hostile JSON is a finding, not an exception', () => {
  assert.equal(parseJson('['.repeat(200_000)).value, undefined);
  assert.equal(parseJson('').value, undefined);
  assert.equal(parseJson('{"a":1} x').value, undefined);
  assert.equal(parseJson('\ufeff{}').findings[0]?.code, 'manifest-json');
  assert.equal(parseJson('{"id":1,"id":2}').findings[0]?.code, 'manifest-duplicate-key');
  assert.equal(parseJson('{"images":{"a":1,"a":2}}').findings[0]?.code, 'manifest-key-twice');
  const { value } = parseJson('{"__proto__":{"x":1},"constructor":2}');
  assert.equal(value && printJson(value), '{"__proto__":{"x":1},"constructor":2}');
});
