import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { BUDGET } from '../budget.ts';
import { copies } from '../image/build/copies.ts';
import { isFile } from '../io/path-kind.ts';
import { readText } from '../io/whole-file.ts';

/** What an image is built from. */
export interface ImageRecipe {
  readonly id: string;
  readonly dockerfile: string;
  readonly context: string;
}

/**
 * Where an image of a wrapper for StartOS 0.3 is built from, whose manifests do not say it: the wrapper's Dockerfile if it is
 * called main or is the only one; else `<id>/Dockerfile`, `Dockerfile.<id>` or `<id>.Dockerfile`.
 * @returns undefined if there is none
 */
export async function recipeOf(folder: string, id: string, isOnly: boolean): Promise<ImageRecipe | undefined> {
  const own = join(folder, id, 'Dockerfile');
  if (await isFile(own)) return { id, dockerfile: own, context: join(folder, id) };
  const names = [`Dockerfile.${id}`, `${id}.Dockerfile`, ...(isOnly || id === 'main' ? ['Dockerfile'] : [])];
  for (const name of names) {
    const dockerfile = join(folder, name);
    if (await isFile(dockerfile)) return { id, dockerfile, context: folder };
  }
  return undefined;
}

/** When what an image is built from was changed last, in milliseconds since 1970: its Dockerfile and all that it copies. */
export async function newestInput({ dockerfile, context }: ImageRecipe): Promise<number> {
  const text = (await readText(dockerfile)) ?? '';
  const sources = copies(text).flatMap(({ words }) => words.slice(0, -1));
  const paths = sources
    .filter((source) => !/^[a-z]+:\/\/|^git@/.test(source))
    // From the first variable or pattern on anything may be meant.
    .map((source) =>
      source.split('/').reduce((path, part) => (/[$*?[]/.test(part) ? path : join(path, part)), context),
    );
  const count = { left: BUDGET.copiedFiles };
  const times: number[] = [await newestIn(dockerfile, count)];
  for (const path of new Set(paths)) times.push(await newestIn(path, count));
  return Math.max(...times);
}

async function newestIn(path: string, count: { left: number }): Promise<number> {
  if (count.left-- <= 0) return Number.POSITIVE_INFINITY;
  const info = await stat(path).catch(() => undefined);
  if (!info) return 0;
  if (!info.isDirectory()) return info.mtimeMs;
  let newest = 0;
  for (const entry of await readdir(path, { withFileTypes: true })) {
    if (NOT_INPUT.test(entry.name)) continue;
    newest = Math.max(newest, await newestIn(join(path, entry.name), count));
  }
  return newest;
}

/** What is made of a wrapper, and what no image is made of. */
const NOT_INPUT = /^(?:\.git|docker-images|node_modules|.*\.s9pk|image\.tar)$/;
