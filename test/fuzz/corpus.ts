import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** Inputs that once showed a mistake, or reach what others do not: tried first, and changed like the good ones. */
const FOLDER = join('test', 'fuzz', 'corpus');

export async function corpusOf(target: string): Promise<Uint8Array[]> {
  const folder = join(FOLDER, target);
  if (!existsSync(folder)) return [];
  const names = (await readdir(folder)).sort();
  return Promise.all(names.map(async (name) => new Uint8Array(await readFile(join(folder, name)))));
}

/** Keeps an input under its hash. @returns where */
export async function keep(target: string, input: Uint8Array): Promise<string> {
  const folder = join(FOLDER, target);
  await mkdir(folder, { recursive: true });
  const path = join(folder, createHash('sha256').update(input).digest('hex').slice(0, 16));
  await writeFile(path, input);
  return path;
}
