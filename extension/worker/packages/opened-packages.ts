import type { PackageBrowser } from '../../engine/browse/package-browser.ts';
import { type LookedInto, lookInto } from './open-package.ts';
import type { Packages } from './packages.ts';

/** Packages that are kept open while somebody looks into them. */
const MAX_OPEN = 4;

/** By path and state: a package that was made anew is opened anew. */
const opened = new Map<string, Promise<LookedInto>>();

/** A package, opened or still open from the last time. */
export async function openedPackage(packages: Packages, file: string): Promise<PackageBrowser> {
  const key = `${file}\0${await packages.stampOf(file)}`;
  const known = opened.get(key) ?? lookInto(packages, file, true);
  // The last used stands last.
  opened.delete(key);
  opened.set(key, known);
  known.catch(() => opened.delete(key));
  for (const [oldest, old] of opened) {
    if (opened.size <= MAX_OPEN) break;
    opened.delete(oldest);
    old.then((looked) => looked[Symbol.asyncDispose]()).catch(() => undefined);
  }
  return (await known).browser;
}

/** Closes what was opened of a package, in whatever state. */
export function closePackage(file: string): void {
  for (const [key, old] of opened) {
    if (!key.startsWith(`${file}\0`)) continue;
    opened.delete(key);
    old.then((looked) => looked[Symbol.asyncDispose]()).catch(() => undefined);
  }
}
