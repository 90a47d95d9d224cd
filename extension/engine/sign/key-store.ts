import { randomBytes } from 'node:crypto';
import { mkdir, open, readFile, stat, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { type Finding, FindingError, finding } from '../finding.ts';
import { isFile } from '../io/path-kind.ts';
import { formatPrivateKey, keyFromSeed, type PrivateKey, parsePrivateKey } from './private-key.ts';

/** Path of a workspace's package signing key, relative to the workspace folder (s9pk-v2 section 6.7). */
export const BUILD_KEY = join('.startos', 'build-key');

export interface StoredKey {
  readonly path: string;
  readonly key: PrivateKey;
  /** `build` is a workspace's own key, `developer` the older key of the whole user account. */
  readonly kind: 'build' | 'developer' | 'given';
  readonly findings: readonly Finding[];
}

/**
 * The key that packages in `folder` are signed with: the nearest `.startos/build-key` on the way up, else the
 * developer key of older tools.
 * @throws FindingError `key-invalid` if the file that is found holds no usable key.
 * @returns undefined if there is none.
 */
export async function findKey(folder: string, home = homedir()): Promise<StoredKey | undefined> {
  for (let current = resolve(folder); ; current = dirname(current)) {
    const path = join(current, BUILD_KEY);
    if (await isFile(path)) return readKey(path, 'build');
    if (dirname(current) === current) break;
  }
  for (const path of ['/run/startos/developer.key.pem', join(home, '.startos', 'developer.key.pem')]) {
    if (await isFile(path)) return readKey(path, 'developer');
  }
  return undefined;
}

/** @throws FindingError `key-invalid` if the file holds no usable key; the file system's error if it cannot be read. */
export async function readKey(path: string, kind: StoredKey['kind'] = 'given'): Promise<StoredKey> {
  const text = await readFile(path, 'utf8');
  try {
    return { path, key: parsePrivateKey(text), kind, findings: await checkPermissions(path) };
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    throw new FindingError([finding('key-invalid', `${path}: ${error.message}`, { file: path })]);
  }
}

/**
 * Makes a new key in `folder`'s `.startos` folder, readable by its owner only, and keeps the folder out of git.
 * @throws the file system's error; EEXIST if there is a key already, which is never replaced.
 */
export async function createKey(folder: string): Promise<StoredKey> {
  const path = join(resolve(folder), BUILD_KEY);
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  const key = keyFromSeed(new Uint8Array(randomBytes(32)));
  const handle = await open(path, 'wx', 0o600);
  try {
    await handle.writeFile(formatPrivateKey(key));
    await handle.sync();
  } finally {
    await handle.close();
  }
  await writeFile(join(dirname(path), '.gitignore'), 'build-key\n', { flag: 'wx' }).catch((error) => {
    if (error.code !== 'EEXIST') throw error;
  });
  return { path, key, kind: 'build', findings: [] };
}

async function checkPermissions(path: string): Promise<Finding[]> {
  if (process.platform === 'win32') return [];
  const { mode } = await stat(path);
  if ((mode & 0o007) === 0) return [];
  const message = `every user of this machine can read the signing key; run: chmod 600 ${path}`;
  return [finding('key-permissions', message, { file: path })];
}

/** The user's own keys for a folder, by which their packages are recognised. Keys that cannot be read are left out. */
export async function knownSignersFor(folder: string): Promise<{ publicKey: Uint8Array; name: string }[]> {
  try {
    const stored = await findKey(folder);
    return stored ? [{ publicKey: stored.key.publicKey, name: `your ${stored.kind} key` }] : [];
  } catch (error) {
    if (error instanceof FindingError) return [];
    throw error;
  }
}
