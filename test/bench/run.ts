import { open, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { digestContent, fileEntry } from '../../extension/engine/archive/content.ts';
import { directory } from '../../extension/engine/archive/entry.ts';
import { openArchive } from '../../extension/engine/archive/reader.ts';
import { writeArchive } from '../../extension/engine/archive/writer.ts';
import { comparePackages } from '../../extension/engine/browse/compare.ts';
import { PackageBrowser } from '../../extension/engine/browse/package-browser.ts';
import { fastestBlake3, wasmBlake3 } from '../../extension/engine/hash/fastest-blake3.ts';
import { openImage } from '../../extension/engine/image/image-source.ts';
import { MemorySource } from '../../extension/engine/io/byte-source.ts';
import { Closers } from '../../extension/engine/io/closers.ts';
import { FileSink } from '../../extension/engine/io/file-sink.ts';
import { FileSource } from '../../extension/engine/io/file-source.ts';
import { writeSquashfs } from '../../extension/engine/squashfs/writer.ts';
import { verifyPackage } from '../../extension/engine/verify/verify.ts';
import { testKey } from '../support/archives.ts';
import { temporaryFolder } from '../support/tools.ts';
import { compare } from './compare.ts';
import { benchDocker } from './docker.ts';
import { benchManifests } from './manifest.ts';
import { makeRootFileSystem, run } from './root-file-system.ts';

const blake3 = fastestBlake3();

await benchManifests();

await using temporary = await temporaryFolder();
const { tar, root, what } = makeRootFileSystem(temporary.path);
const out = (name: string) => join(temporary.path, name);
const megabytes = async (path: string) => ((await stat(path)).size / 1e6).toFixed(1);
console.log(`root file system: ${what}, ${await megabytes(tar)} MB as a tar`);

await compare('root file system tar to squashfs', [
  [
    's9pk (gzip)',
    async () => {
      await rm(out('ours'), { force: true });
      await using closers = new Closers();
      const image = await openImage(tar, closers, { arch: 'x86_64', scratch: temporary.path });
      if (image.kind !== 'tree') throw new Error('the tar is no root file system');
      await using sink = await FileSink.create(out('ours'));
      await writeSquashfs(image.root, sink, { blake3, label: 'bench' });
    },
  ],
  ['tar2sqfs -q (xz)', () => run('sh', ['-c', `tar2sqfs -q -f ${out('reference')} < ${tar}`])],
  ['tar2sqfs -c gzip', () => run('sh', ['-c', `tar2sqfs -q -f -c gzip ${out('theirs')} < ${tar}`])],
  ['mksquashfs (gzip)', () => run('mksquashfs', [root, out('mksquashfs'), '-quiet', '-no-progress', '-noappend'])],
]);
for (const name of ['ours', 'reference', 'theirs', 'mksquashfs'])
  console.log(`  ${name.padEnd(34)} ${await megabytes(out(name))} MB`);
console.log(`  peak memory of this process        ${(process.resourceUsage().maxRSS / 1000).toFixed(0)} MB`);

await benchDocker(temporary.path, tar);

const large = out('large.s9pk');
{
  const content = await FileSource.open(tar);
  const root = directory([['large', await fileEntry(content, blake3)]]);
  await using sink = await FileSink.create(large);
  await writeArchive(root, sink, { blake3, signer: { key: testKey }, order: 'priority' });
  await content.close();
}
await compare(`verify a package of ${await megabytes(large)} MB`, [
  [
    `s9pk (${blake3.name})`,
    async () => {
      await using source = await FileSource.open(large);
      const report = await verifyPackage(source, { blake3 });
      if (!report.intact) throw new Error('the package does not verify');
    },
  ],
  ['b3sum --num-threads 1', () => run('b3sum', ['--num-threads', '1', large])],
  [
    'blake3-wasm alone',
    async () => {
      await using source = await FileSource.open(large);
      await digestContent(source, wasmBlake3);
    },
  ],
]);

{
  const sparse = out('sparse.s9pk');
  const handle = await open(sparse, 'w');
  await handle.truncate(10_000_000_000);
  await handle.close();
  await using source = await FileSource.open(large);
  await writeFile(sparse, await source.read(0, 4096), { flag: 'r+' });
}
await compare(
  'open a package of 10 GB',
  [
    [
      's9pk',
      async () => {
        await using source = await FileSource.open(out('sparse.s9pk'));
        await openArchive(source, { blake3 });
      },
    ],
  ],
  20,
);

{
  // Two packages that share an image, as two releases do.
  const image = await FileSource.open(out('ours'));
  const entry = await fileEntry(image, blake3);
  for (const name of ['before', 'after']) {
    const bytes = new TextEncoder().encode(JSON.stringify({ name }));
    const manifest = await fileEntry(new MemorySource(bytes), blake3);
    const root = directory([
      ['manifest.json', manifest],
      ['images', directory([['x86_64', directory([['main.squashfs', entry]])]])],
    ]);
    await using sink = await FileSink.create(out(`${name}.s9pk`));
    await writeArchive(root, sink, { blake3, signer: { key: testKey }, order: 'priority' });
  }
  await image.close();
}
const browse = async (name: string, use: (browser: PackageBrowser) => Promise<unknown>) => {
  await using source = await FileSource.open(out(`${name}.s9pk`));
  await use(await PackageBrowser.open(source, blake3));
};
await compare(
  'look into an image',
  [
    [
      'open the package, list the root of its image',
      () =>
        browse('before', async (browser) => {
          const node = await browser.lookUp('images/x86_64/main.squashfs');
          if (!node || (await browser.children(node)).length === 0) throw new Error('there is nothing');
        }),
    ],
    [
      'compare two packages that share it',
      () =>
        browse('before', (before) =>
          browse('after', async (after) => {
            let count = 0;
            for await (const _ of comparePackages(before, after)) count++;
            if (count !== 1) throw new Error(`${count} differences`);
          }),
        ),
    ],
  ],
  10,
);
