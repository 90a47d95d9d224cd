import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { newIdOf, newVersionOf } from '../../../extension/engine/convert/legacy-names.ts';
import { printExtendedVersion } from '../../../extension/engine/versions/exver.ts';
import { migrateFolder } from '../../../extension/manifest/wrapper/migrating/migrate-folder.ts';
import { TEMPLATES, write } from '../../support/migrations.ts';
import { temporaryFolder } from '../../support/tools.ts';

/** What a wrapper is called, and what it runs on. */

const manifestOf = (id: string, title: string, version: string, more = '') => `id: ${id}
title: ${title}
version: ${version}
eos-version: 0.3.5.1
license: mit
wrapper-repo: https://example.com/wrapper
upstream-repo: https://example.com/upstream
description: { short: Short., long: Long. }
main:
  type: docker
  image: main
  entrypoint: run.sh
  mounts: { main: /data }
volumes:
  main: { type: data }
${more}`;

async function migrated(manifest: string) {
  await using temporary = await temporaryFolder();
  const [folder, into] = [join(temporary.path, 'old'), join(temporary.path, 'new')];
  await write(folder, { 'manifest.yaml': manifest });
  const { plan } = await migrateFolder({ folder, into, templates: TEMPLATES });
  const text = (path: string) => readFile(join(into, path), 'utf8');
  return { plan, code: await text('startos/manifest/index.ts'), current: await text('startos/versions/current.ts') };
}

test('id, flavor and version are those after what servers make of the old package', async () => {
  const packages = [
    ['ghost', 'Ghost', '5.1.2.3', 'ghost-legacy', '5.1.2:4'],
    ['nostr', 'Nostr Relay', '0.8.9', 'nostr-rs-relay', '0.8.9:1'],
    ['cryptpad', 'CryptPad', '1.0.0', 'cryptpad-legacy', '1.0.0:1'],
    ['bitcoind', 'Bitcoin Knots', '29.1.0.2', 'bitcoind', '#knots:29.1.0:3'],
    ['bitcoind', 'Bitcoin Core', '29.1.0.2', 'bitcoind', '29.1.0:3'],
    ['lnd', 'LND', '0.20.1.1', 'lnd', '0.20.1-beta:2'],
    ['older', 'Older', 'nonsense', 'older', '1.0.0:1'],
  ] as const;
  for (const [id, title, version, newId, now] of packages) {
    const { plan, code, current } = await migrated(manifestOf(id, title, version));
    assert.deepEqual([plan.id, plan.version.now], [newId, now]);
    assert.equal(newIdOf(id), newId);
    assert.ok(code.includes(`id: '${newId}'`) && current.includes(`version: '${now}'`), code + current);
    if (version === 'nonsense') continue;
    const converted = printExtendedVersion(newVersionOf({ id, title, version }));
    assert.equal(
      now,
      converted.replace(/\d+$/, (downstream) => String(Number(downstream) + 1)),
    );
  }
});

test('a package for one architecture is not emulated on others', async () => {
  const demanding = 'hardware-requirements: { arch: [x86_64] }\n';
  const { code } = await migrated(manifestOf('older', 'Older', '1.0.0', demanding));
  assert.match(code, /arch: \['x86_64'\],\s*emulateMissingAs: null/);
  assert.doesNotMatch((await migrated(manifestOf('older', 'Older', '1.0.0'))).code, /emulateMissing/);
});

test('checks of 0.3 run from the start, and what nobody translated claims nothing', async () => {
  await using temporary = await temporaryFolder();
  const [folder, into] = [join(temporary.path, 'old'), join(temporary.path, 'new')];
  const checks = `health-checks:
  program: { name: Program, type: docker, image: main, entrypoint: check.sh, inject: true }
  script: { name: Script, type: script }
  asking: { name: Asking, type: script }
interfaces:
  main: { name: UI, description: d, lan-config: { 443: { ssl: true, internal: 80 } }, ui: true, protocols: [http] }
`;
  await write(folder, {
    'manifest.yaml': manifestOf('older', 'Older', '1.0.0', checks),
    'scripts/embassy.ts':
      'export const health = {\n  async "script"() {},\n  async "asking"() { return checkWebUrl("http://older.embassy:80"); } };\n',
  });
  await migrateFolder({ folder, into, templates: TEMPLATES });
  const main = await readFile(join(into, 'startos/main.ts'), 'utf8');
  const check = (id: string) => main.split('.addHealthCheck(').find((part) => part.startsWith(`'${id}'`)) ?? '';
  assert.match(check('program'), /checkByExitCode[\s\S]*requires: \[\]/);
  assert.match(
    check('script'),
    /TODO\(s9pk\): migrate-health[\s\S]*result: 'disabled', message: null[\s\S]*requires: \[\]/,
  );
  assert.match(check('asking'), /checkWebUrl[\s\S]*requires: \['primary'\]/);
});
