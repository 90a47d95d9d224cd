import assert from 'node:assert/strict';
import { mkdir, readdir, readFile, symlink, utimes, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { test } from 'node:test';
import { fromHex } from '../../../extension/engine/bytes.ts';
import { readCborManifest } from '../../../extension/engine/cbor/read-manifest.ts';
import { fastestBlake3 } from '../../../extension/engine/hash/fastest-blake3.ts';
import { MemorySource } from '../../../extension/engine/io/byte-source.ts';
import { FileSource } from '../../../extension/engine/io/file-source.ts';
import { packSections } from '../../../extension/engine/pack-sections/pack-sections.ts';
import { readSections } from '../../../extension/engine/sections/reader.ts';
import { formatPrivateKey, keyFromSeed } from '../../../extension/engine/sign/private-key.ts';
import { verifySections } from '../../../extension/engine/verify/verify-sections.ts';
import { examineManifest03 } from '../../../extension/manifest/rules-03/examine.ts';
import { type PackFolderOptions, packFolder } from '../../../extension/manifest/wrapper/packing/pack-folder.ts';
import { YAML_03 } from '../../support/manifests.ts';
import { temporaryFolder, tool } from '../../support/tools.ts';
import { type Files, savedImage, WRAPPER_03, writeWrapper } from '../../support/wrapper-03.ts';

const packIn = (folder: string, options: Partial<PackFolderOptions> = {}) =>
  packFolder({ folder, blake3: fastestBlake3(), git: 'none', build: 'never', env: {}, ...options });

async function packed(files: Files, options: Partial<PackFolderOptions> = {}) {
  await using temporary = await temporaryFolder();
  await writeWrapper(temporary.path, files);
  const result = await packIn(temporary.path, options);
  const { made } = result;
  const bytes = made ? await readFile(made.package.path) : undefined;
  return { ...result, bytes, names: await readdir(temporary.path) };
}

const verify = (bytes: Uint8Array) => verifySections(new MemorySource(bytes), { examine: examineManifest03 });
const codes = (findings: readonly { code: string; severity: string }[]) =>
  findings.filter(({ severity }) => severity !== 'info').map(({ code }) => code);

test('a wrapper for StartOS 0.3 is packed into a package that verifies', async () => {
  const { findings, made, bytes, names } = await packed(WRAPPER_03);
  assert.deepEqual(codes(findings), []);
  assert.ok(made?.generation === '0.3' && bytes);
  assert.deepEqual(made.package.architectures, ['aarch64', 'x86_64']);
  assert.deepEqual(made.package.images, ['main']);
  assert.ok(names.includes('hello-world.s9pk'));
  assert.deepEqual(
    names.filter((name) => name.includes('.tmp-')),
    [],
  );
  const report = await verify(bytes);
  assert.deepEqual(codes(report.findings), []);
  assert.deepEqual(
    [report.opens, report.intact, report.canonical, report.complete, report.id, report.version],
    [true, true, true, true, 'hello-world', '1.0.0'],
  );
  assert.match(report.hash ?? '', /^[A-Z2-7]{103}$/);
});

test('a manifest that cannot be read any more is an error, not nothing', async () => {
  await using temporary = await temporaryFolder();
  await writeWrapper(temporary.path);
  const manifestFile = join(temporary.path, 'manifest.yaml');
  const look = async () => ({ manifestFile, manifest: null, findings: [] });
  const options = { folder: temporary.path, blake3: fastestBlake3(), git: 'none', build: 'never', env: {} } as const;
  const { made, findings } = await packSections({ ...options, look, examine: examineManifest03 });
  assert.equal(made, undefined);
  assert.deepEqual(codes(findings), ['wrapper-missing']);
});

test('its sections are what tar and an independent reader of CBOR see', async () => {
  await using temporary = await temporaryFolder();
  const files = {
    ...WRAPPER_03,
    'manifest.yaml': YAML_03.replace('  main:\n    type: data', '  main:\n    type: data\n  files:\n    type: assets'),
    'assets/files/a/b.txt': 'b\n',
    'assets/files/run.sh': '#!/bin/sh\n',
    [`assets/files/${'long-'.repeat(30)}name`]: 'long\n',
  };
  await writeWrapper(temporary.path, files);
  await symlink('a', join(temporary.path, 'assets/files/linked'));
  const { made, findings } = await packIn(temporary.path);
  assert.ok(made, JSON.stringify(findings));
  await using source = await FileSource.open(made.package.path);
  const { sections } = await readSections(source);
  const out = join(temporary.path, 'out');
  await mkdir(out);
  for (const [label, section] of sections) await writeFile(join(out, label), await section.read(0, section.size));
  assert.equal(await readFile(join(out, 'scripts'), 'utf8'), files['scripts/embassy.js']);
  assert.equal(await readFile(join(out, 'license'), 'utf8'), files['LICENSE']);
  const listed = (await tool('tar', ['-tf', join(out, 'docker_images')])).toString().trim().split('\n');
  assert.deepEqual(listed, ['multiarch.cbor', 'aarch64.tar', 'x86_64.tar']);
  const list = await tool('tar', ['-xOf', join(out, 'docker_images'), 'multiarch.cbor']);
  assert.equal(list.toString('latin1'), '\xa2\x67default\x67aarch64\x69available\x82\x67aarch64\x66x86_64');
  const inner = await tool('tar', ['-xOf', join(out, 'docker_images'), 'x86_64.tar']);
  assert.ok(inner.equals(files['docker-images/x86_64.tar'] as Uint8Array));
  await tool('tar', ['-xf', join(out, 'assets'), '-C', out]);
  assert.equal(await readFile(join(out, 'files/linked/b.txt'), 'utf8'), 'b\n');
  assert.equal(await readFile(join(out, `files/${'long-'.repeat(30)}name`), 'utf8'), 'long\n');
  const { manifest } = await readCborManifest(sections.get('manifest') ?? new MemorySource(new Uint8Array(0)));
  assert.equal(manifest?.size, 29);
  assert.equal(manifest.get('git-hash'), null);
});

test('the same files give the same bytes, whatever their times, and other keys other ones', async () => {
  await using temporary = await temporaryFolder();
  await writeWrapper(temporary.path);
  const first = await packIn(temporary.path);
  const bytes = await readFile(first.made?.package.path ?? '');
  for (const name of ['icon.png', 'docker-images/x86_64.tar', 'LICENSE'])
    await utimes(join(temporary.path, name), new Date(), new Date(0));
  const second = await packIn(temporary.path);
  assert.ok(bytes.equals(await readFile(second.made?.package.path ?? '')));
  const key = join(temporary.path, 'other.pem');
  await writeFile(key, formatPrivateKey(keyFromSeed(new Uint8Array(32).fill(1))), { mode: 0o600 });
  const third = await packIn(temporary.path, { key });
  assert.ok(!bytes.equals(await readFile(third.made?.package.path ?? '')));
  assert.ok(third.findings.some(({ code }) => code === 'signer-replaced'));
});

test('mistakes are all reported, each at its line, and the former package stays', async () => {
  await using temporary = await temporaryFolder();
  const text = YAML_03.replace('image: main\n  entrypoint', 'image: web\n  entrypoint').replace(
    'main: /root\n',
    'lost: /root\n',
  );
  await writeWrapper(temporary.path, {
    ...WRAPPER_03,
    'manifest.yaml': text,
    'docker-images/x86_64.tar': savedImage('amd64', 'start9/hello-world/main:0.9.0'),
    'scripts/embassy.js': 'export const getConfig = 1;\n',
    'hello-world.s9pk': 'the former package',
  });
  const { findings, made, manifestFile } = await packIn(temporary.path);
  assert.equal(made, undefined);
  const lines = text.split('\n');
  const at = (code: string, part: string, below = 0) => {
    const line = lines.findIndex((candidate) => candidate.includes(part)) + 1 + below;
    assert.ok(
      findings.some((found) => found.code === code && found.where.line === line && found.where.file === manifestFile),
      `${code} at ${line}: ${JSON.stringify(findings, null, 1)}`,
    );
  };
  at('manifest-volume-unknown', 'lost: /root');
  at('image-tag', 'image: web');
  at('image-tag', 'version: 1.0.0');
  at('script-export', 'properties:', 1);
  assert.equal(findings.filter(({ message }) => message.includes('there is no image "web"')).length, 1);
  assert.equal(await readFile(join(temporary.path, 'hello-world.s9pk'), 'utf8'), 'the former package');
});

test('cancelling leaves nothing behind', async () => {
  await using temporary = await temporaryFolder();
  await writeWrapper(temporary.path);
  const controller = new AbortController();
  const onProgress = ({ stage }: { stage: string }) => {
    if (stage === 'Writing' || stage === 'Hashing') controller.abort(new Error('enough'));
  };
  const before = (await readdir(temporary.path)).sort();
  await assert.rejects(packIn(temporary.path, { signal: controller.signal, onProgress }), /enough/);
  assert.deepEqual((await readdir(temporary.path)).sort(), before);
});

test('a single archive of images is packed as it is', async () => {
  const image = savedImage('amd64', 'start9/hello-world/main:1.0.0');
  const { made, bytes, findings } = await packed({
    ...WRAPPER_03,
    'manifest.yaml': YAML_03.replace('  icon: icon.png', '  icon: icon.png\n  docker-images: image.tar'),
    'image.tar': image,
  });
  assert.ok(made && bytes, JSON.stringify(findings));
  const { sections } = await readSections(new MemorySource(bytes));
  assert.ok(Buffer.from((await sections.get('docker_images')?.read(0, image.length)) ?? []).equals(image));
  assert.deepEqual(codes((await verify(bytes)).findings), []);
});

test('only the wanted architecture is packed', async () => {
  const { made, bytes } = await packed(WRAPPER_03, { arch: ['x86_64'] });
  assert.ok(made?.generation === '0.3' && bytes);
  assert.deepEqual(made.package.architectures, ['x86_64']);
  assert.match(made.package.path, /hello-world_x86_64\.s9pk$/);
  const none = await packed(WRAPPER_03, { arch: ['riscv64'] });
  assert.deepEqual(codes(none.findings), ['arch-unsupported']);
});

test('scripts that only health checks use are packed', async () => {
  const text = YAML_03.replace(/config:\n[\s\S]*?volumes:/, 'volumes:')
    .replace(
      / {4}type: docker\n {4}image: main\n {4}entrypoint: check-web.sh\n {4}inject: true\n/,
      '    type: script\n',
    )
    .replace(/migrations:\n[\s\S]*?actions:/, 'actions:');
  const { bytes, findings } = await packed({
    ...WRAPPER_03,
    'manifest.yaml': text,
    'scripts/embassy.js': 'export const health = {};\n',
  });
  assert.ok(bytes, JSON.stringify(findings));
  assert.ok((await readSections(new MemorySource(bytes))).sections.has('scripts'));
});

test('every bit that is flipped outside the header is reported', async () => {
  const { bytes } = await packed(WRAPPER_03);
  assert.ok(bytes);
  for (let at = 279; at < bytes.length; at += 97) {
    const changed = Uint8Array.from(bytes);
    changed[at] = (changed[at] ?? 0) ^ (1 << (at % 8));
    const report = await verify(changed);
    assert.ok(
      report.findings.some(({ code }) => code === 'signature-invalid'),
      `byte ${at}`,
    );
    assert.equal(report.intact, false);
  }
});

test('every bit that is flipped in the header is reported', async () => {
  const { bytes } = await packed(WRAPPER_03);
  assert.ok(bytes);
  for (let bit = 24; bit < 279 * 8; bit += 3) {
    const changed = Uint8Array.from(bytes);
    changed[bit >> 3] = (changed[bit >> 3] ?? 0) ^ (1 << (bit & 7));
    const report = await verify(changed);
    assert.equal(report.opens, false, `bit ${bit}`);
  }
});

test('all architectures are verified, and what the reference does not look at', async () => {
  const other = savedImage('amd64', 'start9/hello-world/main:1.0.0');
  const { bytes, findings } = await packed({ ...WRAPPER_03, 'docker-images/aarch64.tar': other });
  assert.deepEqual(codes(findings), ['images-arch']);
  assert.ok(bytes);
  const report = await verify(bytes);
  assert.deepEqual(
    report.findings.filter(({ code }) => code === 'images-arch').map(({ where }) => where.path),
    ['docker_images/aarch64.tar'],
  );
});

test('keys of both forms of PKCS#8 sign', async () => {
  const seed = Uint8Array.from({ length: 32 }, (_, index) => index);
  const v1 = Buffer.concat([fromHex('302e020100300506032b657004220420'), seed]).toString('base64');
  for (const pem of [
    `-----BEGIN PRIVATE KEY-----\n${v1}\n-----END PRIVATE KEY-----\n`,
    formatPrivateKey(keyFromSeed(seed)),
  ]) {
    await using temporary = await temporaryFolder();
    await writeWrapper(temporary.path);
    const key = join(temporary.path, 'given.pem');
    await writeFile(key, pem, { mode: 0o600 });
    const { made } = await packIn(temporary.path, { key });
    assert.equal(
      Buffer.from(made?.package.signer.key.publicKey ?? []).toString('hex'),
      '03a107bff3ce10be1d70dd18e74bc09967e4d6309ba50d5f1ddc8664125531b8',
    );
  }
});

test('private keys in what is packed as it is are named, all of them, and nothing is made', async () => {
  const key = formatPrivateKey(keyFromSeed(new Uint8Array(32).fill(9)));
  const { made, findings, names } = await packed({
    ...WRAPPER_03,
    'manifest.yaml': YAML_03.replace('  main:\n    type: data', '  main:\n    type: data\n  files:\n    type: assets'),
    'assets/files/tls/server.key': key,
    'instructions.md': `# Instructions\n${key}`,
  });
  assert.equal(made, undefined);
  assert.deepEqual(
    findings.filter(({ code }) => code === 'key-in-package').map(({ where }) => where.file && basename(where.file)),
    ['instructions.md', 'server.key'],
  );
  assert.ok(names.every((name) => !name.endsWith('.s9pk') && !name.includes('.tmp-')));
});
