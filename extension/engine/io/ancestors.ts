import { realpath, stat } from 'node:fs/promises';
import { homedir } from 'node:os';
import { dirname, resolve } from 'node:path';
import { isNothingThere } from './system-errors.ts';

/**
 * A folder and those above it, from the inside out, as far as they are the same person's matter: up to and with the home
 * folder for what lies in it, and never into another file system.
 */
export async function ancestorsOf(folder: string, home = homedir()): Promise<string[]> {
  const start = resolve(folder);
  const top = await realOf(home);
  let device = await deviceOf(start);
  const found = [start];
  for (let current = start; (await realOf(current)) !== top && dirname(current) !== current; ) {
    current = dirname(current);
    const own = await deviceOf(current);
    // Of a folder that is not there yet the next one above tells.
    device ??= own;
    if (own !== device) break;
    found.push(current);
  }
  return found;
}

/** A path with all links followed, as far as it is there. */
async function realOf(path: string): Promise<string> {
  return realpath(path).catch((error) => orElse(error, resolve(path)));
}

/** Undefined for what is not there (yet) or may not be looked at. */
async function deviceOf(folder: string): Promise<number | undefined> {
  return stat(folder).then(
    ({ dev }) => dev,
    (error) => orElse(error, undefined),
  );
}

/** What counts in the place of what is not there or may not be looked at. @throws any other error of the file system */
function orElse<T>(error: unknown, instead: T): T {
  if (isNothingThere(error) || (error as NodeJS.ErrnoException).code === 'EACCES') return instead;
  throw error;
}

/** Whether a file belongs to the user of this process; on Windows, where nothing says so, it does. */
export async function isOwn(path: string): Promise<boolean> {
  const user = process.getuid?.();
  return user === undefined || (await stat(path)).uid === user;
}
