import assert from 'node:assert/strict';
import { truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { readRootTar } from '../../../extension/engine/image/layer-merge.ts';
import { MemorySource } from '../../../extension/engine/io/byte-source.ts';
import { FileSink } from '../../../extension/engine/io/file-sink.ts';
import { FileSource } from '../../../extension/engine/io/file-source.ts';
import type { DirectoryNode } from '../../../extension/engine/squashfs/node.ts';
import { writeSquashfs } from '../../../extension/engine/squashfs/write/writer.ts';
import { blake3 } from '../../support/archives.ts';
import { type TarItem, tarOf } from '../../support/tars.ts';
import { temporaryFolder, tool } from '../../support/tools.ts';

/** What `unsquashfs` lists of the image of a tree, a line an entry without the root. */
async function listImage(root: DirectoryNode, folder: string): Promise<string[]> {
  const image = join(folder, 'image.squashfs');
  await using sink = await FileSink.create(image);
  await writeSquashfs(root, sink, { blake3, label: 'test' });
  await sink.close();
  const listed = await tool('unsquashfs', ['-llnumeric', '-UTC', image]);
  return listed.toString().trimEnd().split('\n').slice(1);
}

test('98,000 files in one folder', async () => {
  await using temporary = await temporaryFolder();
  const names = Array.from({ length: 98_000 }, (_, index) => `many/file-${index}`);
  const root = await readRootTar(new MemorySource(tarOf(names.map((name) => ({ name, content: name.slice(-2) })))));
  const listed = await listImage(root, temporary.path);
  assert.equal(listed.filter((line) => line.startsWith('-rw-r--r--')).length, 98_000);
  assert.ok(listed.some((line) => line.endsWith('/many/file-97999')));
});

test('70,000 links to one file, and 70,000 symbolic links', async () => {
  await using temporary = await temporaryFolder();
  const items: TarItem[] = [{ name: 'file', content: 'once' }];
  for (let index = 0; index < 70_000; index++) {
    items.push({ name: `hard/${index}`, hardLinkTo: 'file' }, { name: `soft/${index}`, linkTo: '../file' });
  }
  const root = await readRootTar(new MemorySource(tarOf(items)));
  const listed = await listImage(root, temporary.path);
  assert.equal(listed.filter((line) => line.startsWith('-')).length, 70_001);
  assert.equal(listed.filter((line) => line.startsWith('l')).length, 70_000);
  const summary = (await tool('unsquashfs', ['-s', join(temporary.path, 'image.squashfs')])).toString();
  assert.match(summary, /Number of inodes 70004\b/, 'the hard links are one inode');
});

test('a sparse file of 5 GiB takes no room', async () => {
  await using temporary = await temporaryFolder();
  const file = join(temporary.path, 'sparse');
  await writeFile(file, 'start');
  await truncate(file, 5 * 2 ** 30);
  await tool('tar', [
    '--format=pax',
    '--sparse',
    '-C',
    temporary.path,
    '-cf',
    join(temporary.path, 'in.tar'),
    'sparse',
  ]);
  await using tar = await FileSource.open(join(temporary.path, 'in.tar'));
  assert.ok(tar.size < 20_000);
  const listed = await listImage(await readRootTar(tar), temporary.path);
  assert.match(listed.join('\n'), /5368709120 .* squashfs-root\/sparse$/m);
  await using image = await FileSource.open(join(temporary.path, 'image.squashfs'));
  assert.ok(image.size < 1 << 20, `${image.size} bytes`);
});

test('times from 1754 to 2242 are the nearest that an image can hold', async () => {
  await using temporary = await temporaryFolder();
  const years = [1754, 1969, 1970, 2038, 2106, 2242];
  for (const year of years) {
    await writeFile(join(temporary.path, `${year}`), '');
    await tool('touch', ['-d', `@${Date.UTC(year, 6, 1) / 1000}`, join(temporary.path, `${year}`)]);
  }
  const tar = await tool('tar', ['--format=pax', '-C', temporary.path, '-c', ...years.map(String)]);
  const listed = await listImage(await readRootTar(new MemorySource(tar)), temporary.path);
  const seen = years.map((year) => listed.find((line) => line.endsWith(`/${year}`))?.match(/\d{4}-\d\d-\d\d/)?.[0]);
  assert.deepEqual(seen, ['1970-01-01', '1970-01-01', '1970-07-01', '2038-07-01', '2106-02-07', '2106-02-07']);
});
