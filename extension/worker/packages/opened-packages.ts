import type { PackageBrowser } from '../../engine/browse/package-browser.ts';
import { type LookedInto, lookInto } from './open-package.ts';
import type { Packages } from './packages.ts';

/** Packages that are kept open while somebody looks into them. */
const MAX_OPEN = 4;

/** By path and state: a package that was made anew is opened anew. */
const opened = new Map<string, OpenedPackage>();

/** A package that stays open until it is given up and no request reads it any more. */
class OpenedPackage {
  readonly looked: Promise<LookedInto>;
  private users = 0;
  private isGivenUp = false;

  constructor(looked: Promise<LookedInto>) {
    this.looked = looked;
  }

  get isIdle(): boolean {
    return this.users === 0;
  }

  async use<T>(work: (browser: PackageBrowser) => Promise<T>): Promise<T> {
    this.users++;
    try {
      return await work((await this.looked).browser);
    } finally {
      this.users--;
      if (this.isGivenUp) this.closeIfIdle();
    }
  }

  giveUp(): void {
    this.isGivenUp = true;
    this.closeIfIdle();
  }

  private closeIfIdle(): void {
    if (this.isIdle) this.looked.then((looked) => looked[Symbol.asyncDispose]()).catch(() => undefined);
  }
}

/** Looks into a package that is opened, or still open from the last time. It is not closed before `work` has ended. */
export async function inOpenedPackage<T>(
  packages: Packages,
  file: string,
  work: (browser: PackageBrowser) => Promise<T>,
): Promise<T> {
  const key = `${file}\0${await packages.stampOf(file)}`;
  const known = opened.get(key) ?? new OpenedPackage(lookInto(packages, file, true));
  // The last used stands last.
  opened.delete(key);
  opened.set(key, known);
  known.looked.catch(() => opened.get(key) === known && opened.delete(key));
  try {
    const result = known.use(work);
    closeOldest();
    return await result;
  } finally {
    closeOldest();
  }
}

/** Gives up what has not been asked for the longest; what is being read is left, and given up after a later request. */
function closeOldest(): void {
  for (const [key, old] of opened) {
    if (opened.size <= MAX_OPEN) return;
    if (!old.isIdle) continue;
    opened.delete(key);
    old.giveUp();
  }
}

/** Closes what was opened of a package, in whatever state, as soon as nobody reads it. */
export function closePackage(file: string): void {
  for (const [key, old] of opened) {
    if (!key.startsWith(`${file}\0`)) continue;
    opened.delete(key);
    old.giveUp();
  }
}
