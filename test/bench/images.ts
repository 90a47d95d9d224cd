import { rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { fastestBlake3 } from '../../extension/engine/hash/fastest-blake3.ts';
import { openImage } from '../../extension/engine/image/image-source.ts';
import { Closers } from '../../extension/engine/io/closers.ts';
import { FileSink } from '../../extension/engine/io/file-sink.ts';
import { writeSquashfs } from '../../extension/engine/squashfs/writer.ts';
import { compare } from './compare.ts';
import { benchDocker } from './docker.ts';
import { makeRootFileSystem, run } from './root-file-system.ts';

/** Writing the image of a distribution, and all that packing one takes, against the tools that packers use today. */
export async function benchImages(folder: string): Promise<void> {
  const blake3 = fastestBlake3();
  const { tar, root, what } = makeRootFileSystem(folder);
  const out = (name: string) => join(folder, name);
  const megabytes = async (path: string) => ((await stat(path)).size / 1e6).toFixed(1);
  console.log(`root file system: ${what}, ${await megabytes(tar)} MB as a tar`);

  await compare('root file system tar to squashfs', [
    [
      's9pk (gzip)',
      async () => {
        await rm(out('ours'), { force: true });
        await using closers = new Closers();
        const image = await openImage(tar, closers, { arch: 'x86_64', scratch: folder });
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

  await benchDocker(folder, tar);
}
