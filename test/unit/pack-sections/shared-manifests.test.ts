import assert from 'node:assert/strict';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import type { FindingCode } from '../../../extension/engine/finding-codes.ts';
import { fastestBlake3 } from '../../../extension/engine/hash/fastest-blake3.ts';
import { isObject, type JsonObject, toJsonValue, toRawJson } from '../../../extension/engine/package/json.ts';
import { packFolder } from '../../../extension/manifest/wrapper/packing/pack-folder.ts';
import { needsShared, sharedPath } from '../../support/shared.ts';
import { parseManifest03, stubsFor } from '../../support/stubs-03.ts';
import { temporaryFolder } from '../../support/tools.ts';
import { type Files, savedImage, writeWrapper } from '../../support/wrapper-03.ts';

/** Published manifests, packed with files made up for them: as they are, and with one mistake each (s9pk-v1 sections 3 to 6). */

async function sharedManifests(): Promise<[name: string, text: string][]> {
  const folder = sharedPath('corpus', 'manifests-v1');
  const names = (await readdir(folder)).filter((name) => /\.(ya?ml|toml|json)$/.test(name));
  assert.ok(names.length >= 31);
  return Promise.all(names.map(async (name) => [name, await readFile(join(folder, name), 'utf8')] as const));
}

async function packed(files: Files) {
  await using temporary = await temporaryFolder();
  await writeWrapper(temporary.path, files);
  const result = await packFolder({
    folder: temporary.path,
    blake3: fastestBlake3(),
    git: 'none',
    build: 'never',
    env: {},
  });
  return { ...result, errors: result.findings.filter(({ severity }) => severity === 'error') };
}

test('the shared manifests pack with files made up for them', needsShared, async () => {
  for (const [name, text] of await sharedManifests()) {
    const file = `manifest.${name.split('.').at(-1)}`;
    const { made, errors } = await packed({ ...stubsFor(await parseManifest03(file, text)), [file]: text });
    assert.ok(made?.generation === '0.3', `${name}: ${JSON.stringify(errors)}`);
    assert.ok(made.package.report.complete);
  }
});

type Raw = Record<string, unknown>;
const object = (value: unknown): Raw => (typeof value === 'object' && value !== null ? (value as Raw) : {});
const docker = { type: 'docker', system: true, image: 'compat', entrypoint: 'x' };

/** One mistake in a manifest: what is said of it, and what stands in the line that is named. */
const MISTAKES: readonly (readonly [FindingCode, line: string, change: (manifest: Raw) => void])[] = [
  ['manifest-missing-key', '{', (manifest) => delete manifest['license']],
  ['manifest-missing-key', '"description"', (manifest) => delete object(manifest['description'])['long']],
  ['manifest-type', '1', (manifest) => Object.assign(object(manifest['main']), { args: [1] })],
  ['manifest-type', '"ui"', (manifest) => Object.assign(object(manifest['interfaces']), { mine: web({ ui: 'yes' }) })],
  ['manifest-id', '"id"', (manifest) => Object.assign(manifest, { id: 'Service2' })],
  ['manifest-version', '"version"', (manifest) => Object.assign(manifest, { version: 'v1' })],
  ['manifest-version', '"eos-version"', (manifest) => Object.assign(manifest, { 'eos-version': 'new' })],
  ['manifest-url', '"wrapper-repo"', (manifest) => Object.assign(manifest, { 'wrapper-repo': 'github' })],
  ['manifest-length', '"title"', (manifest) => Object.assign(manifest, { title: 'x'.repeat(30) })],
  [
    'manifest-length',
    '"short"',
    (manifest) => Object.assign(object(manifest['description']), { short: 'x'.repeat(161) }),
  ],
  [
    'manifest-length',
    '"long"',
    (manifest) => Object.assign(object(manifest['description']), { long: 'x'.repeat(5001) }),
  ],
  [
    'manifest-volume-unknown',
    '"lost"',
    (manifest) => Object.assign(object(manifest['main']), { mounts: { lost: '/x' } }),
  ],
  [
    'manifest-system-image',
    '"image"',
    (manifest) => Object.assign(manifest, { backup: { create: { ...docker, image: 'other' }, restore: docker } }),
  ],
  ['manifest-io-format', '"properties"', (manifest) => Object.assign(manifest, { properties: docker })],
  [
    'manifest-duration',
    '"timeout"',
    (manifest) => Object.assign(manifest, { 'health-checks': { web: { ...docker, name: 'W', timeout: '30' } } }),
  ],
  [
    'manifest-interface-protocol',
    '"protocols"',
    (manifest) => Object.assign(object(manifest['interfaces']), { mine: web({ protocols: ['tcp'] }) }),
  ],
  [
    'manifest-interface-unknown',
    '"interface-id"',
    (manifest) =>
      Object.assign(object(manifest['volumes']), { mine: { type: 'certificate', 'interface-id': 'nowhere' } }),
  ],
  [
    'manifest-volume-backup',
    '"type"',
    (manifest) => Object.assign(object(manifest['volumes']), { mine: { type: 'backup', readonly: true } }),
  ],
  [
    'manifest-range',
    '"version"',
    (manifest) =>
      Object.assign(manifest, { dependencies: { lnd: { version: '1.2.3', requirement: { type: 'required' } } } }),
  ],
  [
    'manifest-replaces',
    '"replaces"',
    (manifest) => Object.assign(manifest, { replaces: Array.from({ length: 10 }, () => 'x') }),
  ],
  [
    'manifest-containers',
    '"containers"',
    (manifest) => Object.assign(manifest, { containers: { main: { image: 'main' } } }),
  ],
  [
    'manifest-config-spec',
    '"range"',
    (manifest) =>
      Object.assign(manifest, {
        actions: {
          act: {
            name: 'A',
            description: 'd',
            implementation: { ...docker, 'io-format': 'json' },
            'allowed-statuses': [],
            'input-spec': { n: { type: 'number', name: 'N', nullable: true, range: '[*,5]', integral: true } },
          },
        },
      }),
  ],
];

