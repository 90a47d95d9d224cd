import { rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { fastestBlake3 } from '../../extension/engine/hash/fastest-blake3.ts';
import { openImage } from '../../extension/engine/image/image-source.ts';
import { readPassing } from '../../extension/engine/io/byte-source.ts';
import { Closers } from '../../extension/engine/io/closers.ts';
import { FileSink } from '../../extension/engine/io/file-sink.ts';
import { FileSource } from '../../extension/engine/io/file-source.ts';
import { type CodecSettings, codecFor, roomFor } from '../../extension/engine/squashfs/codec/codec.ts';
import { writeSquashfs } from '../../extension/engine/squashfs/write/writer.ts';
import { compare, noted } from './compare.ts';
import { benchDocker } from './docker.ts';
import { benchEventLoop } from './event-loop.ts';
import { benchPackingAgain } from './packing-again.ts';
import { makeRootFileSystem, run } from './root-file-system.ts';

/** The usual size of a block, in bytes. */
const BLOCK = 131_072;

/** The codec's own work, which no way to an image gets below: every block of a file, one after the other. */
async function compressBlocks(path: string, settings: CodecSettings): Promise<void> {
  const codec = codecFor(settings);
  const room = new Uint8Array(roomFor(BLOCK));
  await using source = await FileSource.open(path);
  for await (const chunk of readPassing(source, 8 * BLOCK)) {
    for (let start = 0; start < chunk.length; start += BLOCK)
      codec.compress(chunk.subarray(start, start + BLOCK), room);
  }
}

/** Writing the image of a distribution, and all that packing one takes, against the tools that packers use today. */
export async function benchImages(folder: string): Promise<void> {
  // Threads that compress start anew with the sources; from here they cost what those of the bundle do.
  process.env['NODE_COMPILE_CACHE'] ??= join(folder, 'compiled');
  const blake3 = fastestBlake3();
  const base = process.memoryUsage.rss();
  const { tar, root, what } = makeRootFileSystem(folder);
  const out = (name: string) => join(folder, name);
  const megabytes = async (path: string) => ((await stat(path)).size / 1e6).toFixed(1);
  console.log(`root file system: ${what}, ${await megabytes(tar)} MB as a tar`);

  const ours = (compressor: 'zstd' | 'gzip') => async () => {
    await rm(out(`ours-${compressor}`), { force: true });
    await using closers = new Closers();
    const image = await openImage(tar, closers, { arch: 'x86_64', scratch: folder });
    if (image.kind !== 'tree') throw new Error('the tar is no root file system');
    await using sink = await FileSink.create(out(`ours-${compressor}`));
    await writeSquashfs(image.root, sink, { blake3, label: 'bench', compressor });
  };
  const mksquashfs = (compressor: string, ...more: string[]) => {
    const quiet = ['-quiet', '-no-progress', '-noappend'];
    return () => run('mksquashfs', [root, out(`mksquashfs-${compressor}`), '-comp', compressor, ...more, ...quiet]);
  };
  const tar2sqfs = (name: string, how: string) => () =>
    run('sh', ['-c', `tar2sqfs -q -f ${how} ${out(name)} < ${tar}`]);
  await compare('root file system tar to squashfs, as it is made by default', [
    ['s9pk (zstd 4)', ours('zstd')],
    ['zstd alone, on one thread', () => compressBlocks(tar, { compressor: 'zstd', level: 4, blockSize: BLOCK })],
    ['tar2sqfs -q (xz)', tar2sqfs('reference', '')],
    ['tar2sqfs -c zstd (level 4)', tar2sqfs('theirs-zstd', '-c zstd -X level=4')],
    ['mksquashfs (zstd 4)', mksquashfs('zstd', '-Xcompression-level', '4')],
  ]);
  await compare('the same with gzip', [
    ['s9pk (gzip 6)', ours('gzip')],
    ['zlib alone, on one thread', () => compressBlocks(tar, { compressor: 'gzip', level: 6, blockSize: BLOCK })],
    ['tar2sqfs -c gzip', tar2sqfs('theirs-gzip', '-c gzip')],
    ['mksquashfs (gzip 9)', mksquashfs('gzip')],
  ]);
  const names = [
    'ours-zstd',
    'ours-gzip',
    'reference',
    'theirs-zstd',
    'theirs-gzip',
    'mksquashfs-zstd',
    'mksquashfs-gzip',
  ];
  for (const name of names) {
    const { size } = await stat(out(name));
    noted[`${name} bytes`] = size;
    console.log(`  ${name.padEnd(34)} ${(size / 1e6).toFixed(1)} MB`);
  }
  const peak = process.resourceUsage().maxRSS * 1024 - base;
  noted['peak memory above base, bytes'] = peak;
  noted['root file system'] = what;
  noted['root file system tar, bytes'] = (await stat(tar)).size;
  console.log(`  peak memory of this process        ${(peak / 1e6).toFixed(0)} MB above base`);

  await benchEventLoop(folder, tar);
  await benchPackingAgain(folder, root, tar);
  await benchDocker(folder, tar);
}
