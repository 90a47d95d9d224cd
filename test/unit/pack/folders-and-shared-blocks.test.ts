import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile, symlink, truncate, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import { ImageCache } from '../../../extension/engine/image/cache/image-cache.ts';
import { pack } from '../../../extension/engine/pack/pack.ts';
import { blake3 } from '../../support/archives.ts';
import { temporaryFolder, tool } from '../../support/tools.ts';
import { copyExample, prepareExample } from '../../vscode/workspace.ts';

let temporary: Awaited<ReturnType<typeof temporaryFolder>>;
let folder: string;
const assets = () => join(folder, 'assets');

before(async () => {
  prepareExample();
  temporary = await temporaryFolder();
  folder = join(temporary.path, 'hello-world');
  await copyExample(folder);
  await mkdir(join(assets(), 'data'), { recursive: true });
  for (let index = 0; index < 6; index++) await writeFile(join(assets(), 'data', `${index}`), textOf(index));
  await symlink('data/1', join(assets(), 'link'));
});
after(() => temporary[Symbol.asyncDispose]());

/** A megabyte of text that is like no other's. */
function textOf(seed: number): string {
  const lines = Array.from({ length: 80_000 }, (_, line) => `${(line * 7919 + seed * 104_729) % 999_983} of ${seed}`);
  return lines.join('\n');
}

/** A cache that counts which blocks were known when they were asked for. */
class CountingCache extends ImageCache {
  asked = 0;
  known = 0;
  override async blocks(...how: Parameters<ImageCache['blocks']>): ReturnType<ImageCache['blocks']> {
    const blocks = await super.blocks(...how);
    const look = blocks.look.bind(blocks);
    blocks.look = (raw) => {
      const found = look(raw);
      this.asked++;
      if (found.packed) this.known++;
      return found;
    };
    return blocks;
  }
}

async function packed(cache: ImageCache | undefined, images: readonly { arch: string; path: string }[]) {
  const stages: string[] = [];
  const output = join(temporary.path, 'out.s9pk');
  const { findings } = await pack({
    ...{ folder, output, arch: images.map(({ arch }) => arch), git: 'none', blake3, cache },
    images: images.map((image) => ({ id: 'main', ...image })),
    onProgress: ({ stage }) => stages.push(stage),
  });
  assert.deepEqual(
    findings.filter(({ severity }) => severity === 'error'),
    [],
  );
  const sha256 = createHash('sha256')
    .update(await readFile(output))
    .digest('hex');
  return { sha256, stages: [...new Set(stages)].join('; ') };
}

async function makeTar(name: string, files: Readonly<Record<string, string>>): Promise<string> {
  const root = join(temporary.path, name);
  await mkdir(root);
  for (const [file, text] of Object.entries(files)) await writeFile(join(root, file), text);
  const tar = `${root}.tar`;
  await tool('tar', ['--sort=name', '--mtime=@0', '--owner=0', '--group=0', '-C', root, '-cf', tar, '.']);
  return tar;
}

test('a folder that did not change is not compressed again, one that did shares its blocks; the bytes are the same', async () => {
  const images = [{ arch: 'x86_64', path: await makeTar('small', { hello: 'hello' }) }];
  const cold = await packed(undefined, images);
  const store = join(temporary.path, 'folders');
  const cache = new CountingCache(store);
  await setTimeout(3000);
  const first = await packed(cache, images);
  assert.match(first.stages, /Hashing assets.*Compressing assets/);
  const second = await packed(cache, images);
  assert.doesNotMatch(second.stages, /assets/, 'neither compressed nor hashed');
  const paranoid = await packed(new ImageCache(store, undefined, true), images);
  assert.match(paranoid.stages, /Hashing assets/);
  assert.doesNotMatch(paranoid.stages, /Compressing assets/);
  for (const other of [first, second, paranoid]) assert.equal(other.sha256, cold.sha256);

  for (const name of (await readdir(store)).filter((file) => file.endsWith('.squashfs')))
    await truncate(join(store, name), 5000);
  assert.equal((await packed(cache, images)).sha256, cold.sha256, 'what is kept is cut short');

  const now = new Date();
  await writeFile(join(assets(), 'data', '3'), textOf(30));
  await utimes(join(assets(), 'data', '3'), now, now);
  [cache.asked, cache.known] = [0, 0];
  const changed = await packed(cache, images);
  assert.match(changed.stages, /Compressing assets/);
  assert.ok(cache.known > cache.asked / 2 && cache.known < cache.asked, `${cache.known} of ${cache.asked}`);
  assert.notEqual(changed.sha256, cold.sha256);
  assert.equal(changed.sha256, (await packed(undefined, images)).sha256);
});

test('architectures that are packed in the same run share their blocks', async () => {
  const shared = Object.fromEntries([1, 2, 3, 4].map((seed) => [`shared-${seed}`, textOf(seed)]));
  const images = [
    { arch: 'x86_64', path: await makeTar('first', { ...shared, own: textOf(11) }) },
    { arch: 'aarch64', path: await makeTar('second', { ...shared, own: textOf(12) }) },
  ];
  const cold = await packed(undefined, images);
  const cache = new CountingCache(join(temporary.path, 'shared'));
  assert.equal((await packed(cache, images)).sha256, cold.sha256);
  assert.ok(cache.known > cache.asked / 5, `${cache.known} of ${cache.asked} blocks of both and of the assets`);
});