function web(changes: Raw): Raw {
  const lan = { 443: { ssl: true, internal: 80 } };
  return { name: 'W', description: 'd', 'lan-config': lan, ui: true, protocols: ['http'], ...changes };
}

/** One mistake in the files around a manifest. */
const WRONG_FILES: readonly (readonly [
  FindingCode,
  change: (files: Record<string, Files[string]>, manifest: JsonObject) => boolean,
])[] = [
  ['input-missing', (files) => without(files, /^(?:licen[sc]e|copying)/i)],
  ['input-missing', (files) => without(files, /\.(?:png|svg|jpe?g|webp)$/)],
  ['icon-oversize', (files) => changed(files, /\.png$/, Buffer.alloc(102_401))],
  ['image-tag', (files) => changed(files, /x86_64\.tar$|^image\.tar$/, savedImage('amd64', 'start9/other/main:1.0.0'))],
];

function without(files: Record<string, Files[string]>, name: RegExp): boolean {
  return changed(files, name, null);
}

function changed(files: Record<string, Files[string]>, name: RegExp, content: Files[string]): boolean {
  const found = Object.keys(files).find((path) => name.test(path));
  if (found !== undefined) files[found] = content;
  return found !== undefined;
}

test('each mistake in a shared manifest is one error at its line', needsShared, async () => {
  for (const [name, text] of await sharedManifests()) {
    const own = await parseManifest03(`manifest.${name.split('.').at(-1)}`, text);
    for (const [code, line, change] of MISTAKES) {
      const raw = toRawJson(own) as Raw;
      change(raw);
      const manifest = toJsonValue(raw);
      assert.ok(isObject(manifest));
      const lines = JSON.stringify(raw, null, 2).split('\n');
      const files = { ...stubsFor(manifest), 'manifest.json': lines.join('\n') };
      const { made, errors } = await packed(files);
      assert.equal(made, undefined, `${name}: ${code}`);
      assert.deepEqual(
        errors.map((found) => found.code),
        [code],
        `${name}: ${JSON.stringify(errors)}`,
      );
      assert.ok(lines[(errors[0]?.where.line ?? 0) - 1]?.includes(line), `${name}: ${JSON.stringify(errors)}`);
    }
  }
});

test('each mistake in the files of a shared manifest is one error', needsShared, async () => {
  let tried = 0;
  for (const [name, text] of await sharedManifests()) {
    const file = `manifest.${name.split('.').at(-1)}`;
    const manifest = await parseManifest03(file, text);
    for (const [code, change] of WRONG_FILES) {
      const files: Record<string, Files[string]> = { ...stubsFor(manifest), [file]: text };
      if (!change(files, manifest)) continue;
      tried++;
      const { made, errors } = await packed(files);
      assert.equal(made, undefined, `${name}: ${code}`);
      // An archive is wrong in as many ways as it lacks images.
      const kinds =
        code === 'image-tag' ? new Set(errors.map((found) => found.code)) : errors.map((found) => found.code);
      assert.deepEqual([...kinds], [code], `${name}: ${JSON.stringify(errors)}`);
    }
  }
  assert.ok(tried > 31 * 2, `${tried}`);
});
