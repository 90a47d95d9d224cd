import assert from 'node:assert/strict';
import { test } from 'node:test';
import { toBytes } from '../../../extension/engine/bytes.ts';
import type { ByteSource } from '../../../extension/engine/io/byte-source.ts';
import { MemorySource } from '../../../extension/engine/io/byte-source.ts';
import { MetadataReader } from '../../../extension/engine/squashfs/read/metadata-reader.ts';

/** Blocks of plain bytes, 0, 1, 2 and so on through all of them. */
function blocksOf(...sizes: readonly number[]): { source: MemorySource; starts: number[] } {
  const starts: number[] = [];
  const bytes: number[] = [];
  let next = 0;
  for (const size of sizes) {
    starts.push(bytes.length);
    bytes.push(size & 0xff, 0x80 | (size >> 8), ...Array.from({ length: size }, () => next++ & 0xff));
  }
  return { source: new MemorySource(Uint8Array.from(bytes)), starts };
}

const never = () => Promise.reject(new Error('nothing is compressed'));
const taken = async (view: DataView | Promise<DataView>) => [...toBytes(await view)];

test('records are taken within a block, up to its end, and over the ends of several', async () => {
  const { source, starts } = blocksOf(8, 1, 8);
  const reader = new MetadataReader(source, never);
  const cursor = reader.at(starts[0] ?? 0, 2);
  assert.deepEqual(await taken(cursor.take(3)), [2, 3, 4]);
  assert.ok(cursor.take(0) instanceof DataView, 'what was read is there at once');
  assert.deepEqual(await taken(cursor.take(3)), [5, 6, 7]);
  assert.deepEqual(cursor.place(), { position: starts[0], offset: 8 });
  assert.deepEqual(await taken(cursor.take(4)), [8, 9, 10, 11]);
  assert.deepEqual(cursor.place(), { position: starts[2], offset: 3 });
  assert.deepEqual(await taken(cursor.take(5)), [12, 13, 14, 15, 16]);
  await assert.rejects(async () => cursor.take(1), /there is no metadata at byte/);
  // A reference may lead behind the end of its block.
  assert.deepEqual(await taken(reader.at(starts[0] ?? 0, 9).take(2)), [9, 10]);
});

test('a block is read once for all who take of it, and one that failed is no other record', async () => {
  const { source, starts } = blocksOf(8, 8);
  let reads = 0;
  const counting: ByteSource = {
    size: source.size,
    read(position, length) {
      reads++;
      return source.read(position, length);
    },
  };
  const reader = new MetadataReader(counting, never);
  const cursors = [0, 1, 2].map((offset) => reader.at(starts[1] ?? 0, offset));
  assert.deepEqual(await Promise.all(cursors.map((cursor) => taken(cursor.take(1)))), [[8], [9], [10]]);
  assert.equal(reads, 2, 'its header, and its bytes');
  const torn = new MetadataReader(new MemorySource((await source.read(0, 14)).slice()), never);
  const cursor = torn.at(0, 6);
  assert.deepEqual(await taken(cursor.take(1)), [6]);
  for (let time = 0; time < 2; time++)
    await assert.rejects(async () => cursor.take(4), /metadata at byte 10 is damaged/);
});
