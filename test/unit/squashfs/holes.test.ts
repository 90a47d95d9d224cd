import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { MemorySink } from '../../../extension/engine/io/byte-sink.ts';
import { type ByteSource, MemorySource } from '../../../extension/engine/io/byte-source.ts';
import { SquashfsImage } from '../../../extension/engine/squashfs/read/image-reader.ts';
import { writeSquashfs } from '../../../extension/engine/squashfs/write/writer.ts';
import { SparseSource } from '../../../extension/engine/tar/sparse.ts';
import { blake3 } from '../../support/archives.ts';

const attributes = { mode: 0o644, uid: 0, gid: 0, mtime: 0 };

async function imageOf(content: ByteSource): Promise<Uint8Array> {
  const sink = new MemorySink();
  const root = {
    kind: 'directory' as const,
    ...attributes,
    children: new Map([['file', { kind: 'file' as const, ...attributes, content }]]),
  };
  await writeSquashfs(root, sink, { blake3, label: 'test' });
  return sink.bytes();
}

const data = (size: number) => new Uint8Array(size).map((_, index) => 1 + (index % 250));

/** Counts the bytes that are read of a sparse file. */
class Counting implements ByteSource {
  bytesRead = 0;
  readonly size: number;
  private readonly source: SparseSource;

  constructor(source: SparseSource) {
    this.source = source;
    this.size = source.size;
  }

  nextData(position: number): Promise<number> {
    return this.source.nextData(position);
  }

  read(position: number, length: number): Promise<Uint8Array> {
    this.bytesRead += length;
    return this.source.read(position, length);
  }
}

test('an image of a file with holes is the one of the same file without', async () => {
  const piece = fc.tuple(fc.nat(700_000), fc.nat(300_000));
  await fc.assert(
    fc.asyncProperty(fc.array(piece, { minLength: 1, maxLength: 5 }), fc.nat(400_000), async (pieces, end) => {
      const map: { offset: number; length: number }[] = [];
      let size = 1 << 20;
      for (const [hole, length] of pieces) {
        map.push({ offset: size + hole, length });
        size += hole + length;
      }
      size += end;
      const packed = data(pieces.reduce((sum, [, length]) => sum + length, 0));
      const sparse = SparseSource.of(new MemorySource(packed), map, size, { position: 0, name: 'file' });
      const whole = new MemorySource(await sparse.read(0, size));
      assert.ok(Buffer.from(await imageOf(sparse)).equals(await imageOf(whole)));
    }),
    { numRuns: 25 },
  );
});

test('holes are not read, neither from a tar nor from another image', async () => {
  const size = 2 ** 37 + 5;
  const map = [{ offset: 2 ** 36 + 1000, length: 10 }];
  const sparse = new Counting(SparseSource.of(new MemorySource(data(10)), map, size, { position: 0, name: 'file' }));
  const bytes = await imageOf(sparse);
  assert.ok(sparse.bytesRead < 8 << 20, `${sparse.bytesRead} bytes`);
  const image = await SquashfsImage.open(new MemorySource(bytes));
  const inode = await image.lookUp('file');
  assert.ok(inode?.kind === 'file' && inode.size === size);
  const content = image.content(inode);
  assert.deepEqual(await content.read(2 ** 36 + 998, 14), Uint8Array.of(0, 0, ...data(10), 0, 0));
  assert.ok(Buffer.from(await imageOf(content)).equals(bytes));
});
