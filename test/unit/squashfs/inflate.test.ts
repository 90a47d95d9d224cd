import assert from 'node:assert/strict';
import { test } from 'node:test';
import { deflateSync, zstdCompressSync } from 'node:zlib';
import fc from 'fast-check';
import * as node from '../../../extension/engine/squashfs/codec/inflate.ts';
import * as browser from '../../../extension/engine/squashfs/codec/inflate-in-browser.ts';
import { isWholeZstdFrame } from '../../../extension/engine/squashfs/codec/zstd-header.ts';

/** Bytes that compress, and bytes that do not. */
const content = fc.oneof(
  fc.uint8Array({ maxLength: 5000 }),
  fc.tuple(fc.uint8Array({ minLength: 1, maxLength: 50 }), fc.integer({ min: 1, max: 3000 })).map(([part, times]) => {
    const bytes = new Uint8Array(part.length * times);
    for (let index = 0; index < times; index++) bytes.set(part, index * part.length);
    return bytes;
  }),
);

for (const [name, { inflateBlock, inflateZstdBlock }] of Object.entries({ node, browser })) {
  test(`blocks are decompressed to their limit and not beyond it: ${name}`, async () => {
    await fc.assert(
      fc.asyncProperty(content, async (bytes) => {
        const packed = [
          [inflateBlock, deflateSync(bytes)],
          [inflateZstdBlock, zstdCompressSync(bytes)],
        ] as const;
        for (const [inflate, block] of packed) {
          assert.deepEqual(new Uint8Array(await inflate(block, bytes.length || 1)), new Uint8Array(bytes));
          if (bytes.length > 1) await assert.rejects(inflate(block, bytes.length - 1));
        }
      }),
      { numRuns: 60 },
    );
  });

  test(`a Zstandard frame that claims gigabytes is refused: ${name}`, async () => {
    const frame = zstdCompressSync(new Uint8Array(10));
    // Not one segment, and a window of 2 GB.
    const hostile = Uint8Array.from([...frame.subarray(0, 4), 0, (21 << 3) | 7, ...frame.subarray(6)]);
    const before = process.memoryUsage().rss;
    await assert.rejects(inflateZstdBlock(hostile, 1000));
    assert.ok(process.memoryUsage().rss - before < 500e6);
    // Behind a frame that claims nothing: a block is one frame.
    if (name === 'browser') await assert.rejects(inflateZstdBlock(Uint8Array.from([...frame, ...hostile]), 1000));
  });

  test(`what is damaged is refused: ${name}`, async () => {
    await assert.rejects(inflateBlock(Uint8Array.of(1, 2, 3, 4), 100));
    await assert.rejects(inflateZstdBlock(Uint8Array.of(1, 2, 3, 4), 100));
    const cut = (bytes: Uint8Array) => bytes.subarray(0, bytes.length - 5);
    const text = new TextEncoder().encode('something that is long enough to be cut, and cut again, and cut again');
    await assert.rejects(inflateBlock(cut(deflateSync(text)), 1000));
    const frame = zstdCompressSync(text);
    // Node 22 takes any part of a frame, and gives what there is of it.
    for (let length = 0; length < frame.length; length++) {
      assert.ok(!isWholeZstdFrame(frame.subarray(0, length)));
      await assert.rejects(inflateZstdBlock(frame.subarray(0, length), 1000));
    }
    assert.ok(isWholeZstdFrame(frame));
  });
}
