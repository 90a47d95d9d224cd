import {
  lstat,
  mkdtemp,
  open,
  readdir,
  readFile,
  readlink,
  realpath,
  rename,
  rm,
  rmdir,
  writeFile,
} from 'node:fs/promises';
import { hostname } from 'node:os';
import { basename, dirname, join, resolve } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { Claim } from './claim.ts';

/**
 * A file in every staging folder: a folder without it is somebody else's, whatever its name. It says where the folder's claim is
 * seen, which is held for as long as the folder is used.
 */
const MARKER = '.s9pk-staging';

/** Staging folders of runs elsewhere that were killed are removed once they are this old; those of runs here at once. */
const ABANDONED_AFTER_MS = 24 * 60 * 60 * 1000;

/** What renaming a folder over an empty one fails with where it is not one step. */
const NOT_REPLACED = ['EPERM', 'EACCES', 'EBUSY', 'EEXIST', 'ENOTEMPTY'];

/** How long it is waited for others to close the target, on Windows: this, then twice as long, and so on up to the last. */
const FIRST_WAIT_MS = 20;
const LAST_WAIT_MS = 1280;

/**
 * A hidden folder beside the target in which everything is made before it takes the target's name. On the same
 * file system as the target, so the last step is one atomic rename: whoever looks sees the old file or the new one.
 */
export class Staging {
  readonly target: string;
  readonly folder: string;
  private readonly claim: Claim | undefined;

  private constructor(target: string, folder: string, claim: Claim | undefined) {
    this.target = target;
    this.folder = folder;
    this.claim = claim;
  }

  /** @throws the file system's error if the target's folder is missing or not writable. */
  static async beside(target: string): Promise<Staging> {
    const absolute = resolve(target);
    const prefix = join(dirname(absolute), `.${basename(absolute)}.tmp-`);
    await removeAbandoned(prefix);
    const folder = await mkdtemp(prefix);
    // Claimed before it is marked: what is marked and not claimed is abandoned.
    const claim = await Claim.of(await subjectOf(folder));
    try {
      await writeFile(join(folder, MARKER), claim?.isHeld ? await whereClaimsAreSeen() : '');
    } catch (error) {
      await claim?.release();
      await rm(folder, { recursive: true, force: true }).catch(() => undefined);
      throw error;
    }
    return new Staging(absolute, folder, claim);
  }

  /** A path inside the staging folder. */
  path(name: string): string {
    return join(this.folder, name);
  }

  /** Gives `name`, written and synced, the target's name, replacing the file or the empty folder that had it. */
  async publish(name: string): Promise<void> {
    await replace(this.path(name), this.target);
    await syncFolder(dirname(this.target));
  }

  /** Removes the folder with everything in it. Safe to call twice. */
  async remove(): Promise<void> {
    try {
      await rm(this.folder, { recursive: true, force: true, maxRetries: 3 });
    } finally {
      await this.claim?.release();
    }
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.remove();
  }
}

/** Gives a file or folder the name of another. @throws what the system says, in words where the other is in use */
async function replace(path: string, target: string): Promise<void> {
  for (let waited = FIRST_WAIT_MS; ; waited *= 2) {
    try {
      await rename(path, target);
      return;
    } catch (error) {
      const { code = '' } = error as NodeJS.ErrnoException;
      if (!NOT_REPLACED.includes(code)) throw error;
      // Windows puts no folder in the place of another, even of an empty one.
      const isRemoved = await rmdir(target).then(
        () => true,
        () => false,
      );
      if (isRemoved) continue;
      if (process.platform !== 'win32') throw error;
      // Nor does it replace what somebody reads at the moment, which virus scanners and indexers do for a while.
      if (waited > LAST_WAIT_MS)
        throw Object.assign(
          new Error(`${target} cannot be replaced while another program has it open; close it there and try again`),
          { code, path: target },
        );
      await setTimeout(waited);
    }
  }
}

async function removeAbandoned(prefix: string): Promise<void> {
  const folder = dirname(prefix);
  const start = basename(prefix);
  for (const name of await readdir(folder)) {
    // As mkdtemp makes them: six characters behind the prefix.
    if (!name.startsWith(start) || !/^[A-Za-z0-9]{6}$/.test(name.slice(start.length))) continue;
    const path = join(folder, name);
    const info = await lstat(path).catch(() => undefined);
    if (!info?.isDirectory()) continue;
    const mark = await readFile(join(path, MARKER), 'utf8').catch(() => undefined);
    if (mark === undefined) continue;
    if (mark === '' || mark !== (await whereClaimsAreSeen())) {
      if (Date.now() - info.mtimeMs > ABANDONED_AFTER_MS) await rm(path, { recursive: true, force: true });
      continue;
    }
    await using claim = await Claim.of(await subjectOf(path));
    // What cannot be removed is in nobody's way.
    if (claim?.isHeld) await rm(path, { recursive: true, force: true, maxRetries: 3 }).catch(() => undefined);
  }
}

async function subjectOf(folder: string): Promise<string> {
  return `staging ${await realpath(folder)}`;
}

/** This machine since it was started, and on Linux this part of it: a container sees no claims of others. */
async function whereClaimsAreSeen(): Promise<string> {
  if (process.platform !== 'linux') return hostname();
  try {
    const boot = (await readFile('/proc/sys/kernel/random/boot_id', 'utf8')).trim();
    return `${hostname()} ${boot} ${await readlink('/proc/self/ns/net')}`;
  } catch {
    return '';
  }
}

/** Makes the rename itself durable. Windows cannot open a folder for this and does not need it. */
async function syncFolder(folder: string): Promise<void> {
  if (process.platform === 'win32') return;
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
