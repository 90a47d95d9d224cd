import assert from 'node:assert/strict';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { openArchive } from '../../../extension/engine/archive/reader.ts';
import { type EditOptions, editPackage } from '../../../extension/engine/edit/edit-package.ts';
import { changeManifest } from '../../../extension/engine/edit/manifest-changes.ts';
import { reorderPackage } from '../../../extension/engine/edit/reorder-package.ts';
import { FindingError } from '../../../extension/engine/finding.ts';
import { MemorySource } from '../../../extension/engine/io/byte-source.ts';
import { toJsonValue } from '../../../extension/engine/package/json.ts';
import { createKey } from '../../../extension/engine/sign/key-store.ts';
import { verifyPackage } from '../../../extension/engine/verify/verify.ts';
import { archiveBytes, blake3, sha256, testKey } from '../../support/archives.ts';
import { validPackage } from '../../support/packages.ts';
import { tarOf } from '../../support/tars.ts';
import { temporaryFolder } from '../../support/tools.ts';

/** A valid package of another key in a folder with a key of its own. */
async function workspace() {
  const temporary = await temporaryFolder();
  const file = join(temporary.path, 'test.s9pk');
  await writeFile(file, await archiveBytes(validPackage()));
  const { key } = await createKey(temporary.path);
  const edit = (options: Partial<EditOptions> = {}) =>
    editPackage({ file, changes: [], images: [], mtime: 0, blake3, ...options });
  const verify = async (path = file) => verifyPackage(new MemorySource(await readFile(path)), { blake3 });
  return { ...temporary, path: temporary.path, file, key, edit, verify };
}

const codes = (findings: readonly { code: string; severity: string }[]) =>
  findings.filter(({ severity }) => severity === 'error').map(({ code }) => code);

test('a changed manifest is signed with the nearest key, in place, and everything else stays', async () => {
  await using work = await workspace();
  const before = await work.verify();
  const { made, findings } = await work.edit({
    changes: [
      { path: '/description/short', value: new Map([['en_US', 'New']]) },
      { path: '/plugins/-', value: 'url-v0' },
      { path: '/marketingUrl', value: 'https://example.org/new' },
    ],
  });
  assert.deepEqual(codes(findings), []);
  assert.equal(made?.path, work.file);
  const { manifest, archive, intact, complete, canonical } = await work.verify();
  assert.deepEqual([intact, complete, canonical], [true, true, true]);
  assert.deepEqual(manifest?.description.short, new Map([['en_US', 'New']]));
  assert.deepEqual(manifest?.plugins, ['url-v0']);
  assert.equal(manifest?.marketingUrl, 'https://example.org/new');
  assert.deepEqual(archive.header?.publicKey, work.key.publicKey);
  assert.notDeepEqual(before.archive.header?.publicKey, work.key.publicKey);
  assert.deepEqual(
    archive.root?.children.get('icon.svg')?.kind === 'file' && archive.root.children.get('icon.svg'),
    archive.root?.children.get('icon.svg'),
  );
  assert.deepEqual((await readdir(work.path)).sort(), ['.startos', 'test.s9pk']);
});

test('without changes a package is only signed anew, whatever its signer was', async () => {
  await using work = await workspace();
  const { made } = await work.edit();
  assert.deepEqual((await work.verify()).archive.header?.publicKey, work.key.publicKey);
  assert.equal(made?.report.manifest?.id, 'test');
});

test('what a device would refuse is not written, and the package stays as it is', async () => {
  await using work = await workspace();
  const before = sha256(await readFile(work.file));
  for (const [changes, code] of [
    [[{ path: '/id', value: 'Not An Id' }], 'manifest-id'],
    [[{ path: '/title' }], 'manifest-missing-key'],
    [[{ path: '/title/x', value: 1 }], 'edit-pointer'],
    [[{ path: 'title', value: 'x' }], 'edit-pointer'],
    [[{ path: '/volumes/7', value: 'x' }], 'edit-pointer'],
    [[{ path: '/images/other', value: toJsonValue({ source: 'packed', arch: ['x86_64'] }) }], 'image-file-missing'],
  ] as const) {
    const { made, findings } = await work.edit({ changes });
    assert.equal(made, undefined);
    assert.ok(findings.length > 0 && codes(findings).length > 0, `${code}: ${JSON.stringify(findings)}`);
    assert.ok(findings.every(({ where }) => where.file === work.file));
    assert.equal(sha256(await readFile(work.file)), before);
  }
  assert.deepEqual((await readdir(work.path)).sort(), ['.startos', 'test.s9pk']);
});

