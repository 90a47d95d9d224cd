import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';
import { deflateSync, zstdCompressSync } from 'node:zlib';
import { nobleBlake3 } from '../../../extension/engine/hash/blake3.ts';
import { fastestBlake3 } from '../../../extension/engine/hash/fastest-blake3.ts';
import { type ByteSink, MemorySink } from '../../../extension/engine/io/byte-sink.ts';
import { type ByteSource, MemorySource } from '../../../extension/engine/io/byte-source.ts';
import { codecFor, roomFor } from '../../../extension/engine/squashfs/codec/codec.ts';
import type { DirectoryNode, FileNode } from '../../../extension/engine/squashfs/node.ts';
import { type SquashfsOptions, writeSquashfs } from '../../../extension/engine/squashfs/write/writer.ts';

const attributes = { mode: 0o644, uid: 0, gid: 0, mtime: 0 };
const file = (content: Uint8Array): FileNode => ({ kind: 'file', ...attributes, content: new MemorySource(content) });

/** Text with numbers in it, noise, and zeros, in files of many sizes. */
function tree(): DirectoryNode {
  const children = new Map<string, FileNode>();
  for (let index = 0; index < 60; index++) {
    const text = Array.from({ length: index * 97 }, (_, line) => `line ${line} of ${index} ${(line * 7919) % 1013}\n`);
    children.set(`text-${index}`, file(Buffer.from(text.join(''))));
    const noise = new Uint8Array(index * 5003).map((_, at) => (at * at * (index + 3)) >> 5);
    children.set(`noise-${index}`, file(noise));
  }
  children.set('zeros', file(new Uint8Array(400_000)));
  return { kind: 'directory', ...attributes, mode: 0o755, children };
}

async function imageOf(how: Partial<SquashfsOptions>): Promise<Buffer> {
  const sink = new MemorySink();
  await writeSquashfs(tree(), sink, { blake3: fastestBlake3(), label: 'test', ...how });
  return Buffer.from(sink.bytes());
}

test('the same bytes on one, two and eight threads, for every compressor and block size', async () => {
  for (const compressor of ['gzip', 'zstd', 'xz'] as const) {
    for (const blockSize of compressor === 'xz' ? [131072] : [4096, 131072, 1 << 20]) {
      const [one, two, eight] = [
        await imageOf({ compressor, blockSize, threads: 1 }),
        await imageOf({ compressor, blockSize, threads: 2 }),
        await imageOf({ compressor, blockSize, threads: 8, blake3: nobleBlake3 }),
      ];
      assert.ok(one.equals(two) && one.equals(eight), `${compressor} ${blockSize}`);
    }
  }
});

test('a context that is used again gives the bytes of a new one', () => {
  for (const compressor of ['gzip', 'zstd'] as const) {
    for (const level of compressor === 'gzip' ? [1, 6, 9] : [1, 3, 4, 6, 9, 12, 19]) {
      const codec = codecFor({ compressor, level, blockSize: 131072 });
      for (let round = 0; round < 12; round++) {
        const block = new Uint8Array(4000 + round * 11_000).map((_, at) => ((at * (round + 1)) >> 6) ^ (at % 251));
        const out = new Uint8Array(roomFor(131072));
        const made = Buffer.from(out.subarray(0, codec.compress(block, out)));
        const params = { 100: level, 101: 17 };
        const fresh = compressor === 'gzip' ? deflateSync(block, { level }) : zstdCompressSync(block, { params });
        assert.ok(made.equals(fresh), `${compressor} ${level} ${round}`);
      }
    }
  }
});

test('noise fits into the room that there is for it', () => {
  const noise = new Uint8Array(1 << 20);
  crypto.getRandomValues(noise.subarray(0, 65536));
  for (let at = 65536; at < noise.length; at += 65536) crypto.getRandomValues(noise.subarray(at, at + 65536));
  for (const compressor of ['gzip', 'zstd'] as const) {
    for (const length of [1, 4096, 131072, 1 << 20]) {
      const codec = codecFor({ compressor, level: compressor === 'gzip' ? 1 : 4, blockSize: 1 << 20 });
      const out = new Uint8Array(roomFor(length));
      assert.ok(codec.compress(noise.subarray(0, length), out) >= length - 1, `${compressor} ${length}`);
    }
  }
});

test('a process whose threads cannot start makes the same image, and ends', async () => {
  const script = `
    import { createHash } from 'node:crypto';
    import { mock } from 'node:test';
    mock.module('node:worker_threads', { namedExports: { Worker: class { constructor() { throw new Error('none'); } } } });
    const { MemorySink } = await import('./extension/engine/io/byte-sink.ts');
    const { MemorySource } = await import('./extension/engine/io/byte-source.ts');
    const { nobleBlake3 } = await import('./extension/engine/hash/blake3.ts');
    const { writeSquashfs } = await import('./extension/engine/squashfs/write/writer.ts');
    const attributes = { mode: 420, uid: 0, gid: 0, mtime: 0 };
    const content = new MemorySource(Buffer.from('some text '.repeat(100000)));
    const sink = new MemorySink();
    const children = new Map([['a', { kind: 'file', ...attributes, content }]]);
    await writeSquashfs({ kind: 'directory', ...attributes, children }, sink, { blake3: nobleBlake3, label: 'x' });
    console.log(createHash('sha256').update(sink.bytes()).digest('hex'));
  `;
  const run = (source: string) =>
    spawnSync(process.execPath, ['--experimental-test-module-mocks', '--input-type=module', '-e', source], {
      encoding: 'utf8',
      timeout: 20_000,
    });
  const without = run(script);
  const withThreads = run(script.replace(/^.*mock.*$/gm, ''));
  assert.match(withThreads.stdout, /^[0-9a-f]{64}\n$/, withThreads.stderr);
  assert.equal(without.stdout, withThreads.stdout, without.stderr);
});

test('memory does not grow with what is compressed', async () => {
  const piece = new Uint8Array(2 << 20).map((_, index) => (index * index) >> 9);
  const content: ByteSource = {
    size: 300 << 20,
    read: async (position, length) => piece.subarray(position % 4099, (position % 4099) + length),
    readInto: async (position, target) => {
      target.set(piece.subarray(position % 4099, (position % 4099) + target.length));
      return target.length;
    },
  };
  const discard: ByteSink = { write: async () => undefined, writeAt: async () => undefined };
  const children = new Map([['large', { kind: 'file' as const, ...attributes, content }]]);
  const before = process.memoryUsage().arrayBuffers;
  let most = 0;
  const onProgress = () => {
    most = Math.max(most, process.memoryUsage().arrayBuffers - before);
  };
  const how = { blake3: fastestBlake3(), label: 'test', compressor: 'zstd' as const, level: 1, onProgress };
  await writeSquashfs({ kind: 'directory', ...attributes, children }, discard, how);
  assert.ok(most > 0 && most < 32 << 20, `${most} bytes`);
});
