import assert from 'node:assert/strict';
import { mkdir, readdir, readFile, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { digestContent } from '../../../extension/engine/archive/content.ts';
import { fastestBlake3 } from '../../../extension/engine/hash/fastest-blake3.ts';
import { type CachedImage, cacheFolder, ImageCache } from '../../../extension/engine/image/cache/image-cache.ts';
import { MemorySource, readAll } from '../../../extension/engine/io/byte-source.ts';
import { Closers } from '../../../extension/engine/io/closers.ts';
import { temporaryFolder } from '../../support/tools.ts';

const blake3 = fastestBlake3();
const CONFIG = { env: ['A=b'], workdir: '/w', user: 'u', entrypoint: ['/x'], cmd: null };
const image = (name: string): CachedImage => ({
  digest: `sha256:${name}`,
  arch: 'x86_64',
  mtime: 0,
  compressor: 'zstd',
});

/** Puts bytes in as an image. */
async function put(cache: ImageCache, folder: string, name: string, size: number): Promise<void> {
  const path = join(folder, 'made');
  await writeFile(path, Buffer.alloc(size, name));
  const { hash } = await digestContent(new MemorySource(await readFile(path)), blake3);
  await cache.put(image(name), `images/${name}`, path, hash, { config: CONFIG, keys: [] });
}

async function take(cache: ImageCache, what: CachedImage): Promise<Uint8Array | undefined> {
  await using closers = new Closers();
  const found = await cache.take(what, 'x', closers, { blake3 });
  if (!found) return undefined;
  assert.deepEqual(found.config, CONFIG);
  return await readAll(found.squashfs.content, 1 << 20);
}

test('what was put in comes out, and nothing else', async () => {
  await using temporary = await temporaryFolder();
  const cache = new ImageCache(join(temporary.path, 'cache'));
  assert.deepEqual(await cache.list(), []);
  assert.equal(await take(cache, image('a')), undefined);
  await put(cache, temporary.path, 'a', 5000);
  assert.ok(await cache.has(image('a')));
  assert.deepEqual(await take(cache, image('a')), new Uint8Array(Buffer.alloc(5000, 'a')));
  assert.ok(!(await cache.has(image('b'))));
  assert.ok(!(await cache.has({ ...image('a'), mtime: 1 })), 'another time is another image');
  assert.ok(!(await cache.has({ ...image('a'), arch: 'aarch64' })), 'another architecture, too');
  assert.ok(!(await cache.has({ ...image('a'), compressor: 'gzip' })), 'another compressor, too');
  assert.ok(!(await cache.has({ ...image('a'), level: 9 })), 'another level, too');
  assert.deepEqual(
    (await cache.list()).map(({ label, size }) => [label, size]),
    [['images/a', 5000]],
  );
  await cache.clear();
  assert.ok(!(await cache.has(image('a'))));
});

test('a record that is no configuration does not become part of a package', async () => {
  await using temporary = await temporaryFolder();
  const folder = join(temporary.path, 'cache');
  const cache = new ImageCache(folder);
  for (const damage of [
    { env: ['A=b', 1] },
    { env: null },
    { workdir: 1 },
    { user: null },
    { entrypoint: 'x' },
    { cmd: [1] },
  ]) {
    await put(cache, temporary.path, 'a', 5000);
    const [name] = (await readdir(folder)).filter((file) => file.endsWith('.json'));
    assert.ok(name);
    const record = JSON.parse(await readFile(join(folder, name), 'utf8')) as { config: object };
    await writeFile(join(folder, name), JSON.stringify({ ...record, config: { ...record.config, ...damage } }));
    await using closers = new Closers();
    assert.equal(await cache.take(image('a'), 'x', closers, { blake3 }), undefined, JSON.stringify(damage));
  }
});

test('a damaged entry is noticed and removed', async () => {
  await using temporary = await temporaryFolder();
  const folder = join(temporary.path, 'cache');
  const cache = new ImageCache(folder);
  for (const [suffix, damage] of [
    ['squashfs', Buffer.alloc(5000, 'x')],
    ['squashfs', Buffer.alloc(10, 'a')],
    ['json', Buffer.from('{')],
    ['json', Buffer.from('null')],
    ['json', Buffer.from('{ "blake3": "00", "config": { "env": 1 } }')],
  ] as const) {
    await put(cache, temporary.path, 'a', 5000);
    const name = (await readdir(folder)).find((item) => item.endsWith(suffix)) ?? '';
    await writeFile(join(folder, name), damage);
    assert.equal(await take(cache, image('a')), undefined, `${suffix} ${damage.length}`);
    await put(cache, temporary.path, 'a', 5000);
    assert.ok(await take(cache, image('a')), 'it is made again');
  }
});

test('only what is ours is removed, and nothing of a folder that is not', async () => {
  await using temporary = await temporaryFolder();
  const folder = join(temporary.path, 'cache');
  const cache = new ImageCache(folder);
  await put(cache, temporary.path, 'a', 5000);
  await writeFile(join(folder, 'letter.txt'), 'mine');
  await cache.clear();
  assert.deepEqual(await readdir(folder), ['letter.txt'], 'what somebody put there stays');
  await assert.rejects(cache.clear(), /is not a cache of ours/);
  const home = join(temporary.path, 'home');
  await mkdir(join(home, 'icons'), { recursive: true });
  for (const name of ['photo.squashfs', 'icons/face.png']) await writeFile(join(home, name), 'mine');
  await assert.rejects(new ImageCache(home).clear(), /is not a cache of ours/);
  assert.deepEqual((await readdir(home, { recursive: true })).sort(), [
    'icons',
    join('icons', 'face.png'),
    'photo.squashfs',
  ]);
  await new ImageCache(join(temporary.path, 'none')).clear();
  // Caches from before there were marks are told by their names.
  const old = join(temporary.path, 'old');
  await mkdir(join(old, 'icons'), { recursive: true });
  await writeFile(join(old, `${'a'.repeat(64)}.squashfs`), '');
  await writeFile(join(old, 'icons', `${'b'.repeat(64)}.json`), '');
  await new ImageCache(old).clear();
  assert.ok(!(await readdir(temporary.path)).includes('old'));
});

test('the least recently used images go when there are too many bytes', async () => {
  await using temporary = await temporaryFolder();
  const folder = join(temporary.path, 'cache');
  const cache = new ImageCache(folder, 10_000);
  await put(cache, temporary.path, 'a', 4000);
  await put(cache, temporary.path, 'b', 4000);
  for (const name of await readdir(folder)) await utimes(join(folder, name), 1000, 1000);
  assert.ok(await take(cache, image('a')), 'a is used again');
  await put(cache, temporary.path, 'c', 4000);
  assert.deepEqual(
    [await cache.has(image('a')), await cache.has(image('b')), await cache.has(image('c'))],
    [true, false, true],
  );
  assert.ok((await readdir(folder)).every((name) => !name.includes('.tmp-')));
});

test('what a killed process was writing goes after a day', async () => {
  await using temporary = await temporaryFolder();
  const folder = join(temporary.path, 'cache');
  const cache = new ImageCache(folder);
  await mkdir(folder);
  const names = [1, 2, 3].map((digit) => `${String(digit).repeat(64)}.tmp-00000000-0000-4000-8000-000000000000`);
  const [recent = '', old = '', index = ''] = names.map((name, at) =>
    at === 2 ? `${name.slice(0, 64)}.source.json${name.slice(64)}` : name,
  );
  for (const name of [recent, old, index, 'own.tmp-file']) await writeFile(join(folder, name), '');
  const yesterday = new Date(Date.now() - 25 * 60 * 60 * 1000);
  for (const name of [old, index, 'own.tmp-file']) await utimes(join(folder, name), yesterday, yesterday);
  await put(cache, temporary.path, 'a', 100);
  const left = (await readdir(folder)).filter((name) => name.includes('.tmp-'));
  assert.deepEqual(left.sort(), [recent, 'own.tmp-file']);
});

test('a folder that cannot be written to is no failure', async () => {
  await using temporary = await temporaryFolder();
  const file = join(temporary.path, 'file');
  await writeFile(file, '');
  const cache = new ImageCache(join(file, 'cache'));
  await put(cache, temporary.path, 'a', 10);
  assert.ok(!(await cache.has(image('a'))));
});

test('the cache lies where the system keeps caches', () => {
  assert.equal(cacheFolder({ S9PK_CACHE: '/c' }), '/c');
  assert.equal(cacheFolder({ XDG_CACHE_HOME: '/x' }, 'linux'), join('/x', 's9pk-studio', 'images'));
  assert.match(cacheFolder({}, 'darwin'), /Library.Caches.s9pk-studio.images$/);
  assert.match(cacheFolder({ LOCALAPPDATA: 'C:\\L' }, 'win32'), /^C:\\L.s9pk-studio.images$/);
});
