import assert from 'node:assert/strict';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import fc from 'fast-check';
import { type DirectoryEntry, directory, type Entry, walk } from '../../../extension/engine/archive/entry.ts';
import { encodeHeader, HEADER_SIZE, type Header } from '../../../extension/engine/archive/header.ts';
import { compareNames, unsafeNameReason } from '../../../extension/engine/archive/names.ts';
import { openArchive, readArchive } from '../../../extension/engine/archive/reader.ts';
import { digestDirectory, encodeEntry, encodeU64, tableSize } from '../../../extension/engine/archive/sighash.ts';
import { encodeVarint, varintSize } from '../../../extension/engine/archive/varint.ts';
import { concatBytes } from '../../../extension/engine/bytes.ts';
import type { ByteSource } from '../../../extension/engine/io/byte-source.ts';
import { MemorySource, readAll } from '../../../extension/engine/io/byte-source.ts';
import { FileSource } from '../../../extension/engine/io/file-source.ts';
import { signCommitment } from '../../../extension/engine/sign/commitment.ts';
import { archiveBytes, blake3, file, testKey, tree } from '../../support/archives.ts';
import { CountingSource } from '../../support/counting-source.ts';
import { temporaryFolder } from '../../support/tools.ts';

const codesOf = async (source: ByteSource) =>
  (await readArchive(source, { blake3 })).findings.map((found) => found.code);

/** A header that signs `commitment` with the test key. */
function signedHeader(rootSighash: Uint8Array, rootMaxsize: bigint, size = rootMaxsize): Header {
  const commitment = { rootSighash, rootMaxsize };
  return {
    ...commitment,
    ...signCommitment(commitment, testKey.seed),
    tablePosition: BigInt(HEADER_SIZE),
    tableSize: size,
  };
}

const name = fc
  .string({ minLength: 1, maxLength: 12, unit: 'grapheme' })
  .filter((text) => !unsafeNameReason(text) && !/\p{Cs}/u.test(text));
const anyDirectory: fc.Arbitrary<DirectoryEntry> = fc.letrec<{ entry: Entry; directory: DirectoryEntry }>((tie) => ({
  entry: fc.oneof(
    { maxDepth: 3 },
    fc.uint8Array({ maxLength: 40 }).map((bytes) => file(bytes)),
    tie('directory'),
  ),
  directory: fc.uniqueArray(fc.tuple(name, tie('entry')), { maxLength: 6, selector: ([key]) => key }).map(directory),
})).directory;

test('random trees are read back as they were written, in both orders', async () => {
  await fc.assert(
    fc.asyncProperty(anyDirectory, fc.constantFrom('priority' as const, 'name' as const), async (root, order) => {
      const archive = await openArchive(new MemorySource(await archiveBytes(root, order)), { blake3 });
      assert.deepEqual(archive.findings, []);
      const describe = async (directoryEntry: DirectoryEntry) => {
        const lines: string[] = [];
        for (const [path, entry] of walk(directoryEntry)) {
          const content = entry.kind === 'file' ? Buffer.from(await readAll(entry.content, 100)).toString('hex') : '';
          lines.push(`${path.join('/')} ${entry.kind} ${content}`);
        }
        return lines.sort();
      };
      assert.deepEqual(await describe(archive.root), await describe(root));
    }),
    { numRuns: 60 },
  );
});

test('any bytes after a good start are findings, never exceptions', async () => {
  const good = await archiveBytes(tree({ a: 'x', b: { c: 'y' } }));
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 0, max: good.length }),
      fc.uint8Array({ maxLength: 300 }),
      async (keep, junk) => {
        const reading = await readArchive(new MemorySource(concatBytes(good.subarray(0, keep), junk)), { blake3 });
        assert.equal(typeof reading.opens, 'boolean');
      },
    ),
    { numRuns: 300 },
  );
});

test('names are ordered by their UTF-8 bytes', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), fc.string({ unit: 'binary' }), (a, b) => {
      assert.equal(Math.sign(compareNames(a, b)), Buffer.compare(Buffer.from(a), Buffer.from(b)));
    }),
  );
});

test('varints have their minimal size', () => {
  for (const value of [0, 1, 127, 128, 16383, 16384, 2 ** 32, Number.MAX_SAFE_INTEGER]) {
    assert.equal(encodeVarint(value).length, varintSize(value), String(value));
  }
  assert.deepEqual(encodeVarint(300), Uint8Array.of(0xac, 0x02));
  assert.equal(encodeVarint((1n << 64n) - 1n).length, 10);
});

test('a table that points at itself is refused at once', async () => {
  // A root whose only child is a directory with the root's own position: no honest hash exists, and none is needed.
  const hash = new Uint8Array(32);
  const row = concatBytes(
    encodeVarint(1),
    encodeEntry('a', { hash, size: 1000n }),
    Uint8Array.of(2),
    encodeU64(155n),
    encodeU64(60n),
  );
  const header = signedHeader(hash, 1000n, BigInt(row.length));
  const bytes = concatBytes(encodeHeader(header), row);
  new DataView(bytes.buffer).setBigUint64(bytes.length - 8, BigInt(row.length));
  assert.deepEqual(await codesOf(new MemorySource(bytes)), ['table-shared']);
});

