import type { Blake3 } from '../hash/blake3.ts';
import { ImageError } from '../image/image-error.ts';
import type { ByteSource } from '../io/byte-source.ts';
import { generationOf } from '../verify/verify-either.ts';
import { PackageBrowser } from './package-browser.ts';
import { SectionsBrowser, type UnpackLayer } from './sections-browser.ts';

/** Where there is no disk for what is decompressed, layers must be plain, as `docker save` writes them. */
export const onlyPlain: UnpackLayer = async (blob, name) => {
  const start = await blob.read(0, 4);
  const isCompressed = (start[0] === 0x1f && start[1] === 0x8b) || (start[0] === 0x28 && start[1] === 0xb5);
  if (isCompressed) throw new ImageError(`${name} is compressed; open the package from a disk to look into it`);
  return blob;
};

/**
 * Looks into a package, whichever generation it is of.
 * @throws FindingError with every finding if it does not open.
 */
export async function openBrowser(source: ByteSource, blake3: Blake3, unpack = onlyPlain): Promise<PackageBrowser> {
  return (await generationOf(source)) === 1
    ? SectionsBrowser.openPackage(source, blake3, unpack)
    : PackageBrowser.open(source, blake3);
}
