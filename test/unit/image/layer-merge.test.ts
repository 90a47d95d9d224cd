import assert from 'node:assert/strict';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { BUDGET } from '../../../extension/engine/budget.ts';
import { ImageError } from '../../../extension/engine/image/image-error.ts';
import { mergeLayers, rootOf } from '../../../extension/engine/image/layer-merge.ts';
import { type ByteSource, MemorySource } from '../../../extension/engine/io/byte-source.ts';
import type { TarEntry } from '../../../extension/engine/tar/reader.ts';
import { SparseSource } from '../../../extension/engine/tar/sparse.ts';
import { type TarItem, tarOf } from '../../support/tars.ts';
import { temporaryFolder, tool } from '../../support/tools.ts';
import { listTree } from '../../support/trees.ts';

const layer = (items: readonly TarItem[]): ByteSource => new MemorySource(tarOf(items));
const paths = async (...layers: (readonly TarItem[])[]) =>
  [...(await listTree(await mergeLayers(layers.map(layer)))).keys()].slice(1);

test('upper layers add, replace and keep', async () => {
  const tree = await mergeLayers([
    layer([
      { name: 'etc/', mode: 0o700 },
      { name: 'etc/a', content: 'old' },
      { name: 'etc/b', content: 'b' },
    ]),
    layer([
      { name: 'etc/', mode: 0o755 },
      { name: 'etc/a', content: 'newer' },
    ]),
  ]);
  const listing = await listTree(tree);
  assert.match(listing.get('/etc') ?? '', /^directory 755 /);
  assert.match(listing.get('/etc/a') ?? '', /^file 644 .* 5 /);
  assert.ok(listing.has('/etc/b'));
});

test('whiteouts remove what lower layers brought, not what their own layer brings', async () => {
  const lower: TarItem[] = [
    { name: 'd/' },
    { name: 'd/x', content: '' },
    { name: 'd/y', content: '' },
    { name: 'f', content: '' },
  ];
  assert.deepEqual(
    await paths(lower, [
      { name: '.wh.f', content: '' },
      { name: 'd/.wh.x', content: '' },
    ]),
    ['/d', '/d/y'],
  );
  assert.deepEqual(await paths(lower, [{ name: '.wh.d', content: '' }]), ['/f']);
  assert.deepEqual(
    await paths(lower, [
      { name: 'f', content: 'new' },
      { name: '.wh.f', content: '' },
    ]),
    ['/d', '/d/x', '/d/y', '/f'],
  );
  assert.deepEqual(await paths(lower, [{ name: 'd/' }, { name: 'd/z', content: '' }, { name: '.wh.d', content: '' }]), [
    '/d',
    '/d/z',
    '/f',
  ]);
  assert.deepEqual(
    await paths(lower, [
      { name: '.wh.nothing', content: '' },
      { name: '.wh..wh.plnk', content: '' },
    ]),
    ['/d', '/d/x', '/d/y', '/f'],
  );
});

test('an opaque marker empties a directory of what lower layers brought, wherever it stands', async () => {
  const lower: TarItem[] = [
    { name: 'd/' },
    { name: 'd/x', content: '' },
    { name: 'd/sub/' },
    { name: 'd/sub/x', content: '' },
  ];
  const marker: TarItem = { name: 'd/.wh..wh..opq', content: '' };
  assert.deepEqual(await paths(lower, [{ name: 'd/' }, marker, { name: 'd/new', content: '' }]), ['/d', '/d/new']);
  assert.deepEqual(
    await paths(lower, [{ name: 'd/' }, { name: 'd/sub/' }, { name: 'd/sub/new', content: '' }, marker]),
    ['/d', '/d/sub', '/d/sub/new'],
  );
});

test('types are replaced both ways', async () => {
  assert.deepEqual(await paths([{ name: 'a/' }, { name: 'a/b', content: '' }], [{ name: 'a', content: '' }]), ['/a']);
  assert.deepEqual(await paths([{ name: 'a', content: '' }], [{ name: 'a/' }, { name: 'a/b', content: '' }]), [
    '/a',
    '/a/b',
  ]);
  assert.deepEqual(
    await paths([{ name: 'lib', linkTo: 'usr/lib' }], [{ name: 'lib/' }, { name: 'lib/b', content: '' }]),
    ['/lib', '/lib/b'],
  );
});

test('hard links hold one file together, across layers too', async () => {
  const listing = await listTree(
    await mergeLayers([
      layer([
        { name: 'a', content: 'x' },
        { name: 'b', hardLinkTo: 'a' },
      ]),
      layer([
        { name: 'c', hardLinkTo: './b' },
        { name: '.wh.a', content: '' },
      ]),
    ]),
  );
  assert.deepEqual([...listing.keys()], ['', '/b', '/c']);
  assert.match(listing.get('/c') ?? '', /= \/b$/);
  await assert.rejects(mergeLayers([layer([{ name: 'a', hardLinkTo: 'nothing' }])]), ImageError);
});

