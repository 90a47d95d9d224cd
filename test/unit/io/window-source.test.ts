import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import fc from 'fast-check';
import { MemorySource, readPassing, SliceSource } from '../../../extension/engine/io/byte-source.ts';
import { FileSink } from '../../../extension/engine/io/file-sink.ts';
import { FileSource } from '../../../extension/engine/io/file-source.ts';
import { WindowSource } from '../../../extension/engine/io/window-source.ts';
import { temporaryFolder } from '../../support/tools.ts';

const SIZE = (5 << 20) + 1234;
const bytes = new Uint8Array(SIZE).map((_, index) => (index * 2654435761) >>> 24);

test('reads are those of the source, wherever they are, one after the other or at once', async () => {
  const reads = fc.array(fc.tuple(fc.nat(SIZE + 10), fc.nat(1 << 21)), { maxLength: 12 });
  await fc.assert(
    fc.asyncProperty(reads, fc.boolean(), async (wanted, atOnce) => {
      const source = new WindowSource(new MemorySource(bytes));
      const check = async ([position, length]: [number, number]) => {
        const expected = bytes.subarray(position, position + length);
        assert.ok(Buffer.compare(await source.read(position, length), expected) === 0, `${position} ${length}`);
      };
      if (atOnce) await Promise.all(wanted.map(check));
      else for (const read of wanted) await check(read);
    }),
  );
});

test('small reads in a row cost one read of the source for each window, and one ahead', async () => {
  const plain = new MemorySource(bytes);
  const reads: number[] = [];
  const source = new WindowSource({
    size: SIZE,
    read: (position, length) => {
      reads.push(position);
      return plain.read(position, length);
    },
  });
  for (let position = 0; position < SIZE; position += 700) await source.read(position, 700);
  assert.deepEqual(
    reads,
    [0, 1, 2, 3, 4, 5].map((window) => window << 20),
  );
});

test('passing chunks are the whole source in order, whatever the source can do', async () => {
  await using temporary = await temporaryFolder();
  const path = join(temporary.path, 'in');
  await writeFile(path, bytes);
  await using file = await FileSource.open(path);
  const memory = new MemorySource(bytes);
  for (const [source, expected] of [
    [file, bytes],
    [memory, bytes],
    [new SliceSource(file, 1_000_001, 2_500_000), bytes.subarray(1_000_001, 3_500_001)],
    [new SliceSource(memory, 7, 100), bytes.subarray(7, 107)],
    [new MemorySource(new Uint8Array(0)), new Uint8Array(0)],
  ] as const) {
    const pieces: Uint8Array[] = [];
    for await (const chunk of readPassing(source)) pieces.push(chunk.slice());
    assert.ok(Buffer.compare(Buffer.concat(pieces), expected) === 0);
  }
  const short = { size: SIZE + 100, read: (position: number, length: number) => memory.read(position, length) };
  let length = 0;
  for await (const chunk of readPassing(short)) length += chunk.length;
  assert.equal(length, SIZE, 'a source that ends early is no endless one');
});

test('a failing read is thrown, and tried again by the next', async () => {
  let isFailing = true;
  const plain = new MemorySource(bytes);
  const source = new WindowSource({
    size: SIZE,
    read: async (position, length) => {
      if (isFailing) throw new Error('the disk');
      return plain.read(position, length);
    },
  });
  await assert.rejects(source.read(5, 5), /the disk/);
  isFailing = false;
  assert.deepEqual(await source.read(5, 5), bytes.subarray(5, 10));
});

test('a file has what was written, in pieces of any size, patched or not', async () => {
  await using temporary = await temporaryFolder();
  const path = join(temporary.path, 'out');
  {
    await using sink = await FileSink.create(path);
    for (let position = 0; position < SIZE; ) {
      const piece = bytes.subarray(position, position + 1 + ((position * 7) % 400_000));
      await sink.write(piece);
      position += piece.length;
    }
    assert.equal(sink.length, SIZE);
    await sink.writeAt(SIZE - 3, Uint8Array.of(1, 2, 3));
    await sink.writeAt(0, Uint8Array.of(4));
  }
  const expected = Uint8Array.from(bytes);
  expected.set([1, 2, 3], SIZE - 3);
  expected.set([4], 0);
  assert.ok(Buffer.compare(await readFile(path), expected) === 0);
});
