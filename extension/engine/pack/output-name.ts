import { basename, join, resolve } from 'node:path';
import { isFolder } from '../io/path-kind.ts';

/**
 * Where a package goes unless the user says otherwise, named as the SDK's make file does (s9pk-v2 section 6.3):
 * `<id>[_<VARIANT>].s9pk`, with `_<arch>` before the extension when it is for one architecture that was asked for.
 */
export function defaultOutput(
  folder: string,
  id: string,
  wanted: readonly string[],
  variant: string | undefined,
): string {
  const parts = [id, ...(variant ? [variant] : []), ...(wanted.length === 1 ? wanted : [])];
  return join(folder, `${parts.join('_')}.s9pk`);
}

/** Where a package goes: to a path that was given, into a folder that was given, else under its own name. */
export async function outputPath(given: string | undefined, named: string): Promise<string> {
  if (given === undefined) return named;
  const isInto = /[\\/]$/.test(given) || (await isFolder(resolve(given)));
  return isInto ? join(resolve(given), basename(named)) : resolve(given);
}
