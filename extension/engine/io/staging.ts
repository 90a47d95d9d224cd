import { createHash, randomBytes } from 'node:crypto';
import {
  lstat,
  mkdir,
  open,
  readdir,
  readFile,
  readlink,
  realpath,
  rename,
  rm,
  rmdir,
  stat,
  writeFile,
} from 'node:fs/promises';
import { hostname, tmpdir } from 'node:os';
import { basename, dirname, join, resolve } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { BUDGET } from '../budget.ts';
import { encodeName } from '../byte-names.ts';
import { Claim } from '../turns/claim.ts';
import { about } from './system-errors.ts';

/**
 * Behind the target's name in that of a staging folder: this, a name of where the folder's claim is seen, and what tells it from
 * others. All that is known of a folder is its name, so that one of a run that was killed before it wrote anything is known too.
 */
const MARK = '.tmp-s9pk-';

/** Bytes of the name of a place, and of what tells folders apart; two hexadecimal digits each. */
const [PLACE_BYTES, RANDOM_BYTES] = [5, 3];
const OWN_NAME = new RegExp(`^[0-9a-f]{${2 * (PLACE_BYTES + RANDOM_BYTES)}}$`);

/** Bytes of the target's name that are taken: a name has 255. */
const MOST_TAKEN = BUDGET.nameBytes - 1 - MARK.length - 2 * (PLACE_BYTES + RANDOM_BYTES);

/** Names that are tried: that one is taken is as good as impossible, so that something else is wrong. */
const MOST_ATTEMPTS = 10;

/** The place of folders without a claim. */
const NOWHERE = '0'.repeat(2 * PLACE_BYTES);

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
  private readonly claim: Claim;

  private constructor(target: string, folder: string, claim: Claim) {
    this.target = target;
    this.folder = folder;
    this.claim = claim;
  }

  /** @throws the file system's error if the target's folder is missing or not writable. */
  static async beside(target: string): Promise<Staging> {
    const absolute = resolve(target);
    const parent = dirname(absolute);
    const start = `.${shortened(basename(absolute))}${MARK}`;
    const place: Place = { parent, identity: await identityOf(parent), seen: await whereClaimsAreSeen() };
    const staging = await Staging.make(absolute, start, place);
    await removeAbandoned(start, place);
    return staging;
  }

  private static async make(target: string, start: string, place: Place): Promise<Staging> {
    for (let attempt = 0; attempt < MOST_ATTEMPTS; attempt++) {
      const random = randomBytes(RANDOM_BYTES).toString('hex');
      // Claimed before it is there: what is there and not claimed is abandoned.
      const claim = await claimOf(place, `${start}${place.seen}${random}`);
      if (!claim) continue;
      const folder = join(place.parent, `${start}${claim.isHeld ? place.seen : NOWHERE}${random}`);
      try {
        if (await makeFolder(folder)) return new Staging(target, folder, claim);
      } catch (error) {
        await claim.release();
        throw error;
      }
      await claim.release();
    }
    throw new Error(`no folder for what is made could be made beside ${target}: every name is taken`);
  }

  /** A path inside the staging folder. */
  path(name: string): string {
    return join(this.folder, name);
  }

  /** Writes a small file. @throws the file system's error, with the path in it even where writing fails */
  write(name: string, content: string): Promise<void> {
    const path = this.path(name);
    return about(path, () => writeFile(path, content, { flush: true }));
  }

  /** Gives `name`, written and synced, the target's name, replacing the file or the empty folder that had it. */
  async publish(name: string): Promise<void> {
    await replace(this.path(name), this.target);
    await syncFolder(dirname(this.target));
  }

  /**
   * Removes the folder with everything in it. Safe to call twice. One that cannot be removed now is removed once it is old: what
   * was made is made, and what failed before it is what is said.
   */
  async remove(): Promise<void> {
    await discard(this.folder);
    await this.claim.release();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.remove();
  }
}

