import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { chmod, chown, mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { toHex } from '../../../extension/engine/bytes.ts';
import { FindingError } from '../../../extension/engine/finding.ts';
import {
  createKey,
  findKey,
  findKey03,
  knownSignersFor,
  lookForKey,
  readKey,
} from '../../../extension/engine/sign/key-store.ts';
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

test('both generations of names are found at each level, the new one first, and nothing is renamed', async () => {
  await using temporary = await temporaryFolder();
  const home = join(temporary.path, 'home');
  const outer = join(home, 'outer');
  const inner = join(outer, 'inner');
  const put = async (seed: number, ...path: string[]) => {
    await mkdir(join(...path.slice(0, -1)), { recursive: true });
    await writeFile(join(...path), formatPrivateKey(keyFromSeed(new Uint8Array(32).fill(seed))), { mode: 0o600 });
  };
  const found = async (folder = inner) => {
    const stored = await findKey(folder, home);
    return [stored?.key.seed[0], stored?.kind, stored?.notes.length];
  };
  await put(1, home, '.startos', 'developer.key.pem');
  await mkdir(inner, { recursive: true });
  assert.deepEqual(await found(), [1, 'identity', 1], 'it says that start-cli renames it');
  await put(2, home, '.startos', 'id.key.pem');
  assert.deepEqual(await found(), [2, 'identity', 1], 'it says that the other one is not read');
  await put(3, home, 'elsewhere', 'mine.pem');
  await writeFile(join(home, '.startos', 'config.yaml'), 'developer-key-path: ../elsewhere/mine.pem\n');
  assert.deepEqual(await found(), [3, 'identity', 1]);
  await writeFile(join(home, '.startos', 'config.yaml'), 'id-key-path: ~/elsewhere/mine.pem\n');
  assert.deepEqual(await found(), [3, 'identity', 1]);
  await put(4, outer, '.startos', 'build.key.pem');
  assert.deepEqual(await found(), [4, 'build', 0]);
  await put(5, inner, '.startos', 'build-key');
  assert.deepEqual(await found(), [5, 'build', 1]);
  await put(6, inner, '.startos', 'build.key.pem');
  assert.deepEqual(await found(), [6, 'build', 1]);
  assert.deepEqual((await readdir(join(inner, '.startos'))).sort(), ['build-key', 'build.key.pem']);
});

test('a key above is taken only from the same user, and not from beyond the home folder', async () => {
  await using temporary = await temporaryFolder();
  const home = join(temporary.path, 'home');
  const inner = join(home, 'shared', 'wrapper');
  await mkdir(inner, { recursive: true });
  await createKey(temporary.path);
  assert.equal(await findKey(inner, home), undefined, 'above the home folder');
  if (process.getuid?.() !== 0) return;
  const { path } = await createKey(join(home, 'shared'));
  await chown(path, 12345, 12345);
  assert.equal(await findKey(inner, home), undefined);
  assert.deepEqual((await lookForKey(inner, home)).foreign, [path]);
  await mkdir(join(home, '.startos'));
  await writeFile(join(home, '.startos', 'id.key.pem'), formatPrivateKey(testKey), { mode: 0o600 });
  assert.deepEqual(
    (await findKey(inner, home))?.findings.map(({ code }) => code),
    ['key-foreign'],
    'another key signs',
  );
  assert.equal((await findKey(join(home, 'shared'), home))?.path, path, 'in the folder itself it is the folder’s own');
});

test('a workspace, which may be a stranger’s, does not choose the key; what is configured and gone is said', async () => {
  await using temporary = await temporaryFolder();
  const home = join(temporary.path, 'home');
  const folder = join(home, 'cloned');
  await mkdir(join(folder, '.startos'), { recursive: true });
  await writeFile(join(home, 'secret.pem'), formatPrivateKey(testKey), { mode: 0o600 });
  await writeFile(join(folder, '.startos', 'config.yaml'), 'schema: 1\nid-key-path: ~/secret.pem\n');
  assert.equal(await findKey(folder, home), undefined);
  await mkdir(join(home, '.startos'));
  await writeFile(join(home, '.startos', 'config.yaml'), 'id-key-path: ~/gone.pem\n');
  await writeFile(join(home, '.startos', 'id.key.pem'), formatPrivateKey(testKey), { mode: 0o600 });
  assert.match((await findKey(folder, home))?.notes.join() ?? '', /gone\.pem, which is not there/);
});

test('a key that lies somewhere is called by its place, and a new one keeps what .gitignore says', async () => {
  await using temporary = await temporaryFolder();
  await mkdir(join(temporary.path, '.startos'));
  await writeFile(join(temporary.path, '.startos', '.gitignore'), 'build-key');
  const { path } = await createKey(temporary.path);
  assert.deepEqual(
    (await knownSignersFor(temporary.path)).map(({ name }) => name),
    [`the build key ${path}`],
  );
  assert.equal(await readFile(join(temporary.path, '.startos', '.gitignore'), 'utf8'), 'build-key\nbuild.key.pem\n');
});

test('a new key is for its owner only, kept out of git, and never replaced', async () => {
  await using temporary = await temporaryFolder();
  const { path } = await createKey(temporary.path);
  if (process.platform !== 'win32') assert.equal((await stat(path)).mode & 0o777, 0o600);
  assert.equal(await readFile(join(temporary.path, '.startos', '.gitignore'), 'utf8'), 'build.key.pem\nbuild-key\n');
  const before = await readFile(path, 'utf8');
  await assert.rejects(createKey(temporary.path), { code: 'EEXIST' });
  assert.equal(await readFile(path, 'utf8'), before);
  await chmod(path, 0o644);
  if (process.platform !== 'win32') assert.equal((await readKey(path)).findings[0]?.code, 'key-permissions');
  await writeFile(path, 'nonsense');
  await assert.rejects(readKey(path), FindingError);
});

test('the key of start-sdk signs packages for 0.3 where there is no other, in the form of any of its versions', async () => {
  await using temporary = await temporaryFolder();
  const home = join(temporary.path, 'home');
  const folder = join(home, 'wrapper');
  await mkdir(folder, { recursive: true });
  await mkdir(join(home, '.embassy'));
  const path = join(home, '.embassy', 'developer.key.pem');
  const key = keyFromSeed(new Uint8Array(32).fill(3));
  for (const content of [formatPrivateKey(key), Buffer.concat([key.seed, key.publicKey])]) {
    await writeFile(path, content, { mode: 0o600 });
    assert.deepEqual((await findKey03(folder, home))?.key.publicKey, key.publicKey);
    assert.equal(await findKey(folder, home), undefined);
  }
  await writeFile(path, Buffer.concat([key.seed, key.seed]));
  await assert.rejects(findKey03(folder, home), /not a PEM file/);
});
