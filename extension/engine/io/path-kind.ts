import type { Stats } from 'node:fs';
import { stat } from 'node:fs/promises';
import { isNothingThere } from './system-errors.ts';

/** Whether there is a file at `path`, links followed. @throws the file system's error where that cannot be known */
export async function isFile(path: string): Promise<boolean> {
  return (await statOf(path))?.isFile() ?? false;
}

/** Whether there is a folder at `path`, links followed. @throws the file system's error where that cannot be known */
export async function isFolder(path: string): Promise<boolean> {
  return (await statOf(path))?.isDirectory() ?? false;
}

/** What is at `path`, links followed; undefined if there is nothing. @throws the file system's error */
export function statOf(path: string): Promise<Stats | undefined> {
  return stat(path).catch((error) => {
    if (isNothingThere(error)) return undefined;
    throw error;
  });
}