test('paths through links stay inside the image', async () => {
  const inside = await paths(
    [
      { name: 'usr/lib/' },
      { name: 'lib', linkTo: 'usr/lib' },
      { name: 'up', linkTo: '../../../usr' },
      { name: 'abs', linkTo: '/usr/lib' },
    ],
    [
      { name: 'lib/x', content: '' },
      { name: 'up/y', content: '' },
      { name: 'abs/z', content: '' },
    ],
  );
  assert.deepEqual(inside, ['/abs', '/lib', '/up', '/usr', '/usr/lib', '/usr/lib/x', '/usr/lib/z', '/usr/y']);
  await assert.rejects(mergeLayers([layer([{ name: '../x', content: '' }])]), ImageError);
  await assert.rejects(mergeLayers([layer([{ name: 'a/../../x', content: '' }])]), ImageError);
  await assert.rejects(
    mergeLayers([
      layer([
        { name: 'l', linkTo: 'l' },
        { name: 'l/x', content: '' },
      ]),
    ]),
    ImageError,
  );
  assert.deepEqual(await paths([{ name: '/absolute', content: '' }]), ['/absolute']);
});

test('two layers made by GNU tar merge like extracting them one over the other', async () => {
  await using temporary = await temporaryFolder();
  const [lower, upper, both] = ['lower', 'upper', 'both'].map((name) => join(temporary.path, name)) as [
    string,
    string,
    string,
  ];
  for (const folder of [lower, upper, both]) await mkdir(join(folder, 'd'), { recursive: true });
  await writeFile(join(lower, 'd', 'a'), 'lower');
  await writeFile(join(lower, 'd', 'b'), 'lower');
  await writeFile(join(upper, 'd', 'b'), 'upper');
  await writeFile(join(upper, 'c'), 'upper');
  const tars = await Promise.all(
    [lower, upper].map((folder) => tool('tar', ['-C', folder, '--numeric-owner', '-c', '.'])),
  );
  await rm(both, { recursive: true });
  await mkdir(both);
  for (const tar of tars) {
    await writeFile(join(temporary.path, 'layer.tar'), tar);
    await tool('tar', ['-C', both, '-xpf', join(temporary.path, 'layer.tar')]);
  }
  const extracted = await tool('tar', ['-C', both, '--numeric-owner', '-c', '.']);
  const merged = await listTree(await mergeLayers(tars.map((tar) => new MemorySource(tar))));
  const expected = await listTree(await mergeLayers([new MemorySource(extracted)]));
  assert.deepEqual(merged, expected);
});

test('an image has as many names as a walk finds, and so much beside its contents as memory has room for', async () => {
  const nothing = new MemorySource(new Uint8Array(0));
  const file: Omit<TarEntry, 'path'> = {
    ...{ type: 'file', mode: 0o644, uid: 0, gid: 0, mtime: 0, linkPath: '', major: 0, minor: 0 },
    ...{ content: nothing, xattrs: new Map<string, Uint8Array>() },
  };
  // A thousand and twenty-four names each.
  const deep = (index: number): TarEntry => ({ ...file, path: `${index}${'/x'.repeat(1023)}` });
  const all = Array.from({ length: BUDGET.walkedEntries / 1024 }, (_, index) => deep(index));
  await rootOf(all);
  await assert.rejects(rootOf([...all, { ...file, path: 'one' }]), /the entry one cannot be taken: .* 1048576 names/);
  const large = new Map([['user.x', new Uint8Array(BUDGET.xattrBytes)]]);
  const sharing = (count: number) =>
    Array.from({ length: count }, (_, index) => ({ ...file, path: `${index}`, xattrs: large }));
  await assert.rejects(rootOf(sharing(4100)), /would take more than 268435456 bytes/);
  // What something else took the place of does not count.
  await rootOf(sharing(4100).map((entry, index) => ({ ...entry, path: `${index % 10}` })));
  const folders = sharing(4100).flatMap(({ path, xattrs }): TarEntry[] => [
    { ...file, path: `${path}/x` },
    { ...file, type: 'directory', path, xattrs },
  ]);
  await assert.rejects(rootOf(folders), /would take more than 268435456 bytes/, 'of folders that are there already');
  const many = (count: number, length: number) =>
    new Map(Array.from({ length: count }, (_, index) => [`user.${index}`.padEnd(length, 'x'), new Uint8Array(1)]));
  const names = many(4096, 80);
  const small = Array.from({ length: 200 }, (_, index) => ({ ...file, path: `${index}`, xattrs: names }));
  await assert.rejects(rootOf(small), /would take more than 268435456 bytes/, 'names of attributes');
  const tooLarge = [
    many(4097, 10),
    new Map([[`user.${'x'.repeat(251)}`, new Uint8Array(1)]]),
    new Map([['user.x', new Uint8Array(BUDGET.xattrBytes + 1)]]),
    new Map(Array.from({ length: 17 }, (_, index) => [`user.${index}`, new Uint8Array(BUDGET.xattrBytes)])),
  ];
  for (const xattrs of tooLarge) {
    await assert.rejects(rootOf([{ ...file, path: 'a', xattrs }]), /the entry a cannot be taken: .* any system takes/);
    await assert.rejects(rootOf([{ ...file, type: 'directory', path: '.', xattrs }]), /any system takes/);
  }
  const map = Array.from({ length: 100_000 }, (_, index) => ({ offset: 2 * index, length: 1 }));
  const content = SparseSource.of(new MemorySource(new Uint8Array(100_000)), map, 200_000, { position: 0 });
  const sparse = Array.from({ length: 50 }, (_, index) => ({ ...file, path: `${index}`, content }));
  await assert.rejects(rootOf(sparse), /maps of sparse files/);
});