test('images are put in, and the manifest lists them', async () => {
  await using work = await workspace();
  const tar = join(work.path, 'root.tar');
  await writeFile(tar, tarOf([{ name: 'etc/' }, { name: 'etc/hostname', content: 'box\n' }]));
  const images = [
    { id: 'main', arch: 'riscv64', path: tar },
    { id: 'helper', arch: 'x86_64', path: tar },
    { id: 'helper', arch: 'riscv64', path: tar },
  ];
  const output = join(work.path, 'out', '..', 'new.s9pk');
  const { made, findings } = await work.edit({
    images,
    output,
    changes: [{ path: '/images/helper/emulateMissingAs', value: 'x86_64' }],
  });
  assert.deepEqual(codes(findings), [], JSON.stringify(findings));
  assert.ok(made);
  const { manifest, archive, complete } = await work.verify(made.path);
  assert.equal(complete, true);
  assert.deepEqual(manifest?.images.get('main')?.arch, ['riscv64', 'x86_64']);
  assert.deepEqual(manifest?.images.get('helper')?.arch, ['riscv64', 'x86_64']);
  const folder = archive.root?.children.get('images');
  assert.ok(folder?.kind === 'directory');
  const x86 = folder.children.get('x86_64');
  assert.deepEqual(x86?.kind === 'directory' && [...x86.children.keys()].sort(), [
    ...['helper.env', 'helper.json', 'helper.squashfs'],
    ...['main.env', 'main.json', 'main.squashfs'],
  ]);
  assert.equal((await work.verify()).manifest?.images.size, 1, 'the package it was made from is as it was');
});

test('a damaged package is not edited', async () => {
  await using work = await workspace();
  const bytes = await readFile(work.file);
  bytes[bytes.length - 1] = (bytes.at(-1) ?? 0) ^ 1;
  await writeFile(work.file, bytes);
  const { made, findings } = await work.edit();
  assert.equal(made, undefined);
  assert.deepEqual(codes(findings), ['content-hash']);
  assert.deepEqual(await readFile(work.file), bytes);
});

test('a manifest that is not the signed one is not signed', async () => {
  await using work = await workspace();
  const bytes = await readFile(work.file);
  bytes.write('Fifth.', bytes.indexOf('First.'));
  await writeFile(work.file, bytes);
  for (const changes of [[], [{ path: '/releaseNotes', value: 'Mine.' }]]) {
    const { made, findings } = await work.edit({ changes });
    assert.equal(made, undefined, 'what somebody else wrote into it would now be signed');
    assert.deepEqual(codes(findings), ['content-hash']);
  }
  assert.deepEqual(await readFile(work.file), bytes);
});

test('an order is changed under the same signature, byte for byte what a packer of that order writes', async () => {
  await using work = await workspace();
  const [priority, name] = [await archiveBytes(validPackage()), await archiveBytes(validPackage(), 'name')];
  assert.notDeepEqual(priority, name);
  const convert = (order: 'priority' | 'name') => reorderPackage({ file: work.file, order, blake3 });
  assert.deepEqual(await convert('name'), { changed: true, size: name.length, signer: testKey.publicKey });
  assert.deepEqual(new Uint8Array(await readFile(work.file)), name);
  assert.equal((await convert('priority')).changed, true);
  assert.equal((await convert('priority')).changed, false);
  assert.deepEqual(new Uint8Array(await readFile(work.file)), priority);
  assert.deepEqual((await work.verify()).archive.header?.publicKey, testKey.publicKey);
});

test('converting a damaged package changes nothing', async () => {
  await using work = await workspace();
  const bytes = await readFile(work.file);
  bytes[bytes.length - 1] = (bytes.at(-1) ?? 0) ^ 1;
  await writeFile(work.file, bytes);
  await assert.rejects(reorderPackage({ file: work.file, order: 'name', blake3 }), FindingError);
  assert.deepEqual(await readFile(work.file), bytes);
  await assert.rejects(openArchive(new MemorySource(bytes.subarray(0, 100)), { blake3 }), FindingError);
});

test('changes go one after the other, and keys may hold slashes', () => {
  const start = toJsonValue({ a: { 'b/c': [1, 2] }, d: null });
  const end = changeManifest(start, [
    { path: '/a/b~1c/0', value: 5 },
    { path: '/a/b~1c/-', value: 6 },
    { path: '/a/b~1c/1' },
    { path: '/d/e/f', value: true },
    { path: '/a/~0', value: 'tilde' },
  ]);
  assert.deepEqual(end, toJsonValue({ a: { 'b/c': [5, 6], '~': 'tilde' }, d: { e: { f: true } } }));
});

test('licence, instructions and icon are replaced, whatever the name of the former icon', async () => {
  await using work = await workspace();
  const file = async (name: string, content: string) => {
    await writeFile(join(work.path, name), content);
    return join(work.path, name);
  };
  const { made, findings } = await work.edit({
    files: {
      icon: await file('new.PNG', 'png'),
      license: await file('new-licence', 'Apache\n'),
      instructions: await file('new.md', '# New\n'),
    },
  });
  assert.deepEqual(codes(findings), []);
  const children = made?.report.archive.root?.children;
  assert.equal(children?.has('icon.svg'), false);
  const { archive } = await work.verify();
  for (const [name, expected] of [
    ['icon.png', 'png'],
    ['LICENSE.md', 'Apache\n'],
    ['instructions.md', '# New\n'],
  ] as const) {
    const entry = archive.root?.children.get(name);
    assert.ok(entry?.kind === 'file', name);
    assert.equal(Buffer.from(await entry.content.read(0, 99)).toString(), expected);
  }
});
