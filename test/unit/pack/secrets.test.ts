import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MemorySource } from '../../../extension/engine/io/byte-source.ts';
import { secretIn, secretsInFolder } from '../../../extension/engine/pack/secrets.ts';
import { formatPrivateKey, keyFromSeed } from '../../../extension/engine/sign/private-key.ts';
import type { FsNode } from '../../../extension/engine/squashfs/node.ts';
import { testKey } from '../../support/archives.ts';

const bytes = (text: string) => new TextEncoder().encode(text);
const other = keyFromSeed(new Uint8Array(32).map((_, index) => index * 7));

test('the signing key is found in whatever form it is copied', () => {
  const key = other;
  assert.equal(secretIn(bytes(formatPrivateKey(key)), key), 'own');
  assert.equal(secretIn(bytes(formatPrivateKey(key).split('\n')[1] ?? ''), key), 'own', 'without its frame');
  assert.equal(secretIn(Buffer.concat([bytes('{"key":'), key.seed]), key), 'own', 'raw');
  for (const before of ['', 'a', 'ab', 'abc'])
    assert.equal(secretIn(bytes(Buffer.concat([bytes(before), key.seed]).toString('base64')), key), 'own', before);
  assert.equal(secretIn(bytes(formatPrivateKey(key)), testKey), 'foreign');
  assert.equal(secretIn(bytes('-----BEGIN RSA PRIVATE KEY-----\nMII\n'), key), 'foreign');
  assert.equal(secretIn(bytes('-----BEGIN PUBLIC KEY-----\nMII\n'), key), undefined);
  assert.equal(secretIn(bytes('how to write a PRIVATE KEY----- line'), key), undefined);
});

test('every private key in a folder that is packed is named, however deep', async () => {
  const attributes = { mode: 0o644, uid: 0, gid: 0, mtime: 0 };
  const file = (text: string): FsNode => ({ kind: 'file', ...attributes, content: new MemorySource(bytes(text)) });
  const root = {
    kind: 'directory' as const,
    ...attributes,
    children: new Map<string, FsNode>([
      ['a.txt', file('nothing')],
      ['id.pem', file(formatPrivateKey(testKey))],
      ['deep', { kind: 'directory', ...attributes, children: new Map([['tls.key', file(formatPrivateKey(other))]]) }],
    ]),
  };
  const found = await secretsInFolder(root, (path) => `/w/assets/${path}`, testKey, undefined);
  assert.deepEqual(
    found.map(({ code, message }) => [code, message.split(',')[0]]),
    [
      ['key-in-package', '/w/assets/deep/tls.key holds a private key'],
      ['key-in-package', '/w/assets/id.pem holds the key that signs the package'],
    ],
  );
});
