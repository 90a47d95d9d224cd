import { randomBytes } from 'node:crypto';
import { mkdir, open, rm, stat } from 'node:fs/promises';
import { homedir } from 'node:os';
import { basename, dirname, isAbsolute, join, resolve } from 'node:path';
import { type Finding, FindingError, finding } from '../finding.ts';
import { ancestorsOf, isOwn } from '../io/ancestors.ts';
import { isFile } from '../io/path-kind.ts';
import { Staging } from '../io/staging.ts';
import { about } from '../io/system-errors.ts';
import { readWhole } from '../io/whole-file.ts';
import { readStartosConfig } from '../upstream/startos-config.ts';
import { KEY_FILE_03, KEY_FILES, type KeyFile } from '../upstream/table.ts';
import { formatPrivateKey, keyFromSeed, type PrivateKey, parseOldKey, parsePrivateKey } from './private-key.ts';

const BUILD_KEYS = KEY_FILES.filter(({ role }) => role === 'build');
/** Where in a folder its key is made. */
export const NEW_KEY = join(...(BUILD_KEYS[0]?.path ?? '').split('/'));
const IDENTITY_KEYS = KEY_FILES.filter(({ role }) => role === 'identity');

export interface StoredKey {
  readonly path: string;
  readonly key: PrivateKey;
  /** `build` is a workspace's own key, `identity` that of the user, `given` one that was named. */
  readonly kind: 'build' | 'identity' | 'given';
  /** What a user should know of the file's name or place, as sentences. */
  readonly notes: readonly string[];
  readonly findings: readonly Finding[];
}

/** A key file that is there. */
interface KeyPlace {
  readonly path: string;
  readonly kind: 'build' | 'identity';
  readonly notes: readonly string[];
}

/**
 * The key that packages in `folder` are signed with: the nearest build key on the way up, the new name before the old one at
 * each level, else the identity key (upstream-since-july section 1). What lies above the folder is taken only as far as
 * the home folder or the file system goes, and only if it belongs to the user. Nothing is renamed.
 * @throws FindingError `key-invalid` if the file that is found holds no usable key.
 * @returns undefined if there is none.
 */
export async function findKey(folder: string, home = homedir()): Promise<StoredKey | undefined> {
  const { place, foreign } = await lookForKey(folder, home);
  if (!place) return undefined;
  const stored = await readKey(place.path, place.kind);
  const passed = foreign.map((path) =>
    finding('key-foreign', `${path} belongs to another user, so ${place.path} signs; give the key to use with --key`, {
      file: path,
    }),
  );
  return { ...stored, notes: place.notes, findings: [...stored.findings, ...passed] };
}

/** The same for packages of StartOS 0.3, which the key of start-sdk signs where there is no other. */
export async function findKey03(folder: string, home = homedir()): Promise<StoredKey | undefined> {
  const found = await findKey(folder, home);
  if (found) return found;
  const path = join(home, ...KEY_FILE_03.split('/'));
  return (await isThere(path)) ? readKey(path, 'identity') : undefined;
}

/** Where the key of a folder is, and the files on the way that were passed over because they are somebody else's. */
export async function lookForKey(
  folder: string,
  home = homedir(),
): Promise<{ place: KeyPlace | undefined; foreign: readonly string[] }> {
  const foreign: string[] = [];
  for (const [index, level] of (await ancestorsOf(folder, home)).entries()) {
    const present = await existing(BUILD_KEYS, level);
    // What lies in the folder itself was put there with it; above, anybody may have put it.
    const own = index === 0 ? present : await onlyOwn(present, foreign);
    const [first] = own;
    if (first) return { place: { path: first.path, kind: 'build', notes: notesOf(first, own) }, foreign };
  }
  const { idKey } = await readStartosConfig(folder, home);
  if (idKey && (await isThere(idKey.path)))
    return { place: { path: idKey.path, kind: 'identity', notes: [`it is named in ${idKey.file}`] }, foreign };
  const lost = idKey ? [`${idKey.file} names ${idKey.path}, which is not there`] : [];
  const present = await existing(IDENTITY_KEYS, home);
  const [first] = present;
  const notes = first ? [...lost, ...notesOf(first, present)] : lost;
  return { place: first && { path: first.path, kind: 'identity', notes }, foreign };
}

interface PresentKey {
  readonly path: string;
  readonly file: KeyFile;
}

async function existing(files: readonly KeyFile[], folder: string): Promise<PresentKey[]> {
  const found: PresentKey[] = [];
  for (const file of files) {
    const path = isAbsolute(file.path) ? file.path : join(folder, ...file.path.split('/'));
    if (await isThere(path)) found.push({ path, file });
  }
  return found;
}

/** A folder of somebody else's that may not be looked into holds no key of ours; one of our own could. */
async function isThere(path: string): Promise<boolean> {
  try {
    return await isFile(path);
  } catch (error) {
    const isRefused = (error as NodeJS.ErrnoException).code === 'EACCES';
    if (!isRefused || (await isOwn(dirname(path)).catch(() => false))) throw error;
    return false;
  }
}

