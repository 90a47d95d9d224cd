import { randomFillSync } from 'node:crypto';
import { mkdir, open, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { digestContent, fileEntry } from '../../extension/engine/archive/content.ts';
import { directory } from '../../extension/engine/archive/entry.ts';
import { openArchive } from '../../extension/engine/archive/reader.ts';
import { writeArchive } from '../../extension/engine/archive/writer.ts';
import { comparePackages } from '../../extension/engine/browse/compare.ts';
import { PackageBrowser } from '../../extension/engine/browse/package-browser.ts';
import { PackageWalk } from '../../extension/engine/browse/package-walk.ts';
import { fastestBlake3, wasmBlake3 } from '../../extension/engine/hash/fastest-blake3.ts';
import { MemorySource } from '../../extension/engine/io/byte-source.ts';
import { FileSink } from '../../extension/engine/io/file-sink.ts';
import { FileSource } from '../../extension/engine/io/file-source.ts';
import { verifyPackage } from '../../extension/engine/verify/verify.ts';
import { testKey } from '../support/archives.ts';
import { childrenOf } from '../support/children.ts';
import { CountingSource } from '../support/counting-source.ts';
import { compare, noted } from './compare.ts';
import { run } from './root-file-system.ts';

const FOLDERS = 40;
const FILES = 25;
const FILE_SIZE = 1_000_000;

const blake3 = fastestBlake3();

/** Verifying, opening, looking into and comparing packages of the sizes that large services have. */
export async function benchPackages(folder: string): Promise<void> {
  const out = (name: string) => join(folder, name);
  await makeImage(folder, out('image.squashfs'));
  for (const name of ['before', 'after']) await makePackage(out(`${name}.s9pk`), name, out('image.squashfs'));
  const before = out('before.s9pk');
  const gigabytes = ((await stat(before)).size / 1e9).toFixed(2);
  const verify = (backend: typeof blake3) => async () => {
    await using source = await FileSource.open(before);
    const report = await verifyPackage(source, { blake3: backend });
    if (!report.intact) throw new Error('the package does not verify');
  };
  await compare(`verify a package of ${gigabytes} GB`, [
    [`s9pk (${blake3.name})`, verify(blake3)],
    ['b3sum --num-threads 1', () => run('b3sum', ['--num-threads', '1', before])],
  ]);
  await compare('the same without a native module', [
    ['s9pk (wasm)', verify(wasmBlake3)],
    [
      'blake3-wasm alone',
      async () => {
        await using source = await FileSource.open(before);
        await digestContent(source, wasmBlake3);
      },
    ],
  ]);

  const sparse = out('sparse.s9pk');
  await makeSparse(sparse, before);
  const opening = async () => {
    await using source = await FileSource.open(sparse);
    const counting = new CountingSource(source);
    await openArchive(counting, { blake3 });
    return counting.bytesRead;
  };
  const read = await opening();
  noted['read to open a package of 10 GB, bytes'] = read;
  await compare(
    `open a package of 10 GB, reading ${read} bytes of it`,
    [['s9pk', async () => void (await opening())]],
    20,
  );

  const browse = async (name: string, use: (browser: PackageBrowser) => Promise<unknown>) => {
    await using source = await FileSource.open(out(`${name}.s9pk`));
    await use(await PackageBrowser.open(source, blake3));
  };
  const listing = () =>
    browse('before', async (browser) => {
      const node = await browser.nodeAt('images/x86_64/main.squashfs');
      if ((await childrenOf(browser, node)).length !== FOLDERS) throw new Error('there is something else');
    });
  const comparing = () =>
    browse('before', (older) =>
      browse('after', async (newer) => {
        let count = 0;
        for await (const _ of comparePackages(older, newer, { before: new PackageWalk(), after: new PackageWalk() }))
          count++;
        if (count !== 1) throw new Error(`${count} differences`);
      }),
    );
  await compare(`list the root of an image of ${gigabytes} GB, the package opened first`, [['s9pk', listing]], 10);
  await compare(`compare two packages of ${gigabytes} GB that share an image`, [['s9pk', comparing]], 10);
}

/** An image of many files that do not compress, stored as they are: what is measured is finding them. */
async function makeImage(folder: string, image: string): Promise<void> {
  const content = join(folder, 'content');
  const bytes = new Uint8Array(FILE_SIZE);
  for (let index = 0; index < FOLDERS; index++) {
    await mkdir(join(content, `folder-${index}`), { recursive: true });
    for (let file = 0; file < FILES; file++) {
      await writeFile(join(content, `folder-${index}`, `file-${file}`), randomFillSync(bytes));
    }
  }
  run('mksquashfs', [content, image, '-quiet', '-no-progress', '-noappend', '-noD', '-noF']);
  await rm(content, { recursive: true });
}

/** A package with an image, as one of two releases that share it. */
async function makePackage(path: string, name: string, image: string): Promise<void> {
  await using content = await FileSource.open(image);
  const manifest = new TextEncoder().encode(JSON.stringify({ name }));
  const squashfs = await fileEntry(content, blake3);
  const root = directory([
    ['manifest.json', await fileEntry(new MemorySource(manifest), blake3)],
    ['images', directory([['x86_64', directory([['main.squashfs', squashfs]])]])],
  ]);
  await using sink = await FileSink.create(path);
  await writeArchive(root, sink, { blake3, signer: { key: testKey }, order: 'priority' });
}

/** What looks like a package of 10 GB from its tables. */
async function makeSparse(path: string, like: string): Promise<void> {
  const handle = await open(path, 'w');
  await handle.truncate(10_000_000_000);
  await handle.close();
  await using source = await FileSource.open(like);
  await writeFile(path, await source.read(0, 4096), { flag: 'r+' });
}
