import { stat } from 'node:fs/promises';
import { encodeMultiarch, MULTIARCH } from '../docker-images/images-section.ts';
import type { SectionContent } from '../sections/writer.ts';
import type { GnuItem } from '../tar/gnu-writer.ts';
import { diskItem, tarSection } from './assets-section.ts';

/**
 * The archives of images for several architectures, behind the list that says which there are (s9pk-v1 section 2.3).
 * @param archives those that are packed, as `<arch>.tar`
 */
export async function multiarchSection(
  archives: readonly { readonly arch: string; readonly path: string }[],
): Promise<SectionContent> {
  const sorted = [...archives].sort((a, b) => (a.arch < b.arch ? -1 : 1));
  const list = encodeMultiarch(sorted.map(({ arch }) => arch));
  const first: GnuItem = {
    name: MULTIARCH,
    kind: 'file',
    size: list.length,
    async *chunks() {
      yield list;
    },
  };
  const items = [first];
  for (const { arch, path } of sorted) items.push(diskItem(`${arch}.tar`, path, await stat(path), 0o644));
  return tarSection(items);
}
