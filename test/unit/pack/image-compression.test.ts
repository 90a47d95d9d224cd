import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FindingError } from '../../../extension/engine/finding.ts';
import { chooseCompression, whyNotMounted } from '../../../extension/engine/pack/images/image-compression.ts';

const choose = (osVersion: string, asked = {}) => {
  const lines: string[] = [];
  return { ...chooseCompression({ osVersion }, asked, (line) => lines.push(line)), lines };
};

test('zstd from StartOS 0.4.0-beta.0 on, gzip below, and why', () => {
  for (const osVersion of ['0.4.0-beta.0', '0.4.0-beta.7', '0.4.0', '0.4.0.3', '1.0.0']) {
    const { compressor, level, lines } = choose(osVersion);
    assert.deepEqual([compressor, level], ['zstd', 4], osVersion);
    assert.match(lines.join('\n'), /^Images are compressed with zstd, level 4: every device .* mounts it \(osVersion /);
  }
  for (const osVersion of ['0.3.5', '0.4.0-alpha.20', '0.4.0-alpha.3']) {
    const { compressor, level, lines } = choose(osVersion);
    assert.deepEqual([compressor, level], ['gzip', 6], osVersion);
    assert.match(lines.join('\n'), /may not mount zstd/);
  }
});

test('what is asked for is what is used', () => {
  const { compressor, level, lines } = choose('0.4.0', { compressor: 'gzip', level: 9 });
  assert.deepEqual([compressor, level], ['gzip', 9]);
  assert.deepEqual(lines, ['Images are compressed with gzip, level 9: it was asked for']);
  assert.equal(choose('0.4.0-alpha.1', { compressor: 'zstd' }).compressor, 'zstd');
  assert.equal(choose('0.4.0', { compressor: 'xz' }).level, undefined);
  assert.throws(() => choose('0.4.0', { level: 23 }), FindingError);
  assert.throws(() => choose('0.4.0-alpha.1', { level: 10 }), FindingError);
  assert.throws(() => choose('0.4.0', { compressor: 'xz', level: 6 }), FindingError);
});

test('a prebuilt image of zstd is a problem for older devices only, lzma for all', () => {
  assert.equal(whyNotMounted('zstd', { osVersion: '0.4.0' }), undefined);
  assert.match(whyNotMounted('zstd', { osVersion: '0.4.0-alpha.9' }) ?? '', /Raspberry Pi/);
  assert.match(whyNotMounted('lzma', { osVersion: '0.4.0' }) ?? '', /no StartOS device/);
  for (const compressor of ['gzip', 'xz', 'lz4', 'lzo'] as const)
    assert.equal(whyNotMounted(compressor, { osVersion: '0.3.5' }), undefined);
});