async function onlyOwn(keys: readonly PresentKey[], foreign: string[]): Promise<PresentKey[]> {
  const own: PresentKey[] = [];
  for (const key of keys) {
    if (await isOwn(key.path)) own.push(key);
    else foreign.push(key.path);
  }
  return own;
}

function notesOf({ path, file }: PresentKey, present: readonly PresentKey[]): string[] {
  const notes = present.slice(1).map((other) => `${other.path} is not read beside it`);
  const next = KEY_FILES.find(({ role, cli }) => role === file.role && cli.until === undefined);
  if (file.cli.until !== undefined && next) {
    const name = basename(next.path);
    notes.push(`start-cli ${file.cli.until} and later rename ${basename(path)} to ${name} when they first use it`);
  }
  return notes;
}

/** @throws FindingError `key-invalid` if the file holds no usable key; the file system's error if it cannot be read. */
export async function readKey(path: string, kind: StoredKey['kind'] = 'given'): Promise<StoredKey> {
  const bytes = await readWhole(path);
  try {
    return {
      path,
      key: parseOldKey(bytes) ?? parsePrivateKey(bytes.toString('utf8')),
      kind,
      notes: [],
      findings: await checkPermissions(path),
    };
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    throw new FindingError([finding('key-invalid', `${path}: ${error.message}`, { file: path })]);
  }
}

/**
 * Makes a new key in `folder`'s `.startos` folder, under the name that start-cli uses today, readable by its owner only, and
 * keeps it out of git.
 * @throws the file system's error; EEXIST if there is a key already under either name, which is never replaced.
 */
export function createKey(folder: string): Promise<StoredKey> {
  return storeKey(folder, keyFromSeed(new Uint8Array(randomBytes(32))));
}

/**
 * Puts the key of a file into `folder` in the same way.
 * @throws FindingError `key-invalid`; the file system's error, EEXIST as with a new one
 */
export async function copyKey(from: string, folder: string): Promise<StoredKey> {
  return storeKey(folder, (await readKey(from)).key);
}

async function storeKey(folder: string, key: PrivateKey): Promise<StoredKey> {
  const root = resolve(folder);
  const [there] = await existing(BUILD_KEYS, root);
  if (there) throw Object.assign(new Error(`EEXIST: ${there.path}`), { code: 'EEXIST', path: there.path });
  const path = join(root, NEW_KEY);
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  await ignoreKeys(dirname(path));
  const handle = await open(path, 'wx', 0o600);
  try {
    await about(path, () => handle.writeFile(formatPrivateKey(key)));
    await about(path, () => handle.sync());
    await about(path, () => handle.close());
  } catch (error) {
    // A part of a key would be in the way of the next one.
    await handle.close().catch(() => undefined);
    await rm(path, { force: true }).catch(() => undefined);
    throw error;
  }
  return { path, key, kind: 'build', notes: [], findings: [] };
}

/** Names both key files in the folder's .gitignore, behind what it says already. */
async function ignoreKeys(folder: string): Promise<void> {
  const file = join(folder, '.gitignore');
  const text = await readWhole(file).then(String, (error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return '';
    throw error;
  });
  const lines = text.split(/\r?\n/).map((line) => line.trim());
  const missing = BUILD_KEYS.map(({ path }) => basename(path)).filter(
    (name) => !lines.includes(name) && !lines.includes('*'),
  );
  const gap = text === '' || text.endsWith('\n') ? '' : '\n';
  if (missing.length === 0) return;
  await using staging = await Staging.beside(file);
  await staging.write('ignored', `${text}${gap}${missing.join('\n')}\n`);
  await staging.publish('ignored');
}

async function checkPermissions(path: string): Promise<Finding[]> {
  if (process.platform === 'win32') return [];
  const { mode } = await stat(path);
  if ((mode & 0o007) === 0) return [];
  const message = `every user of this machine can read the signing key; run: chmod 600 ${path}`;
  return [finding('key-permissions', message, { file: path })];
}

/**
 * The keys by which packages of a folder are recognised. Where a key lies says nothing about whose it is, so it is named by
 * its place. Keys that cannot be read are left out.
 */
export async function knownSignersFor(folder: string): Promise<{ publicKey: Uint8Array; name: string }[]> {
  try {
    const stored = await findKey(folder);
    return stored ? [{ publicKey: stored.key.publicKey, name: nameOfKey(stored) }] : [];
  } catch (error) {
    if (error instanceof FindingError) return [];
    throw error;
  }
}

/** A key in words: by its role and file, never as anybody's. */
export function nameOfKey({ kind, path }: StoredKey): string {
  switch (kind) {
    case 'build':
      return `the build key ${path}`;
    case 'identity':
      return `the identity key ${path}`;
    case 'given':
      return `the key ${path}`;
  }
}