test('sharing one table between many directories is refused, not followed exponentially', async () => {
  const inner = tree({ x: 'y' });
  const { hash, size } = digestDirectory(inner, blake3);
  const rows = ['a', 'b'].map((key) =>
    concatBytes(encodeEntry(key, { hash, size }), Uint8Array.of(2), encodeU64(400n), encodeU64(size)),
  );
  const table = concatBytes(encodeVarint(2), ...rows);
  const root = directory([
    ['a', { ...inner, signed: { hash, size } }],
    ['b', { ...inner, signed: { hash, size } }],
  ]);
  const header = signedHeader(digestDirectory(root, blake3).hash, BigInt(table.length));
  const bytes = new Uint8Array(1000);
  bytes.set(encodeHeader(header));
  bytes.set(table, HEADER_SIZE);
  bytes.set(concatBytes(encodeVarint(1), encodeEntry('x', { hash, size: 1n }), Uint8Array.of(1), encodeU64(600n)), 400);
  assert.ok((await codesOf(new MemorySource(bytes))).includes('table-shared'));
});

test('limits on depth, entries and table bytes hold', async () => {
  let deep = tree({ x: 'y' });
  for (let level = 0; level < 10; level++) deep = directory([['d', deep]]);
  const source = new MemorySource(await archiveBytes(deep));
  const limits = { depth: 256, entries: 1000, tableBytes: 10_000 };
  assert.ok((await readArchive(source, { blake3, limits })).opens);
  for (const change of [{ depth: 5 }, { entries: 5 }, { tableBytes: 200 }]) {
    const reading = await readArchive(source, { blake3, limits: { ...limits, ...change } });
    assert.deepEqual(
      reading.findings.map((found) => found.code),
      ['table-limit'],
      JSON.stringify(change),
    );
  }
});

test('quirks that the reference tolerates are warnings', async () => {
  const entry = encodeEntry('a', file('x'));
  const place = (position: bigint) => concatBytes(Uint8Array.of(1), encodeU64(position));
  const sighash = digestDirectory(tree({ a: 'x' }), blake3).hash;
  const make = (table: Uint8Array, maxsize = 200n) =>
    new MemorySource(
      concatBytes(encodeHeader(signedHeader(sighash, maxsize, BigInt(table.length))), table, Uint8Array.of(0x78)),
    );
  const end = (length: number) => place(BigInt(HEADER_SIZE + length));

  const plain = concatBytes(Uint8Array.of(1), entry, end(52));
  assert.deepEqual(await codesOf(make(plain)), []);
  const overlong = concatBytes(Uint8Array.of(0x81, 0), entry, end(53));
  assert.deepEqual(await codesOf(make(overlong)), ['varint-overlong']);
  const leftover = concatBytes(Uint8Array.of(1), entry, end(54), Uint8Array.of(9, 9));
  assert.deepEqual(await codesOf(make(leftover)), ['table-leftover']);
  const duplicate = concatBytes(Uint8Array.of(2), entry, place(0n), entry, end(103));
  assert.ok((await codesOf(make(duplicate))).includes('name-duplicate'));
  const reading = await readArchive(make(duplicate), { blake3 });
  assert.ok(reading.opens, 'the last of two equal names counts');
});

test('a table of 100,000 entries is read', async () => {
  const names = Array.from({ length: 100_000 }, (_, index) => [`${index}`, file('')] as const);
  const bytes = await archiveBytes(directory([['many', directory(names)]]));
  assert.ok((await readArchive(new MemorySource(bytes), { blake3 })).opens);
});

test('a commitment lifts the limit on the root table, and must match', async () => {
  const source = new MemorySource(await archiveBytes(tree({ a: 'x' })));
  const { header } = await openArchive(source, { blake3 });
  assert.ok((await readArchive(source, { blake3, commitment: header })).opens);
  const other = { ...header, rootSighash: new Uint8Array(32) };
  const reading = await readArchive(source, { blake3, commitment: other });
  assert.deepEqual(
    reading.findings.map((found) => found.code),
    ['commitment-mismatch'],
  );
});

test('a 10 GB package opens by reading less than 1 MB', async () => {
  await using temporary = await temporaryFolder();
  const path = join(temporary.path, 'large.s9pk');
  const size = 10_000_000_000n;
  const hash = new Uint8Array(32).fill(7);
  const nothing = new MemorySource(new Uint8Array(0));
  const image = tree({ 'main.squashfs': { kind: 'file', hash, size, content: nothing } });
  const root = directory([
    ['images', image],
    ['manifest.json', file('{}')],
  ]);
  // The bytes before the large content as the writer makes them, then a hole of its size.
  const start = await archiveBytes(
    directory([
      ['images', tree({ 'main.squashfs': '' })],
      ['manifest.json', file('{}')],
    ]),
  );
  const { hash: rootHash } = digestDirectory(root, blake3);
  const header = signedHeader(rootHash, BigInt(tableSize(root)));
  const imagesTable = concatBytes(
    encodeVarint(1),
    encodeEntry('main.squashfs', { hash, size }),
    Uint8Array.of(1),
    encodeU64(BigInt(start.length)),
  );
  const imagesDigest = digestDirectory(image, blake3);
  const imagesPosition = BigInt(HEADER_SIZE + tableSize(root));
  const rootTable = concatBytes(
    encodeVarint(2),
    ...[encodeEntry('images', imagesDigest), Uint8Array.of(2), encodeU64(imagesPosition), encodeU64(imagesDigest.size)],
    ...[encodeEntry('manifest.json', file('{}')), Uint8Array.of(1), encodeU64(imagesPosition + imagesDigest.size)],
  );
  const handle = await open(path, 'w');
  await handle.write(concatBytes(encodeHeader(header), rootTable, imagesTable, new TextEncoder().encode('{}')));
  await handle.truncate(start.length + Number(size));
  await handle.close();

  await using source = await FileSource.open(path);
  const counting = new CountingSource(source);
  const archive = await openArchive(counting, { blake3 });
  assert.deepEqual(archive.findings, []);
  assert.ok(counting.bytesRead < 1 << 20, `${counting.bytesRead} bytes`);
});
