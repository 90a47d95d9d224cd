import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { encodeMultiarch, MULTIARCH } from '../docker-images/images-section.ts';
import type { SectionContent } from '../sections/writer.ts';
import type { GnuItem } from '../tar/gnu-writer.ts';
import { diskItem, tarSection } from './assets-section.ts';

/**
 * The archives of a folder of images for several architectures, behind the list that says which there are (s9pk-v1 section 2.3).
 * @param architectures those that are packed, each with its `<arch>.tar` in the folder
 */
export async function multiarchSection(folder: string, architectures: readonly string[]): Promise<SectionContent> {
  const sorted = [...architectures].sort();
  const list = encodeMultiarch(sorted);
  const first: GnuItem = {
    name: MULTIARCH,
    kind: 'file',
    size: list.length,
    async *chunks() {
      yield list;
    },
  };
  const items = [first];
  for (const arch of sorted) {
    const path = join(folder, `${arch}.tar`);
    items.push(diskItem(`${arch}.tar`, path, (await stat(path)).size, 0o644));
  }
  return tarSection(items);
}
