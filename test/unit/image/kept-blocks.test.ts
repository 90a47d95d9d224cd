import assert from 'node:assert/strict';
import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { digestContent } from '../../../extension/engine/archive/content.ts';
import { fastestBlake3 } from '../../../extension/engine/hash/fastest-blake3.ts';
import { ImageCache } from '../../../extension/engine/image/cache/image-cache.ts';
import type { KeptBlocks } from '../../../extension/engine/image/cache/kept-blocks.ts';
import { MemorySink } from '../../../extension/engine/io/byte-sink.ts';
import { MemorySource } from '../../../extension/engine/io/byte-source.ts';
import type { DirectoryNode, FileNode } from '../../../extension/engine/squashfs/node.ts';
import { writeSquashfs } from '../../../extension/engine/squashfs/write/writer.ts';
import { temporaryFolder } from '../../support/tools.ts';

const blake3 = fastestBlake3();
const CONFIG = { env: [], workdir: '', user: '', entrypoint: null, cmd: null };
const attributes = { mode: 0o644, uid: 0, gid: 0, mtime: 0 };

/** Files of text, of noise and of little, of which some are other ones in another version. */
function tree(version: number): DirectoryNode {
  const children = new Map<string, FileNode>();
  for (let index = 0; index < 300; index++) {
    const seed = index % 20 === 7 ? index * 1000 + version : index;
    const length = index % 10 === 0 ? 300_000 : 1000 + index * 37;
    const isNoise = index % 30 === 0;
    const bytes = new Uint8Array(length).map((_, at) => (isNoise ? (at * at * (seed + 3)) >> 6 : (at >> 4) + seed));
    children.set(`file-${index}`, { kind: 'file', ...attributes, content: new MemorySource(bytes) });
  }
  return { kind: 'directory', ...attributes, mode: 0o755, children };
}

async function imageOf(version: number, memory?: KeptBlocks, threads?: number): Promise<Buffer> {
  const sink = new MemorySink();
  await writeSquashfs(tree(version), sink, { blake3, label: 'x', compressor: 'zstd', level: 4, memory, threads });
  return Buffer.from(sink.bytes());
}

/** How many blocks a memory was asked for, and how many it knew. */
class Counting {
  asked = 0;
  known = 0;
  /** Counts from now on. */
  count(blocks: KeptBlocks): void {
    const look = blocks.look.bind(blocks);
    blocks.look = (raw) => {
      const found = look(raw);
      this.asked++;
      if (found.packed) this.known++;
      return found;
    };
  }
}

const HOW = { compressor: 'zstd', level: 4 } as const;

/** Makes an image with the blocks of those that are kept, and keeps it. */
async function make(cache: ImageCache, folder: string, version: number, threads?: number) {
  await using blocks = await cache.blocks(HOW, blake3);
  const counting = new Counting();
  counting.count(blocks);
  const bytes = await imageOf(version, blocks, threads);
  const path = join(folder, 'made');
  await writeFile(path, bytes);
  const { hash } = await digestContent(new MemorySource(bytes), blake3);
  const image = { digest: `sha256:${version}`, arch: 'x86_64', mtime: 0, ...HOW };
  await cache.put(image, `${version}`, path, hash, { config: CONFIG, keys: [] }, blocks);
  return { bytes, counting };
}

test('an image that shares files takes their blocks from the one that is kept, and has the same bytes', async () => {
  await using temporary = await temporaryFolder();
  const cache = new ImageCache(join(temporary.path, 'cache'));
  const first = await make(cache, temporary.path, 1);
  assert.equal(first.counting.known, 0);
  assert.ok(first.bytes.equals(await imageOf(1)));
  const second = await make(cache, temporary.path, 2);
  assert.ok(second.bytes.equals(await imageOf(2)));
  assert.ok(!second.bytes.equals(first.bytes));
  const { asked, known } = second.counting;
  assert.ok(known > asked / 2 && known < asked, `${known} of ${asked}`);
  const again = await make(cache, temporary.path, 2);
  assert.equal(again.counting.known, again.counting.asked);
  assert.ok(again.bytes.equals(second.bytes));
});

test('blocks of other compressors and levels are not taken', async () => {
  await using temporary = await temporaryFolder();
  const cache = new ImageCache(join(temporary.path, 'cache'));
  await make(cache, temporary.path, 1);
  for (const how of [{ compressor: 'gzip', level: 6 } as const, { compressor: 'zstd', level: 5 } as const]) {
    await using blocks = await cache.blocks(how, blake3);
    assert.equal(blocks.look(new Uint8Array(131072).map((_, at) => at >> 4)).packed, undefined);
  }
});

test('images and lists that are damaged, cut or gone change nothing', async () => {
  await using temporary = await temporaryFolder();
  const store = join(temporary.path, 'cache');
  const plain = await imageOf(2);
  const damages: ((path: string) => Promise<void>)[] = [
    async (path) => {
      const bytes = await readFile(path);
      await writeFile(
        path,
        bytes.map((byte, at) => (at % 10_007 === 500 ? byte ^ 0x40 : byte)),
      );
    },
    async (path) => writeFile(path, (await readFile(path)).subarray(0, 5000)),
    (path) => writeFile(path, ''),
    (path) => rm(path),
  ];
  for (const suffix of ['.squashfs', '.blocks']) {
    for (const damage of damages) {
      const cache = new ImageCache(store);
      await cache.clear();
      await make(cache, temporary.path, 1);
      const name = (await readdir(store)).find((file) => file.endsWith(suffix)) ?? '';
      await damage(join(store, name));
      const threads = [1, 2, 8][damages.indexOf(damage) % 3];
      assert.ok((await make(cache, temporary.path, 2, threads)).bytes.equals(plain), suffix);
    }
  }
});

test('the same bytes with nothing, some and all kept, on one, two and eight threads', async () => {
  await using temporary = await temporaryFolder();
  const plain = await imageOf(2, undefined, 1);
  for (const threads of [1, 2, 8]) {
    const cache = new ImageCache(join(temporary.path, `cache-${threads}`));
    assert.ok((await imageOf(2, undefined, threads)).equals(plain), `${threads}: without`);
    await make(cache, temporary.path, 1, threads);
    const some = await make(cache, temporary.path, 2, threads);
    const all = await make(cache, temporary.path, 2, threads);
    assert.ok(some.counting.known > 0 && some.counting.known < some.counting.asked);
    assert.equal(all.counting.known, all.counting.asked);
    assert.ok(some.bytes.equals(plain) && all.bytes.equals(plain), `${threads}`);
  }
});
