import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { MemorySource } from '../../../extension/engine/io/byte-source.ts';
import { type SparseRegion, SparseSource } from '../../../extension/engine/tar/sparse.ts';
import { TarError } from '../../../extension/engine/tar/tar-error.ts';

const at = { position: 0, name: 'file' };
const of = (map: readonly SparseRegion[], size: number, packed: number) =>
  SparseSource.of(new MemorySource(new Uint8Array(packed).map((_, index) => 1 + (index % 250))), map, size, at);

test('a sparse file reads as the one that it was made of, and its data is found', async () => {
  const pieces = fc.array(fc.tuple(fc.nat(9), fc.nat(9)), { maxLength: 12 });
  await fc.assert(
    fc.asyncProperty(pieces, fc.nat(9), async (wanted, end) => {
      const map: SparseRegion[] = [];
      const whole: number[] = [];
      let packed = 0;
      for (const [hole, length] of wanted) {
        whole.push(...new Array<number>(hole).fill(0));
        map.push({ offset: whole.length, length });
        for (let index = 0; index < length; index++) whole.push(1 + (packed++ % 250));
      }
      whole.push(...new Array<number>(end).fill(0));
      const source = of(map, whole.length, packed);
      for (let from = 0; from <= whole.length; from++) {
        const data = whole.findIndex((byte, index) => index >= from && byte !== 0);
        assert.equal(await source.nextData(from), data < 0 ? whole.length : data);
        for (const length of [0, 1, 5, whole.length + 3])
          assert.deepEqual([...(await source.read(from, length))], whole.slice(from, from + length));
      }
    }),
    { numRuns: 60 },
  );
});

test('maps that do not fit are refused', () => {
  const refused = (map: readonly SparseRegion[], size: number, packed = 100) =>
    assert.throws(() => of(map, size, packed), TarError, JSON.stringify([map, size, packed]));
  refused([{ offset: 5, length: 6 }], 10);
  refused([{ offset: -1, length: 2 }], 10);
  refused([{ offset: 0, length: -1 }], 10);
  refused(
    [
      { offset: 4, length: 2 },
      { offset: 5, length: 2 },
    ],
    10,
  );
  refused([{ offset: 0, length: 5 }], 10, 4);
  for (const size of [-1, 1.5, Number.NaN, 2 ** 53]) refused([], size);
  assert.equal(of([], 0, 0).size, 0);
  assert.equal(of([{ offset: 10, length: 0 }], 10, 0).size, 10, 'as GNU tar ends its maps');
});
