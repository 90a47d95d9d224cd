import { readArchive } from '../../engine/archive/reader.ts';
import { openBrowser } from '../../engine/browse/open-browser.ts';
import { PackageBrowser } from '../../engine/browse/package-browser.ts';
import { generationOf } from '../../engine/verify/verify-either.ts';
import type { Packages } from './packages.ts';

/** A package that somebody looks into, until it is disposed of. */
export interface LookedInto extends AsyncDisposable {
  readonly browser: PackageBrowser;
}

/**
 * Opens a package of either generation to look into it.
 * @param damagedToo also one whose signature does not fit, as long as its tables can be read
 * @throws FindingError with every finding if it does not open.
 */
export async function lookInto(packages: Packages, file: string, damagedToo = false): Promise<LookedInto> {
  const source = await packages.open(file);
  const layers = packages.layers?.();
  const dispose = async () => {
    await layers?.[Symbol.asyncDispose]();
    await source[Symbol.asyncDispose]();
  };
  try {
    const { blake3 } = packages;
    const { root } = damagedToo && (await generationOf(source)) === 2 ? await readArchive(source, { blake3 }) : {};
    const browser = root ? new PackageBrowser(root, blake3) : await openBrowser(source, blake3, layers?.unpack);
    return { browser, [Symbol.asyncDispose]: dispose };
  } catch (error) {
    await dispose();
    throw error;
  }
}