/**
 * @returns whether there was no such file or folder yet
 * @throws what {@link notWritable} says
 */
async function makeFolder(path: string): Promise<boolean> {
  try {
    await mkdir(path, { mode: 0o700 });
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw notWritable(dirname(path), error);
  }
}

/** What keeps a staging folder from being made, in the words of who chose the target. */
function notWritable(parent: string, cause: unknown): Error {
  const { code = '', message } = cause as NodeJS.ErrnoException;
  return Object.assign(new Error(`nothing can be written into ${parent} (${message})`, { cause }), {
    code,
    path: parent,
  });
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

/** Tidies up behind runs that were killed, as far as the system allows: it is nobody's business of now. */
async function removeAbandoned(start: string, place: Place): Promise<void> {
  for (const name of await readdir(place.parent).catch(() => [])) {
    if (!name.startsWith(start) || !OWN_NAME.test(name.slice(start.length))) continue;
    const path = join(place.parent, name);
    const info = await lstat(path).catch(() => undefined);
    if (!info?.isDirectory()) continue;
    if (place.seen === NOWHERE || !name.startsWith(place.seen, start.length)) {
      if (Date.now() - info.mtimeMs > ABANDONED_AFTER_MS) await discard(path);
      continue;
    }
    await using claim = await claimOf(place, name);
    if (claim?.isHeld) await discard(path);
  }
}

/** What cannot be removed now is in nobody's way. */
function discard(folder: string): Promise<void> {
  return rm(folder, { recursive: true, force: true, maxRetries: 3 }).catch(() => undefined);
}

/** The folder that the target is in. */
interface Place {
  readonly parent: string;
  /** What it is, under whichever path it is seen. */
  readonly identity: string;
  /** Where claims are seen, {@link whereClaimsAreSeen}. */
  readonly seen: string;
}

/** Device and inode of a folder. @throws what {@link notWritable} says */
async function identityOf(folder: string): Promise<string> {
  try {
    const { dev, ino } = await stat(folder, { bigint: true });
    return `${dev} ${ino}`;
  } catch (error) {
    // A name of another kind would be no claim to who asks by this one, and what it is for would be taken for abandoned.
    throw notWritable(folder, error);
  }
}

/**
 * The claim of a staging folder, which need not be there.
 * @returns undefined if somebody else has it
 */
function claimOf({ identity }: Place, name: string): Promise<Claim | undefined> {
  return Claim.of(`staging ${identity} ${name}`);
}

/**
 * A name of where claims are seen: of this machine, on Linux since it was started and of this part of it (a container sees no claims of
 * others), elsewhere of its user's folder for temporary files.
 */
async function whereClaimsAreSeen(): Promise<string> {
  try {
    const words =
      process.platform === 'linux'
        ? [(await readFile('/proc/sys/kernel/random/boot_id', 'utf8')).trim(), await readlink('/proc/self/ns/net')]
        : [await realpath(tmpdir())];
    return createHash('sha256')
      .update([hostname(), ...words].join(' '))
      .digest('hex')
      .slice(0, 2 * PLACE_BYTES);
  } catch {
    return NOWHERE;
  }
}

/** As much of a name as there is room for. */
function shortened(name: string): string {
  let taken = name;
  while (encodeName(taken).length > MOST_TAKEN) taken = taken.slice(0, -1);
  return taken;
}

/**
 * Makes the rename itself durable, where the file system can: some cannot sync folders, and who may write into one need not be
 * allowed to open it. What was made has its name by now, and is whole on the disk, so nothing is undone where this fails; at worst
 * the former file has the name again after the power failed. Windows cannot open a folder for this and does not need it.
 */
async function syncFolder(folder: string): Promise<void> {
  if (process.platform === 'win32') return;
  const handle = await open(folder, 'r').catch(() => undefined);
  await handle?.sync().catch(() => undefined);
  await handle?.close().catch(() => undefined);
}
