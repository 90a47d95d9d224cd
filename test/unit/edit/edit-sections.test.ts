import assert from 'node:assert/strict';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { readCborManifest } from '../../../extension/engine/cbor/read-manifest.ts';
import { type EditEitherOptions, editEither } from '../../../extension/engine/edit/edit-either.ts';
import { fastestBlake3 } from '../../../extension/engine/hash/fastest-blake3.ts';
import { MemorySource } from '../../../extension/engine/io/byte-source.ts';
import { toRawJson } from '../../../extension/engine/package/json.ts';
import type { SectionLabel } from '../../../extension/engine/sections/header.ts';
import { readSections } from '../../../extension/engine/sections/reader.ts';
import { createKey } from '../../../extension/engine/sign/key-store.ts';
import { formatPrivateKey, keyFromSeed } from '../../../extension/engine/sign/private-key.ts';
import { verifySections } from '../../../extension/engine/verify/verify-sections.ts';
import { examineManifest03 } from '../../../extension/manifest/rules-03/examine.ts';
import { temporaryFolder } from '../../support/tools.ts';
import { olderPackage } from '../../support/version-1.ts';

const blake3 = fastestBlake3();
const PACKAGE = olderPackage();

/** A folder with a package for StartOS 0.3 and a key, and editing in it. */
async function place(bytes: Uint8Array = PACKAGE) {
  const temporary = await temporaryFolder();
  const file = join(temporary.path, 'older.s9pk');
  await writeFile(file, bytes);
  await createKey(temporary.path);
  const edit = (options: Partial<EditEitherOptions>) =>
    editEither({ file, changes: [], images: [], mtime: 0, blake3, examine: examineManifest03, ...options });
  const write = async (name: string, content: string) => {
    await writeFile(join(temporary.path, name), content);
    return join(temporary.path, name);
  };
  return { file, edit, write, folder: temporary.path, [Symbol.asyncDispose]: () => temporary[Symbol.asyncDispose]() };
}

async function sectionsOf(file: string) {
  const { sections } = await readSections(new MemorySource(await readFile(file)));
  const read = async (label: SectionLabel) => {
    const section = sections.get(label);
    return Buffer.from((await section?.read(0, section.size)) ?? []);
  };
  const { manifest } = await readCborManifest(sections.get('manifest') ?? new MemorySource(new Uint8Array(0)));
  return { read, manifest: toRawJson(manifest ?? null) as Record<string, unknown> };
}

const errors = (findings: readonly { severity: string; code: string; where: { path?: string } }[]) =>
  findings.filter(({ severity }) => severity === 'error').map(({ code, where }) => [code, where.path]);

test('manifest, icon, licence and instructions are changed, and everything else stays byte by byte', async () => {
  await using at = await place();
  const before = await sectionsOf(at.file);
  const { findings, made } = await at.edit({
    changes: [
      { path: '/title', value: 'Renamed' },
      { path: '/alerts/install', value: 'Read this.' },
    ],
    files: {
      icon: await at.write('other.WEBP', 'RIFF'),
      license: await at.write('LICENCE', 'Apache\n'),
      instructions: await at.write('how.md', '# How\n'),
    },
  });
  assert.deepEqual(errors(findings), []);
  assert.ok(made?.generation === 1);
  const after = await sectionsOf(at.file);
  for (const label of ['docker_images', 'assets', 'scripts'] as const)
    assert.ok((await after.read(label)).equals(await before.read(label)), label);
  assert.equal(String(await after.read('license')), 'Apache\n');
  assert.equal(String(await after.read('instructions')), '# How\n');
  assert.equal(String(await after.read('icon')), 'RIFF');
  assert.deepEqual(after.manifest, {
    ...before.manifest,
    title: 'Renamed',
    alerts: { install: 'Read this.', uninstall: null, restore: null, start: null, stop: null },
    assets: { ...(before.manifest['assets'] as object), icon: 'icon.webp' },
  });
  const report = await verifySections(new MemorySource(await readFile(at.file)), { examine: examineManifest03 });
  assert.ok(report.intact && report.complete && report.canonical);
  assert.equal(report.hash, made.package.report.hash);
  assert.ok(findings.some(({ code }) => code === 'signer-replaced'));
  assert.deepEqual(
    (await readdir(at.folder)).filter((name) => name.includes('.tmp-')),
    [],
  );
});

test('without changes a package is signed with another key; its sections are the same', async () => {
  await using at = await place();
  const key = await at.write('other.pem', formatPrivateKey(keyFromSeed(new Uint8Array(32).fill(3))));
  const output = join(at.folder, 'signed.s9pk');
  const { made } = await at.edit({ key, output });
  assert.ok(made);
  const bytes = await readFile(output);
  assert.ok(bytes.subarray(279).equals(PACKAGE.subarray(279)), 'the body is what it was');
  assert.ok(!bytes.subarray(0, 99).equals(PACKAGE.subarray(0, 99)));
  assert.ok((await readFile(at.file)).equals(PACKAGE), 'the package itself stays');
});

test('what would make another package of it, or none, is said, and the package stays', async () => {
  await using at = await place();
  const cases: readonly (readonly [Partial<EditEitherOptions>, string, string?])[] = [
    // Images are tagged with id and version.
    [{ changes: [{ path: '/version', value: '2.0.0' }] }, 'image-tag', '/version'],
    [{ changes: [{ path: '/main/mounts/lost', value: '/x' }] }, 'manifest-volume-unknown', '/main/mounts/lost'],
    [{ changes: [{ path: '/license' }] }, 'manifest-missing-key', ''],
    [{ changes: [{ path: '/title/x', value: 1 }] }, 'edit-pointer', '/title/x'],
    [{ images: [{ id: 'main', arch: 'x86_64', path: at.file }] }, 's9pk-v1'],
    [{ order: 'name' }, 's9pk-v1'],
    [
      { files: { license: await at.write('key', formatPrivateKey(keyFromSeed(new Uint8Array(32).fill(3)))) } },
      'key-in-package',
    ],
  ];
  for (const [options, code, path] of cases) {
    const { findings, made } = await at.edit(options);
    assert.equal(made, undefined, code);
    assert.ok(
      errors(findings).some(([own, where]) => own === code && (path === undefined || where === path)),
      JSON.stringify(findings),
    );
    assert.ok((await readFile(at.file)).equals(PACKAGE));
  }
});

test('a package that was changed after signing is not signed again', async () => {
  await using at = await place(PACKAGE.with(-1, 0));
  const { findings, made } = await at.edit({ changes: [{ path: '/title', value: 'Theirs' }] });
  assert.equal(made, undefined);
  assert.deepEqual(errors(findings), [['signature-invalid', undefined]]);
});
