import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseTable, TableError, type TableQuirks } from '../../../extension/engine/archive/table.ts';
import { BUDGET } from '../../../extension/engine/budget.ts';

const quirks = (): TableQuirks => ({ overlongVarints: 0, leftoverBytes: 0 });
const parse = (bytes: readonly number[], found = quirks()) => [...parseTable(Uint8Array.from(bytes), found)];

/** A number in seven bits a byte, the lowest first. */
function varint(value: bigint): number[] {
  const bytes: number[] = [];
  for (let rest = value; ; rest >>= 7n) {
    const byte = Number(rest & 0x7fn);
    if (rest < 0x80n) return [...bytes, byte];
    bytes.push(byte | 0x80);
  }
}

const entry = (name: readonly number[], type: readonly number[] = [0]) => [
  ...varint(BigInt(name.length)),
  ...name,
  ...new Array<number>(32).fill(7),
  ...[0, 0, 0, 0, 0, 0, 0, 5],
  ...type,
];

test('names are as long as a path may be, and no longer', () => {
  const longest = new Array<number>(BUDGET.archiveNameBytes).fill(0x61);
  assert.equal(parse([1, ...entry(longest)])[0]?.name.length, BUDGET.archiveNameBytes);
  assert.throws(() => parse([1, ...entry([...longest, 0x61])]), /a name is 4096 bytes long; the limit is 4095/);
});

test('numbers take up to ten bytes and 64 bits, and their longer forms are told', () => {
  // As many entries as that there are not, so that the first one is what is missing.
  for (const count of [1n, 127n, 128n, 16_384n, (1n << 63n) - 1n, (1n << 64n) - 1n])
    assert.throws(() => parse(varint(count)), /it ends in the middle of an entry/, `${count}`);
  assert.throws(() => parse([...new Array<number>(9).fill(0xff), 2]), /larger than 64 bits/);
  assert.throws(() => parse([...new Array<number>(9).fill(0xff), 0x80, 1]), TableError);
  assert.throws(() => parse(new Array<number>(11).fill(0x80)), TableError);
  const found = quirks();
  assert.deepEqual(parse([0x80, 0x00], found), []);
  assert.equal(found.overlongVarints, 1);
  assert.deepEqual(parse([0], found), []);
  assert.equal(found.overlongVarints, 1, 'nought itself is one byte');
});

test('what stands behind the last entry is told, and what no entry is, refused', () => {
  const found = quirks();
  const [only] = parse([1, ...entry([0x61]), 9, 9], found);
  assert.deepEqual([only?.name, only?.kind, only?.size, found.leftoverBytes], ['a', 'missing', 5n, 2]);
  assert.throws(() => parse([1, ...entry([0x61], [3])]), /entry "a" has the unknown type 3/);
  assert.throws(() => parse([1, ...entry([0xff])]), /a name is not UTF-8/);
  assert.throws(() => parse([2, ...entry([0x61])]), /ends in the middle of an entry/);
});
