import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * A folder with further fixtures and vectors, named by S9PK_SHARED. Tests that need it are skipped without it, never
 * with it.
 */
export const sharedFolder = process.env['S9PK_SHARED'];

export function sharedPath(...segments: string[]): string {
  const path = join(sharedFolder ?? '', ...segments);
  if (!existsSync(path)) throw new Error(`S9PK_SHARED is set, but ${path} is not there`);
  return path;
}

export function sharedJson<T>(...segments: string[]): T {
  return JSON.parse(readFileSync(sharedPath(...segments), 'utf8')) as T;
}

/** The options of a test that needs the shared folder. */
export const needsShared = sharedFolder ? {} : { skip: 'S9PK_SHARED is not set' };
