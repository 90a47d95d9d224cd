import { compareNames } from '../archive/names.ts';
import { BUDGET } from '../budget.ts';
import { type ByteSource, MemorySource, readAll, readChunks } from '../io/byte-source.ts';
import { type GnuItem, writeGnuTar } from '../tar/gnu-writer.ts';
import { readTar } from '../tar/reader.ts';

/** What only lists images, for one archive; the list that counts is put together. */
const LISTS: readonly string[] = ['manifest.json', 'repositories', 'index.json', 'oci-layout'];

/**
 * One archive with the images of several, each as `docker save` writes it. Layers that they share are in it once, names sorted.
 * @throws TarError, SyntaxError
 */
export async function* mergeSaved(archives: readonly ByteSource[]): AsyncGenerator<Uint8Array> {
  const files = new Map<string, ByteSource>();
  const images: unknown[] = [];
  for (const archive of archives) {
    for await (const { path, type, content } of readTar(archive)) {
      if (type !== 'file') continue;
      if (path === 'manifest.json') {
        const list: unknown = JSON.parse(new TextDecoder().decode(await readAll(content, BUDGET.configBytes)));
        if (Array.isArray(list)) images.push(...list);
      } else if (!LISTS.includes(path)) files.set(path, content);
    }
  }
  const list = new TextEncoder().encode(JSON.stringify(images));
  files.set('manifest.json', new MemorySource(list));
  const sorted = [...files].sort(([a], [b]) => compareNames(a, b));
  yield* writeGnuTar(
    sorted.map(
      ([name, content]): GnuItem => ({
        name,
        kind: 'file',
        mode: 0o644,
        size: content.size,
        chunks: () => readChunks(content),
      }),
    ),
  );
}
