import { link, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { fileEntry } from '../../../extension/engine/archive/content.ts';
import { writeArchive } from '../../../extension/engine/archive/writer.ts';
import { fastestBlake3 } from '../../../extension/engine/hash/fastest-blake3.ts';
import { FileSink } from '../../../extension/engine/io/file-sink.ts';
import { FileSource } from '../../../extension/engine/io/file-source.ts';
import { writeSquashfs } from '../../../extension/engine/squashfs/write/writer.ts';
import { testKey } from '../../support/archives.ts';
import { goodManifest, validPackage } from '../../support/packages.ts';
import { treeOf } from '../scale/tree-of-files.ts';

/** What a workspace is filled with. */
export interface PackageKind {
  readonly name: string;
  /** Packages of the kind; they are links to one file. */
  readonly count: number;
  /** Files in the image, a thousand in a folder. */
  readonly filesInImage: number;
  /** Entries beside the image. */
  readonly entries: number;
}

/** Two hundred packages: most as small as packages are, some with as many names as anybody will list. */
export const KINDS: readonly PackageKind[] = [
  { name: 'small', count: 120, filesInImage: 20, entries: 0 },
  { name: 'usual', count: 60, filesInImage: 2000, entries: 20 },
  { name: 'wide', count: 20, filesInImage: 20_000, entries: 1500 },
];

/** Writes the packages of each kind into a folder of its own. */
export async function makeWorkspace(folder: string): Promise<void> {
  for (const kind of KINDS) {
    const own = join(folder, kind.name);
    await mkdir(own, { recursive: true });
    const [first, ...others] = Array.from({ length: kind.count }, (_, index) =>
      join(own, `${kind.name}-${String(index).padStart(3, '0')}.s9pk`),
    );
    if (first === undefined) continue;
    await writePackage(kind, first, join(folder, `${kind.name}.squashfs`));
    for (const other of others) await link(first, other);
  }
}

async function writePackage({ name, filesInImage, entries }: PackageKind, path: string, image: string): Promise<void> {
  const blake3 = fastestBlake3();
  {
    await using sink = await FileSink.create(image);
    await writeSquashfs(treeOf(filesInImage), sink, { blake3, label: 'image' });
  }
  await using source = await FileSource.open(image);
  const others = Array.from({ length: entries }, (_, index) => [`other-${index}.json`, '{}'] as const);
  const root = validPackage({
    'manifest.json': JSON.stringify({ ...goodManifest, id: name, title: `The ${name} one` }),
    images: {
      x86_64: {
        'main.squashfs': await fileEntry(source, blake3),
        'main.json': '{}',
        'main.env': '',
        ...Object.fromEntries(others),
      },
    },
  });
  await using sink = await FileSink.create(path);
  await writeArchive(root, sink, { blake3, signer: { key: testKey }, order: 'priority' });
}
