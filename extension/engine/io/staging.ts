import { mkdtemp, open, readdir, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';

/** Staging folders of runs that were killed are removed once they are this old. */
const ABANDONED_AFTER_MS = 24 * 60 * 60 * 1000;

/**
 * A hidden folder beside the target in which everything is made before it takes the target's name. On the same
 * file system as the target, so the last step is one atomic rename: whoever looks sees the old file or the new one.
 */
export class Staging {
  readonly target: string;
  readonly folder: string;

  private constructor(target: string, folder: string) {
    this.target = target;
    this.folder = folder;
  }

  /** @throws the file system's error if the target's folder is missing or not writable. */
  static async beside(target: string): Promise<Staging> {
    const absolute = resolve(target);
    const prefix = join(dirname(absolute), `.${basename(absolute)}.tmp-`);
    await removeAbandoned(prefix);
    return new Staging(absolute, await mkdtemp(prefix));
  }

  /** A path inside the staging folder. */
  path(name: string): string {
    return join(this.folder, name);
  }

  /** Gives `name`, written and synced, the target's name, replacing what had it. */
  async publish(name: string): Promise<void> {
    await rename(this.path(name), this.target);
    await syncFolder(dirname(this.target));
  }

  /** Removes the folder with everything in it. Safe to call twice. */
  async remove(): Promise<void> {
    await rm(this.folder, { recursive: true, force: true, maxRetries: 3 });
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.remove();
  }
}

async function removeAbandoned(prefix: string): Promise<void> {
  const folder = dirname(prefix);
  const start = basename(prefix);
  for (const name of await readdir(folder)) {
    if (!name.startsWith(start)) continue;
    const path = join(folder, name);
    const info = await stat(path).catch(() => undefined);
    if (info && Date.now() - info.mtimeMs > ABANDONED_AFTER_MS) await rm(path, { recursive: true, force: true });
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
