import { readFile } from 'node:fs/promises';
import { about, isNothingThere } from './system-errors.ts';

/** What stands for a text that is not for us: a folder, or a file that may not be read. */
const NOT_FOR_US = ['EISDIR', 'EACCES', 'EPERM'];

/** All bytes of a small file. @throws the file system's error, with the path in it even where reading fails. */
export function readWhole(path: string): Promise<Buffer> {
  return about(path, () => readFile(path));
}

/**
 * Reads a text file that decides about what is made; undefined if it is not there.
 * @throws the file system's error, above all where the file may not be read
 */
export async function readOwnText(file: string): Promise<string | undefined> {
  try {
    return (await readWhole(file)).toString('utf8');
  } catch (error) {
    if (isNothingThere(error) || (error as NodeJS.ErrnoException).code === 'EISDIR') return undefined;
    throw error;
  }
}

/** Reads a text file; undefined if it is not there, or not for us to read. @throws what a failing disk says */
export async function readText(file: string): Promise<string | undefined> {
  try {
    return (await readWhole(file)).toString('utf8');
  } catch (error) {
    if (isNothingThere(error) || NOT_FOR_US.includes((error as NodeJS.ErrnoException).code ?? '')) return undefined;
    throw error;
  }
}
