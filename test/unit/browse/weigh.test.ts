import assert from 'node:assert/strict';
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { openArchive } from '../../../extension/engine/archive/reader.ts';
import { PackageBrowser } from '../../../extension/engine/browse/package-browser.ts';
import { weigh } from '../../../extension/engine/browse/weigh.ts';
import { MemorySink } from '../../../extension/engine/io/byte-sink.ts';
import { MemorySource } from '../../../extension/engine/io/byte-source.ts';
import { readFolder } from '../../../extension/engine/squashfs/folder-tree.ts';
import { writeSquashfs } from '../../../extension/engine/squashfs/write/writer.ts';
import { layOut } from '../../../extension/host/packages/page/treemap.ts';
import { archiveBytes, blake3 } from '../../support/archives.ts';
import { validPackage } from '../../support/packages.ts';
import { temporaryFolder } from '../../support/tools.ts';

const IMAGE = 'images/x86_64/main.squashfs';
const SIZES = { 'bin/a': 5000, 'bin/deep/b': 70_000, 'etc/c': 10, d: 3000, 'log/1': 7, 'log/2': 8, empty: 0 };
const t = (text: string, ...args: (string | number)[]) =>
  text.replaceAll(/\{(\d)\}/g, (_, index) => String(args[Number(index)]));

async function browse(): Promise<PackageBrowser> {
  await using temporary = await temporaryFolder();
  for (const [path, size] of Object.entries(SIZES)) {
    await mkdir(join(temporary.path, dirname(path)), { recursive: true });
    await writeFile(join(temporary.path, path), Buffer.alloc(size, 1));
  }
  const sink = new MemorySink();
  await writeSquashfs(await readFolder(temporary.path, { mtime: 0 }), sink, { blake3, label: 'test' });
  const images = { x86_64: { 'main.squashfs': sink.bytes(), 'main.json': '{}', 'main.env': '' } };
  const bytes = await archiveBytes(validPackage({ images }));
  const { root } = await openArchive(new MemorySource(bytes), { blake3 });
  return new PackageBrowser(root, blake3);
}

test('a package is weighed by its files, an image by its folders with all that is below them', async () => {
  const browser = await browse();
  const whole = await weigh(browser, browser.root, 100);
  assert.ok(whole.parts.some(({ path, kind }) => path === IMAGE && kind === 'image'));
  assert.ok(whole.parts.every(({ kind }) => kind !== 'folder'));
  const image = await weigh(browser, await browser.nodeAt(IMAGE), 100);
  assert.deepEqual(
    image.parts.map(({ name, size, files, kind }) => [name, size, files, kind]),
    [
      ['bin', 75_000, 2, 'folder'],
      ['d', 3000, 1, 'file'],
      ['log', 15, 2, 'folder'],
      ['etc', 10, 1, 'folder'],
      ['empty', 0, 1, 'file'],
    ],
  );
  const total = Object.values(SIZES).reduce((sum, size) => sum + size, 0);
  assert.deepEqual([image.total, image.files, image.others], [total, 7, { count: 0, size: 0 }]);
  assert.ok((image.packed ?? 0) > 0);
});

test('what is not listed is counted, and a map covers all of it', async () => {
  const browser = await browse();
  const weighed = await weigh(browser, await browser.nodeAt(IMAGE), 2);
  assert.deepEqual(weighed.others, { count: 3, size: 25 });
  const { tiles, above } = layOut('test.s9pk', `${IMAGE}/bin`, weighed, t);
  assert.deepEqual(
    above.map(({ path, name }) => [path, name]),
    [
      ['', 'test.s9pk'],
      [IMAGE, IMAGE],
      [`${IMAGE}/bin`, 'bin'],
    ],
  );
  assert.deepEqual(tiles.map(({ kind }) => kind).toSorted(), ['file', 'folder', 'others']);
  const area = tiles.reduce((sum, { width, height }) => sum + width * height, 0);
  assert.ok(Math.abs(area - 10_000) < 0.01, String(area));
  for (const { left, top, width, height } of tiles)
    assert.ok(left >= 0 && top >= 0 && left + width <= 100.001 && top + height <= 100.001);
  const [first] = tiles.toSorted((a, b) => b.width * b.height - a.width * a.height);
  assert.ok(Math.abs(((first?.width ?? 0) * (first?.height ?? 0)) / 10_000 - 75_000 / 78_025) < 0.001);
});

test('nothing to weigh is no map, and walking ends when it is cancelled', async () => {
  const nothing = { total: 0, files: 0, parts: [], others: { count: 0, size: 0 }, findings: [] };
  assert.deepEqual(layOut('test.s9pk', '', nothing, t).tiles, []);
  const browser = await browse();
  const node = await browser.nodeAt(IMAGE);
  await assert.rejects(weigh(browser, node, 10, AbortSignal.abort(new Error('stop'))), /stop/);
});
