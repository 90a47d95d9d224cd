import assert from 'node:assert/strict';
import { test } from 'node:test';
import { lookUp } from '../../../extension/engine/archive/entry.ts';
import { openArchive } from '../../../extension/engine/archive/reader.ts';
import { toHex } from '../../../extension/engine/bytes.ts';
import { MemorySource } from '../../../extension/engine/io/byte-source.ts';
import { archiveBytes, blake3, sha256, tree } from '../../support/archives.ts';

// The worked example of s9pk-v2 section 2.4.
const example = tree({
  'manifest.json': '{"id":"t"}',
  'icon.png': 'PNG!',
  'LICENSE.md': 'MIT\n',
  images: { x86_64: { 'main.env': 'A=1', 'main.json': '{}', 'main.squashfs': 'SQ' } },
});

test('the worked example in name order is written byte for byte', async () => {
  assert.equal(
    sha256(await archiveBytes(example, 'name')),
    'e78083b93877322280e75fb51c19c173a5446770c762c6e6d662f0ea1f2d7a6c',
  );
});

test('the worked example in priority order is written byte for byte', async () => {
  assert.equal(
    sha256(await archiveBytes(example, 'priority')),
    'ef12a0ab104cf2da5eac53ecbd30862b2efb3108b1bc7730b1da498828c0b6ed',
  );
});

test('the worked example has the hashes of the specification', async () => {
  const { header, root, order } = await openArchive(new MemorySource(await archiveBytes(example, 'name')), { blake3 });
  assert.equal(toHex(header.rootSighash), '9cebedf660130549c37dcbdff77fc4c6325968d0ea67e43404cf49d7cc827621');
  assert.equal(header.rootMaxsize, 246n);
  assert.equal(order, 'name');
  assert.equal(
    toHex(header.signature),
    '2ec86ad60c0947b847484f7055c5b4f0a8ee302076ca58446f78fdad196599aeab200455fc722f76239fa960a238d7c9b0ac350f5a1a2e6ce0c39f98edbe9b0a',
  );
  const manifest = lookUp(root, 'manifest.json');
  assert.ok(manifest?.kind === 'file');
  assert.equal(toHex(manifest.hash), '53b00a9945493a0c4ed38a53c77f0cd5a0f8a4644696bc0fb9f93ac5c1aae6e8');
});
