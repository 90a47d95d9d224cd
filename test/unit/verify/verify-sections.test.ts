import assert from 'node:assert/strict';
import { test } from 'node:test';
import { encodeManifest1 } from '../../../extension/engine/cbor/manifest-record.ts';
import type { FindingCode } from '../../../extension/engine/finding-codes.ts';
import { MemorySource } from '../../../extension/engine/io/byte-source.ts';
import { isObject, type JsonObject, toJsonValue } from '../../../extension/engine/package/json.ts';
import { verifySections } from '../../../extension/engine/verify/verify-sections.ts';
import { examineManifest03 } from '../../../extension/manifest/rules-03/examine.ts';
import { multiarchTar } from '../../support/multiarch.ts';
import { version1Package } from '../../support/version-1.ts';
import { savedImage } from '../../support/wrapper-03.ts';

/** A manifest that breaks no rule, and what a test changes of it. */
function manifest(changes: Readonly<Record<string, unknown>> = {}): JsonObject {
  const docker = { type: 'docker', image: 'main', entrypoint: 'run', 'io-format': 'json', mounts: { main: '/data' } };
  const value = toJsonValue({
    'eos-version': '0.3.5.1',
    id: 'older',
    title: 'Older Example',
    version: '1.2.3.1',
    description: { short: 'short', long: 'long' },
    'release-notes': 'First.',
    license: 'MIT',
    'wrapper-repo': 'https://example.org/wrapper',
    'upstream-repo': 'https://example.org/upstream',
    main: docker,
    'health-checks': { web: { ...docker, name: 'Web' } },
    config: { get: docker, set: docker },
    properties: docker,
    volumes: { main: { type: 'data' } },
    interfaces: {
      main: {
        name: 'UI',
        description: 'd',
        'tor-config': { 'port-mapping': { 80: '80' } },
        ui: true,
        protocols: ['tcp', 'http'],
      },
    },
    backup: { create: docker, restore: docker },
    migrations: { from: { '>=1.0.0': docker }, to: {} },
    actions: { act: { name: 'A', description: 'd', implementation: docker, 'allowed-statuses': ['running'] } },
    ...changes,
  });
  assert.ok(isObject(value));
  return value;
}

const TAG = 'start9/older/main:1.2.3.1';
const IMAGES = multiarchTar({ aarch64: savedImage('arm64', TAG), x86_64: savedImage('amd64', TAG) });

function packageOf(own: JsonObject, sections: Readonly<Record<string, Uint8Array>> = {}): Uint8Array {
  return version1Package({
    manifest: encodeManifest1(own),
    license: Uint8Array.of(77),
    instructions: Uint8Array.of(35),
    icon: new Uint8Array(102_400),
    docker_images: IMAGES,
    assets: new Uint8Array(1024),
    scripts: new Uint8Array(0),
    ...sections,
  });
}

const verify = (bytes: Uint8Array) => verifySections(new MemorySource(bytes), { examine: examineManifest03 });

test('a package that breaks no rule has no finding', async () => {
  const { findings, complete } = await verify(packageOf(manifest()));
  assert.deepEqual(
    findings.filter(({ code }) => code !== 'signer-unknown'),
    [],
  );
  assert.ok(complete);
});

const docker = { type: 'docker', image: 'main', entrypoint: 'run' };

