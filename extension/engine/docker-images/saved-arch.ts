import { BUDGET } from '../budget.ts';
import { type ByteSource, readAll } from '../io/byte-source.ts';
import { objectOf } from '../json/object-of.ts';
import { archNamed } from '../package/parse-images.ts';
import { readTar } from '../tar/reader.ts';
import type { SavedImage } from './saved-images.ts';

/**
 * The architecture that the images of one archive say they are for, under StartOS's name; undefined if none does.
 * @throws TarError, SyntaxError, RangeError
 */
export async function archOfSaved(tar: ByteSource, images: readonly SavedImage[]): Promise<string | undefined> {
  const wanted = new Set(images.flatMap(({ config }) => config ?? []));
  for await (const { path, type, content } of readTar(tar)) {
    if (type !== 'file' || !wanted.has(path)) continue;
    const { architecture } = objectOf(JSON.parse(new TextDecoder().decode(await readAll(content, BUDGET.configBytes))));
    if (typeof architecture === 'string' && architecture !== '') return archNamed(architecture);
  }
  return undefined;
}
