import { readdir, realpath, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { compareNames } from '../archive/names.ts';
import { readPassing } from '../io/byte-source.ts';
import { type FileFacts, FileSource } from '../io/file-source.ts';
import type { SectionContent } from '../sections/writer.ts';
import { type GnuItem, sizeOfGnuTar, writeGnuTar } from '../tar/gnu-writer.ts';

/**
 * A file of the disk as an item of a tar, opened when its turn comes.
 * @param facts what the file system said of it when it was looked at
 */
export function diskItem(name: string, path: string, facts: FileFacts, mode: number): GnuItem {
  return { name, kind: 'file', size: facts.size, mode, chunks: () => chunksOf(path, facts) };
}

/** The bytes of a file of the disk, in order, each chunk in memory that is used again for the next. @throws FindingError `file-changed` */
async function* chunksOf(path: string, facts: FileFacts): AsyncGenerator<Uint8Array> {
  await using source = await FileSource.openSame(path, facts);
  yield* readPassing(source);
  await source.checkUnchanged();
}

/** A file of the disk as a section. */
export async function fileSection(path: string): Promise<SectionContent> {
  const facts = await stat(path);
  return { size: facts.size, chunks: () => chunksOf(path, facts) };
}

export function tarSection(items: readonly GnuItem[]): SectionContent {
  return { size: sizeOfGnuTar(items), chunks: () => writeGnuTar(items) };
}

/**
 * The folders of volumes of the type assets, each under the volume's name (s9pk-v1 section 2.4). Names are sorted, links followed,
 * and only whether a file may be run is kept of its mode, so that equal files give equal bytes.
 * @throws RangeError if links lead in circles
 */
export async function assetsSection(folder: string, volumes: readonly string[]): Promise<SectionContent> {
  const items: GnuItem[] = [];
  for (const id of [...volumes].sort(compareNames)) await collect(join(folder, id), id, items, []);
  return tarSection(items);
}

async function collect(path: string, name: string, items: GnuItem[], above: readonly string[]): Promise<void> {
  const real = await realpath(path);
  if (above.includes(real)) throw new RangeError(`the links in ${path} lead in circles`);
  items.push({ name, kind: 'directory', mode: 0o755, size: 0 });
  for (const child of (await readdir(path)).sort(compareNames)) {
    const full = join(path, child);
    const info = await stat(full);
    if (info.isDirectory()) await collect(full, `${name}/${child}`, items, [...above, real]);
    else if (info.isFile())
      items.push(diskItem(`${name}/${child}`, full, info, (info.mode & 0o111) === 0 ? 0o644 : 0o755));
  }
}
