import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import type { ByteSource } from '../../../extension/engine/io/byte-source.ts';
import type { FileNode } from '../../../extension/engine/squashfs/node.ts';
import { readAhead } from '../../../extension/engine/squashfs/write/read-ahead.ts';

/** Counts how many of it are read at the same time. */
class Disk {
  reading = 0;
  most = 0;

  file(size: number, opensEachTime: boolean, error?: Error): FileNode {
    const read = async (_position: number, length: number) => {
      this.most = Math.max(this.most, ++this.reading);
      for (let turn = 0; turn < 3; turn++) await setImmediate();
      this.reading--;
      if (error) throw error;
      return new Uint8Array(length).fill(size);
    };
    const content: ByteSource = { size, read, opensEachTime };
    return { kind: 'file', mode: 0o644, uid: 0, gid: 0, mtime: 0, content };
  }
}

test('small files of the disk are read ahead, a few at once, and come in their order', async () => {
  const disk = new Disk();
  const files = Array.from({ length: 100 }, (_, number) => [disk.file(number, true), number] as const);
  let number = 0;
  for await (const next of readAhead(files)) {
    assert.equal(next.number, number);
    assert.deepEqual(await next.bytes, number === 0 ? undefined : new Uint8Array(number).fill(number));
    number++;
  }
  assert.equal(number, 100);
  assert.ok(disk.most > 4 && disk.most <= 17, `${disk.most} at once`);
});

test('what is large, or read from what is open, is not read ahead', async () => {
  const disk = new Disk();
  const files = [disk.file(200_000, true), disk.file(10, false)].map((file, number) => [file, number] as const);
  for await (const { bytes } of readAhead(files)) assert.equal(bytes, undefined);
  assert.equal(disk.most, 0);
});

test('a file that cannot be read fails in its turn; whoever stops leaves nothing behind that reads', async () => {
  const disk = new Disk();
  const broken = new Error('broken');
  const files = Array.from({ length: 40 }, (_, index) => {
    return [disk.file(10, true, index === 5 || index === 6 ? broken : undefined), index] as const;
  });
  let written = 0;
  await assert.rejects(async () => {
    for await (const { bytes } of readAhead(files)) {
      await bytes;
      written++;
    }
  }, broken);
  assert.deepEqual([written, disk.reading], [5, 0]);
});