/** Every rule of the reference about the manifest (s9pk-v1 section 6), and where it is broken. */
const RULES: readonly (readonly [
  rule: number | string,
  code: FindingCode,
  path: string,
  changes: Record<string, unknown>,
])[] = [
  [10, 'manifest-length', '/description/short', { description: { short: 'x'.repeat(161), long: 'l' } }],
  [10, 'manifest-length', '/description/long', { description: { short: 's', long: 'x'.repeat(5001) } }],
  [
    11,
    'manifest-io-format',
    '/actions/act/implementation',
    { actions: { act: { name: 'A', description: 'd', implementation: docker, 'allowed-statuses': [] } } },
  ],
  [
    12,
    'manifest-volume-unknown',
    '/backup/create/mounts/lost',
    { backup: { create: { ...docker, mounts: { lost: '/x' } }, restore: docker } },
  ],
  [13, 'manifest-io-format', '/config/get', { config: { get: docker, set: { ...docker, 'io-format': 'yaml' } } }],
  [
    14,
    'manifest-system-image',
    '/health-checks/web/image',
    { 'health-checks': { web: { ...docker, name: 'W', system: true, image: 'other' } } },
  ],
  [
    '15a',
    'manifest-interface-protocol',
    '/interfaces/main/protocols',
    {
      interfaces: {
        main: { name: 'UI', description: 'd', 'tor-config': { 'port-mapping': {} }, ui: false, protocols: [] },
      },
    },
  ],
  [
    '15b',
    'manifest-interface-protocol',
    '/interfaces/main/protocols',
    {
      interfaces: {
        main: {
          name: 'UI',
          description: 'd',
          'lan-config': { 443: { ssl: true, internal: 1 } },
          ui: false,
          protocols: ['tcp'],
        },
      },
    },
  ],
  [
    '15c',
    'manifest-interface-protocol',
    '/interfaces/main/protocols',
    { interfaces: { main: { name: 'UI', description: 'd', ui: true, protocols: ['tcp'] } } },
  ],
  [16, 'image-tag', '/main/image', { main: { ...docker, image: 'web' } }],
  [17, 'manifest-io-format', '/migrations/from/>=1.0.0', { migrations: { from: { '>=1.0.0': docker }, to: {} } }],
  [18, 'manifest-containers', '/containers', { containers: { main: { image: 'main' } } }],
  [18, 'manifest-main', '/main/type', { main: { type: 'script' } }],
  [19, 'manifest-replaces', '/replaces', { replaces: Array.from({ length: 10 }, () => 'x') }],
  [20, 'manifest-replaces', '/replaces/0', { replaces: ['0123456789'] }],
  [21, 'manifest-length', '/title', { title: 'é'.repeat(15) }],
  [23, 'manifest-io-format', '/properties', { properties: docker }],
  [
    24,
    'manifest-interface-unknown',
    '/volumes/cert/interface-id',
    { volumes: { main: { type: 'data' }, cert: { type: 'certificate', 'interface-id': 'web' } } },
  ],
  [9, 'image-tag', '/id', { id: 'other' }],
  [9, 'image-tag', '/version', { version: '1.2.4' }],
];

for (const [rule, code, path, changes] of RULES) {
  test(`rule ${rule} is checked, and reported once: ${code} at ${path}`, async () => {
    const { findings, complete } = await verify(packageOf(manifest(changes)));
    const own = findings.filter((found) => found.code === code && found.where.path === path);
    assert.equal(own.length, 1, JSON.stringify(findings));
    assert.equal(complete, false);
  });
}

test('what the packer of the reference takes and its verification refuses of other sections', async () => {
  const code = async (sections: Readonly<Record<string, Uint8Array>>) =>
    (await verify(packageOf(manifest(), sections))).findings
      .filter(({ severity }) => severity !== 'info')
      .map(({ code }) => code);
  assert.deepEqual(await code({ icon: new Uint8Array(102_401) }), ['icon-oversize']);
  assert.deepEqual(await code({ docker_images: new Uint8Array(2000).fill(7) }), ['image-unreadable']);
  assert.deepEqual(await code({ docker_images: new Uint8Array(1024) }), ['image-tag']);
  assert.deepEqual(
    await code({ docker_images: multiarchTar({ aarch64: savedImage('arm64', TAG) }, ['aarch64', 'x86_64']) }),
    ['image-unreadable'],
  );
  assert.deepEqual(await code({ docker_images: multiarchTar({ aarch64: savedImage('arm64') }) }), ['image-tag']);
  assert.deepEqual(await code({ assets: new Uint8Array(2000).fill(7) }), ['image-unreadable']);
});

test('scripts that a procedure needs and that are not there are said', async () => {
  const { findings, complete } = await verify(packageOf(manifest({ properties: { type: 'script' } })));
  const warnings = findings.filter(({ severity }) => severity === 'warning');
  assert.deepEqual(
    warnings.map(({ code, where }) => [code, where.path]),
    [['scripts-absent', '/properties/type']],
  );
  assert.ok(complete, 'devices take it');
});
