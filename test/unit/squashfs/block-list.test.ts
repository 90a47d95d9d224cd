import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { MemorySource } from '../../../extension/engine/io/byte-source.ts';
import { BlockList } from '../../../extension/engine/squashfs/read/block-list.ts';
import { MetadataReader } from '../../../extension/engine/squashfs/read/metadata-reader.ts';
import { CountingSource } from '../../support/counting-source.ts';

/** Uncompressed metadata: blocks of 8 KiB, each behind its length with the flag for that. */
function metadataOf(sizes: readonly number[], before: number): Uint8Array {
  const plain = Buffer.alloc(before + sizes.length * 4);
  for (const [index, size] of sizes.entries()) plain.writeUInt32LE(size, before + index * 4);
  const blocks: Buffer[] = [];
  for (let at = 0; at < plain.length; at += 8192) {
    const block = plain.subarray(at, at + 8192);
    const header = Buffer.alloc(2);
    header.writeUInt16LE(block.length | 0x8000);
    blocks.push(header, block);
  }
  return Buffer.concat(blocks);
}

const UNCOMPRESSED = 1 << 24;

/** The list of a file whose first block is at 96, and whose sizes stand behind `before` bytes of other inodes. */
function listOf(sizes: readonly number[], before: number): { list: BlockList; source: CountingSource } {
  const source = new CountingSource(new MemorySource(metadataOf(sizes, before)));
  const metadata = new MetadataReader(source, () => Promise.reject(new Error('nothing is compressed')));
  const file = {
    ...{ kind: 'file' as const, number: 1, mode: 0, uidIndex: 0, gidIndex: 0, mtime: 0, links: 1, xattrIndex: 0 },
    ...{ size: sizes.length, start: 96, blockCount: sizes.length, fragment: 0, fragmentOffset: 0 },
    blockList: { position: 0, offset: before },
  };
  return { list: new BlockList(file, ({ position, offset }) => metadata.at(position, offset)), source };
}

test('blocks are where their sizes add up to, in whatever order they are asked for', async () => {
  const size = fc.oneof(fc.constant(0), fc.integer({ min: 1, max: 131_072 }), fc.constant(UNCOMPRESSED + 131_072));
  const lists = fc.array(size, { minLength: 1, maxLength: 40 });
  const shapes = fc.record({ sizes: lists, times: fc.integer({ min: 1, max: 250 }), before: fc.nat(8191) });
  await fc.assert(
    fc.asyncProperty(shapes, fc.array(fc.nat(), { maxLength: 12 }), async ({ sizes, times, before }, order) => {
      const all = Array.from({ length: times }, () => sizes).flat();
      const positions = [96];
      for (const one of all) positions.push((positions.at(-1) ?? 0) + (one & (UNCOMPRESSED - 1)));
      const { list } = listOf(all, before);
      for (const index of [...order.map((one) => one % all.length), all.length - 1, 0])
        assert.deepEqual(await list.block(index), { position: positions[index], size: all[index] });
    }),
    { numRuns: 60 },
  );
});

test('the next data behind any block is found, over pages of holes', async () => {
  for (const length of [1, 2047, 2048, 2049, 4096, 7000]) {
    for (const data of [[], [0], [length - 1], [Math.min(2047, length - 1), Math.min(2048, length - 1)], [5000]]) {
      const sizes = new Array<number>(length).fill(0);
      for (const at of data) if (at < length) sizes[at] = 7;
      for (const from of [0, 1, 2046, 2047, 2048, 2049, 4095, 4999, 5000, 5001, length - 1, length]) {
        if (from > length) continue;
        const { list } = listOf(sizes, 10);
        const found = sizes.findIndex((size, index) => index >= from && size !== 0);
        assert.equal(await list.nextData(from), found < 0 ? length : found, `${length}: ${data} from ${from}`);
      }
    }
  }
});

test('no more of a list is read than somebody asks for, and a page once', async () => {
  const { list, source } = listOf(new Array<number>(100_000).fill(9), 0);
  assert.equal(source.bytesRead, 0);
  await list.block(5);
  const first = source.bytesRead;
  assert.ok(first < 8192 + 100, `${first} bytes`);
  for (let index = 0; index < 2048; index++) await list.block(index);
  assert.equal(source.bytesRead, first);
  await list.block(2048);
  assert.ok(source.bytesRead < 2 * 8192 + 100, `${source.bytesRead} bytes`);
});
