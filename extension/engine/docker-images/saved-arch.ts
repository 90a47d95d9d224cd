import { BUDGET } from '../budget.ts';
import { TarStore } from '../image/blob-store.ts';
import { type ByteSource, readAll } from '../io/byte-source.ts';
import { objectOf } from '../json/object-of.ts';
import { archNamed } from '../package/parse-images.ts';
import type { SavedImage } from './saved-images.ts';

/**
 * The architecture that the images of one archive say they are for, under StartOS's name; undefined if none does.
 * @throws TarError, SyntaxError, RangeError
 */
export async function archOfSaved(tar: ByteSource, images: readonly SavedImage[]): Promise<string | undefined> {
  const store = await TarStore.index(tar);
  for (const { config } of images) {
    const blob = config === undefined ? undefined : await store.open(config);
    if (!blob) continue;
    const { architecture } = objectOf(JSON.parse(new TextDecoder().decode(await readAll(blob, BUDGET.configBytes))));
    if (typeof architecture === 'string' && architecture !== '') return archNamed(architecture);
  }
  return undefined;
}
