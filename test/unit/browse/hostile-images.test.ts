import assert from 'node:assert/strict';
import { lstat, mkdir, readdir, readFile, stat, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { openArchive } from '../../../extension/engine/archive/reader.ts';
import { comparePackages } from '../../../extension/engine/browse/compare.ts';
import { exportImage } from '../../../extension/engine/browse/export-image.ts';
import { extract } from '../../../extension/engine/browse/extract.ts';
import { PackageBrowser } from '../../../extension/engine/browse/package-browser.ts';
import { PackageWalk } from '../../../extension/engine/browse/package-walk.ts';
import { weigh } from '../../../extension/engine/browse/weigh.ts';
import type { FindingError } from '../../../extension/engine/finding.ts';
import { MemorySink } from '../../../extension/engine/io/byte-sink.ts';
import { MemorySource } from '../../../extension/engine/io/byte-source.ts';
import { writeSquashfs } from '../../../extension/engine/squashfs/write/writer.ts';
import { archiveBytes, blake3 } from '../../support/archives.ts';
import { validPackage } from '../../support/packages.ts';
import { temporaryFolder, tool } from '../../support/tools.ts';

/**
 * Images that are signed rightly and made to hurt whoever looks into them: written by mksquashfs without compressing its
 * tables, and changed there.
 */

const PATH = 'images/x86_64/main.squashfs';
let temporary: Awaited<ReturnType<typeof temporaryFolder>>;
before(async () => {
  temporary = await temporaryFolder();
});
after(() => temporary[Symbol.asyncDispose]());

/** Bytes of what is still held. */
function heapInUse(): number {
  setFlagsFromString('--expose-gc');
  (runInNewContext('gc') as () => void)();
  return process.memoryUsage().heapUsed;
}

let made = 0;
async function imageOf(fill: (folder: string) => Promise<void>, options: readonly string[] = []): Promise<Buffer> {
  const base = join(temporary.path, `${made++}`);
  const folder = join(base, 'in');
  await mkdir(folder, { recursive: true });
  await fill(folder);
  const image = join(base, 'image.squashfs');
  await tool('mksquashfs', [folder, image, '-quiet', '-no-progress', '-noI', '-noId', '-all-root', ...options]);
  return readFile(image);
}

/** Where a name stands in the directory table, which is not compressed. */
function nameAt(image: Buffer, name: string): number {
  const table = Number(image.readBigUInt64LE(72));
  const at = image.indexOf(name, table);
  assert.ok(at > table, name);
  return at;
}

async function open(image: Uint8Array): Promise<PackageBrowser> {
  const bytes = await archiveBytes(validPackage({ images: { x86_64: { 'main.squashfs': image } } }));
  return new PackageBrowser((await openArchive(new MemorySource(bytes), { blake3 })).root, blake3);
}

async function walked(browser: PackageBrowser): Promise<{ paths: string[]; found: string[] }> {
  const walk = new PackageWalk();
  const paths: string[] = [];
  for await (const { path } of walk.below(browser, await browser.nodeAt(PATH))) paths.push(path.slice(PATH.length));
  return {
    paths,
    found: walk.found.all().map(({ where, message }) => `${where.path?.slice(PATH.length)}: ${message}`),
  };
}

const target = () => join(temporary.path, `out-${made++}`);

test('a folder that stands under two names is entered once, whoever walks', async () => {
  // Forty folders, each with two names for the next: 2^40 paths.
  const image = await imageOf(async (folder) => {
    let at = folder;
    for (let level = 0; level < 40; level++) {
      await mkdir(join(at, 'aa'), { recursive: true });
      await mkdir(join(at, 'bb'));
      at = join(at, 'aa');
    }
    await writeFile(join(at, 'end'), '');
  });
  // The entry of each bb is made the one of its aa: the offset of the inode stands 8 bytes before the name.
  for (let at = image.indexOf('bb', nameAt(image, 'aa')); at > 0; at = image.indexOf('bb', at + 1)) {
    const same = image.lastIndexOf('aa', at);
    image.copy(image, at - 8, same - 8, same - 6);
  }
  const browser = await open(image);
  const { paths, found } = await walked(browser);
  assert.equal(paths.length, 81);
  assert.equal(found.length, 40);
  assert.match(found[0] ?? '', /stands under two names; it is entered once$/);
  const walks = { before: new PackageWalk(), after: new PackageWalk() };
  for await (const { path } of comparePackages(await open(image), await open(Buffer.concat([image, image])), walks))
    assert.ok(path);
  assert.equal((await weigh(browser, await browser.nodeAt(PATH), 10)).findings.length, 40);
  const output = target();
  const { findings } = await extract(browser, await browser.nodeAt(PATH), output, { intoImage: true });
  assert.equal(findings.length, 40);
  assert.ok((await lstat(join(output, 'aa/aa/bb'))).isDirectory());
  const options = { id: 'main', arch: 'x86_64', format: 'tar' as const, output: target() };
  await assert.rejects(exportImage(browser, options), /stands under two names/);
});

test('of a name that stands twice in a folder the first counts; names out of order are damage', async () => {
  const image = await imageOf(async (folder) => {
    for (const name of ['name-1', 'name-2', 'name-3']) await writeFile(join(folder, name), name);
  });
  const twice = Buffer.from(image);
  twice.write('name-1', nameAt(twice, 'name-2'));
  const browser = await open(twice);
  const { paths, found } = await walked(browser);
  assert.deepEqual(paths, ['/name-1', '/name-3']);
  assert.match(found.join(), /: a directory holds the name "name-1" twice; the first counts$/);
  const output = target();
  await extract(browser, await browser.nodeAt(PATH), output, { intoImage: true });
  assert.equal(await readFile(join(output, 'name-1'), 'utf8'), 'name-1');
  const shuffled = Buffer.from(image);
  shuffled.write('name-0', nameAt(shuffled, 'name-2'));
  assert.match((await walked(await open(shuffled))).found.join(), /not in order/);
});

test('what a file claims to be is believed when it is read: lists of blocks cost nothing before', async () => {
  const image = await imageOf(async (folder) => {
    await writeFile(join(folder, 'large'), 'start');
    await truncate(join(folder, 'large'), 2 ** 26);
  });
  // An extended inode: type, mode, ids, time and number, the start, then the size.
  const at = image.indexOf(Buffer.from(BigUint64Array.of(1n << 26n).buffer));
  assert.ok(at > 0);
  image.writeBigUInt64LE(1n << 44n, at);
  const browser = await open(image);
  const { paths } = await walked(browser);
  assert.deepEqual(paths, ['/large']);
  const node = await browser.nodeAt(`${PATH}/large`);
  assert.equal(node.size, 2 ** 44);
  await assert.rejects(browser.content(node), (error: FindingError) => /claims to have/.test(error.message));
});

test('holes stay holes when a file is extracted', async () => {
  const image = await imageOf(async (folder) => {
    await writeFile(join(folder, 'holes'), 'start');
    await truncate(join(folder, 'holes'), 2 ** 30);
  });
  const browser = await open(image);
  const output = target();
  await extract(browser, await browser.nodeAt(PATH), output, { intoImage: true });
  const { size, blocks } = await stat(join(output, 'holes'));
  assert.equal(size, 2 ** 30);
  assert.ok(blocks * 512 < 8 << 20, `${blocks * 512} bytes on the disk`);
});

test('a block that cannot be decompressed is a finding with the path, and the others are extracted', async () => {
  const image = await imageOf(
    async (folder) => {
      await writeFile(join(folder, 'bad'), 'b'.repeat(300_000));
      await writeFile(join(folder, 'good'), 'g');
    },
    ['-no-fragments'],
  );
  image.fill(0x55, 96, 100);
  const browser = await open(image);
  const output = target();
  const { findings, files } = await extract(browser, await browser.nodeAt(PATH), output, { intoImage: true });
  assert.deepEqual([files, await readdir(output)], [1, ['good']]);
  assert.deepEqual(
    findings.map(({ code, where }) => [code, where.path]),
    [['image-unreadable', `${PATH}/bad`]],
  );
});

test('a data block that claims to be larger than blocks are is damage', async () => {
  const image = await imageOf(
    async (folder) => writeFile(join(folder, 'file'), Buffer.alloc(300_000, 'abcdefg')),
    ['-no-fragments'],
  );
  // In a basic inode the sizes of the blocks follow the size of the file.
  const at = image.indexOf(Buffer.from(Uint32Array.of(300_000).buffer), Number(image.readBigUInt64LE(64)));
  assert.ok(at > 0);
  image.writeUInt32LE((1 << 24) | (131_072 + 1), at + 4);
  const browser = await open(image);
  const content = await browser.content(await browser.nodeAt(`${PATH}/file`));
  await assert.rejects(async () => content?.read(0, 10), /a data block is larger than the block size/);
});

test('names that a disk does not take are left out one by one', async () => {
  const image = await imageOf(async (folder) => {
    for (const name of ['con', 'a:b', 'a\\b', 'dot.', 'fine']) await writeFile(join(folder, name), name);
    await tool('ln', ['-s', '..\\..\\Users', join(folder, 'link-1')]);
    await tool('ln', ['-s', 'C:/Windows', join(folder, 'link-2')]);
    await tool('ln', ['-s', 'fine', join(folder, 'link-3')]);
  });
  const browser = await open(image);
  const output = target();
  const options = { intoImage: true, platform: 'win32' as const };
  const { findings } = await extract(browser, await browser.nodeAt(PATH), output, options);
  assert.deepEqual((await readdir(output)).sort(), ['fine', 'link-3']);
  assert.equal(findings.length, 6);
});

test('300,000 names are listed a page at a time, in little memory, and the walk hears its signal', async () => {
  const attributes = { mode: 0o777, uid: 0, gid: 0, mtime: 0 };
  const names = Array.from({ length: 300_000 }, (_, index) => `n${String(index).padStart(6, '0')}`);
  const children = new Map(names.map((name) => [name, { kind: 'symlink' as const, ...attributes, target: 'x' }]));
  const sink = new MemorySink();
  await writeSquashfs({ kind: 'directory', ...attributes, children }, sink, { blake3, label: 'test' });
  const image = sink.bytes();
  const browser = await open(image);
  const node = await browser.nodeAt(PATH);
  let listed = 0;
  const before = heapInUse();
  for await (const { name } of browser.list(node, new PackageWalk(), 299_990)) {
    assert.match(name, /^n2999/);
    listed++;
  }
  assert.equal(listed, 10);
  const grown = heapInUse() - before;
  assert.ok(grown < 16 << 20, `${grown} bytes`);
  const controller = new AbortController();
  let cancelled = 0;
  setTimeout(() => {
    cancelled = performance.now();
    controller.abort(new Error('cancelled'));
  }, 150);
  await assert.rejects(async () => {
    for await (const child of new PackageWalk(controller.signal).below(browser, node)) assert.ok(child.name);
  }, /cancelled/);
  assert.ok(performance.now() - cancelled < 100, `${performance.now() - cancelled} ms`);
});
