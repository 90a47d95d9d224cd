import { mkdir, readdir, readFile, rm, rmdir, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** The mark of cache folders that backup programs know (bford.info/cachedir), with a line that says whose it is. */
const MARKER = 'CACHEDIR.TAG';
const SIGNATURE = 'Signature: 8a477f597d28d172789f06886806bc55';
const OURS = `${SIGNATURE}\n# The cache of S9PK Studio: everything in it can be made again.\n`;

/** Names that we give: a hash, what it is, and what is being written. */
const OWN_NAME =
  /^[0-9a-f]{64}\.(?:squashfs|json|blocks|source\.json)$|^[0-9a-f]{64}(?:\.source\.json|\.json)?\.tmp-[0-9a-f-]{36}$/;
const OWN_FOLDERS = ['icons'];
/** What a killed process was writing is removed once it is this old. */
const ABANDONED_AFTER_MS = 24 * 60 * 60 * 1000;

/** A folder is not our cache, so nothing in it is removed. */
export class ForeignFolderError extends Error {
  override readonly name = 'ForeignFolderError';
  readonly code = 'EEXIST';
}

/** Makes the folder, if need be, and says in it whose it is. @throws the file system's error */
export async function markCache(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, MARKER), OURS, { flag: 'wx' }).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'EEXIST') throw error;
  });
}

/** Removes what processes were writing that were killed. @throws the file system's error */
export async function removeAbandoned(folder: string): Promise<void> {
  for (const name of await readdir(folder)) {
    if (!OWN_NAME.test(name) || !name.includes('.tmp-')) continue;
    const path = join(folder, name);
    const info = await stat(path).catch(() => undefined);
    if (info && Date.now() - info.mtimeMs > ABANDONED_AFTER_MS) await rm(path, { force: true });
  }
}

/**
 * Removes what a cache holds, and the folder if nothing else is in it.
 * @throws ForeignFolderError for a folder that is not marked as ours and not made of our files alone, as before there were marks
 */
export async function clearCache(folder: string): Promise<void> {
  const names = await readdir(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
  if (!names) return;
  const marker = await readFile(join(folder, MARKER), 'utf8').catch(() => '');
  const isOurs = marker === OURS || names.every((name) => OWN_NAME.test(name) || OWN_FOLDERS.includes(name));
  if (!isOurs) throw new ForeignFolderError(`${folder} is not a cache of ours: nothing in it is removed`);
  for (const name of names.filter((item) => OWN_NAME.test(item) || item === MARKER))
    await rm(join(folder, name), { force: true });
  for (const name of names.filter((item) => OWN_FOLDERS.includes(item))) await clearCache(join(folder, name));
  await rmdir(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOTEMPTY' && error.code !== 'EEXIST') throw error;
  });
}
