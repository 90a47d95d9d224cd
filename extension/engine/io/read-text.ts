import { readFile } from 'node:fs/promises';

/** Reads a text file; undefined if it is not there. */
export function readText(file: string): Promise<string | undefined> {
  return readFile(file, 'utf8').catch(() => undefined);
}
