import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { openArchive } from '../../../extension/engine/archive/reader.ts';
import { writeArchive } from '../../../extension/engine/archive/writer.ts';
import { fromBase64, toHex } from '../../../extension/engine/bytes.ts';
import { classOf, type Finding } from '../../../extension/engine/finding.ts';
import { MemorySink } from '../../../extension/engine/io/byte-sink.ts';
import { MemorySource } from '../../../extension/engine/io/byte-source.ts';
import { verifyPackage } from '../../../extension/engine/verify/verify.ts';
import { blake3, testKey } from '../../support/archives.ts';
import { needsShared, sharedFolder, sharedJson, sharedPath } from '../../support/shared.ts';

interface Case {
  readonly file: string;
  readonly opens: boolean;
  readonly intact: boolean;
  readonly rootSighash?: string;
  readonly rootMaxsize?: number;
  readonly signer?: string;
  readonly validPackage?: boolean;
  readonly nonCanonical?: boolean;
  readonly unsafeName?: boolean;
  readonly missing?: number;
}

const cases = sharedFolder ? sharedJson<{ cases: Case[] }>('fixtures', 's9pk-v2', 'cases.json').cases : [];
const bytesOf = (item: Case) => readFileSync(sharedPath('fixtures', 's9pk-v2', item.file));
const codes = (findings: readonly Finding[]) => findings.map((found) => found.code);

test('there are shared cases', needsShared, () => assert.ok(cases.length >= 36));

for (const item of cases) {
  test(`verdict of ${item.file}`, async () => {
    const report = await verifyPackage(new MemorySource(bytesOf(item)), { blake3 });
    const context = JSON.stringify(report.findings, null, 1);
    assert.equal(report.opens, item.opens, context);
    assert.equal(report.intact, item.intact, context);
    if (item.validPackage !== undefined) assert.equal(report.complete, item.validPackage, context);
    if (!item.opens || !item.intact || item.validPackage === false || item.unsafeName) {
      assert.ok(
        report.findings.some((found) => found.severity === 'error'),
        context,
      );
    }
    if (item.unsafeName) assert.ok(codes(report.findings).includes('name-unsafe'), context);
    if (item.intact) assert.equal(report.canonical, !item.nonCanonical && !item.unsafeName, context);
    const { header } = report.archive;
    if (item.rootSighash) assert.deepEqual(header?.rootSighash, fromBase64(item.rootSighash));
    if (item.rootMaxsize) assert.equal(header?.rootMaxsize, BigInt(item.rootMaxsize));
    if (item.signer) assert.equal(header && toHex(header.publicKey), item.signer);
  });

  if (!item.opens || ['bad-truncated.s9pk', 'bad-position.s9pk', 'bad-position-huge.s9pk'].includes(item.file))
    continue;

  test(`${item.file} is written again byte for byte`, async () => {
    const bytes = bytesOf(item);
    const archive = await openArchive(new MemorySource(bytes), { blake3 });
    const order = archive.order ?? 'priority';
    const sink = new MemorySink();
    await writeArchive(archive.root, sink, { blake3, signer: { keep: archive.header }, order, verify: item.intact });
    const end = item.file === 'odd-trailing.s9pk' ? bytes.length - 4 : bytes.length;
    assert.equal(Buffer.compare(sink.bytes(), bytes.subarray(0, end)), 0);

    if (!item.intact || item.missing || item.file === 'odd-maxsize.s9pk') return;
    const signed = new MemorySink();
    await writeArchive(archive.root, signed, { blake3, signer: { key: testKey }, order });
    assert.equal(Buffer.compare(signed.bytes(), bytes.subarray(0, end)), 0, 'signed anew with the same key');
  });
}

test('what is not an s9pk is called by its name', needsShared, async () => {
  const expected: Record<string, [Finding['code'], RegExp]> = {
    'bad-zip.s9pk': ['not-s9pk', /ZIP/],
    'bad-empty.s9pk': ['file-empty', /empty/],
    'bad-version.s9pk': ['version-unknown', /version 9/],
    'bad-short-header.s9pk': ['header-truncated', /header/],
    'bad-short-toc.s9pk': ['table-out-of-range', /truncated/],
    'bad-loop.s9pk': ['table-oversize', /more than the 65/],
    'bad-context.s9pk': ['signature-invalid', /signed for something else/],
  };
  for (const [name, [code, message]] of Object.entries(expected)) {
    const item = cases.find((candidate) => candidate.file === name);
    assert.ok(item, name);
    const { findings } = await verifyPackage(new MemorySource(bytesOf(item)), { blake3 });
    const found = findings.find((candidate) => candidate.code === code);
    assert.ok(found && message.test(found.message), `${name}: ${JSON.stringify(findings)}`);
    assert.ok(['format', 'broken'].includes(classOf(found)));
  }
});
