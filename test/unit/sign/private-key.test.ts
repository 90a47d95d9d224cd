import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { chmod, mkdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { toHex } from '../../../extension/engine/bytes.ts';
import { FindingError } from '../../../extension/engine/finding.ts';
import { createKey, findKey, readKey } from '../../../extension/engine/sign/key-store.ts';
import {
  fingerprint,
  formatPrivateKey,
  formatPublicKey,
  keyFromSeed,
  parsePrivateKey,
} from '../../../extension/engine/sign/private-key.ts';
import { testKey } from '../../support/archives.ts';
import { temporaryFolder } from '../../support/tools.ts';

test('keys are written as PKCS#8 version 2 and read back', () => {
  const pem = formatPrivateKey(testKey);
  assert.match(pem, /^-----BEGIN PRIVATE KEY-----\n[\s\S]+\n-----END PRIVATE KEY-----\n$/);
  assert.equal(Buffer.from(pem.split('\n').slice(1, -2).join(''), 'base64').length, 83);
  assert.deepEqual(parsePrivateKey(pem), testKey);
  assert.deepEqual(parsePrivateKey(pem.replaceAll('\n', '\r\n')), testKey);
});

test('version 1 keys of OpenSSL are read, and public keys agree with it', () => {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  const key = parsePrivateKey(privateKey.export({ type: 'pkcs8', format: 'pem' }).toString());
  assert.equal(formatPublicKey(key.publicKey), publicKey.export({ type: 'spki', format: 'pem' }));
});

test('what is not an Ed25519 key is called by its name', () => {
  const rsa = generateKeyPairSync('rsa', { modulusLength: 1024 })
    .privateKey.export({ type: 'pkcs8', format: 'pem' })
    .toString();
  assert.throws(() => parsePrivateKey(rsa), /not an Ed25519 key/);
  assert.throws(() => parsePrivateKey('hello'), /not a PEM file/);
  assert.throws(() => parsePrivateKey(formatPublicKey(testKey.publicKey)), /holds a PUBLIC KEY/);
  assert.throws(() => parsePrivateKey('-----BEGIN PRIVATE KEY-----\nA\n-----END PRIVATE KEY-----'), SyntaxError);
});

test('a fingerprint is short', () => {
  assert.equal(fingerprint(testKey.publicKey), '8a88 e3dd 7409 f195');
  assert.equal(toHex(testKey.publicKey).slice(0, 16), '8a88e3dd7409f195');
});

test('the nearest build key is found on the way up, then the developer key', async () => {
  await using temporary = await temporaryFolder();
  const home = join(temporary.path, 'home');
  const inner = join(temporary.path, 'workspace', 'a', 'b');
  await mkdir(inner, { recursive: true });
  assert.equal(await findKey(inner, home), undefined);
  await mkdir(join(home, '.startos'), { recursive: true });
  const developer = keyFromSeed(new Uint8Array(32).fill(2));
  await writeFile(join(home, '.startos', 'developer.key.pem'), formatPrivateKey(developer));
  assert.deepEqual((await findKey(inner, home))?.key, developer);
  const created = await createKey(join(temporary.path, 'workspace'));
  assert.deepEqual((await findKey(inner, home))?.key, created.key);
  assert.equal((await findKey(inner, home))?.kind, 'build');
});

test('a new key is for its owner only, kept out of git, and never replaced', async () => {
  await using temporary = await temporaryFolder();
  const { path } = await createKey(temporary.path);
  if (process.platform !== 'win32') assert.equal((await stat(path)).mode & 0o777, 0o600);
  assert.equal(await readFile(join(temporary.path, '.startos', '.gitignore'), 'utf8'), 'build-key\n');
  const before = await readFile(path, 'utf8');
  await assert.rejects(createKey(temporary.path), { code: 'EEXIST' });
  assert.equal(await readFile(path, 'utf8'), before);
  await chmod(path, 0o644);
  if (process.platform !== 'win32') assert.equal((await readKey(path)).findings[0]?.code, 'key-permissions');
  await writeFile(path, 'nonsense');
  await assert.rejects(readKey(path), FindingError);
});
