import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { deflateSync, inflateSync, constants as zlib, zstdCompressSync, zstdDecompressSync } from 'node:zlib';
import { decompressorOf } from '../../../extension/engine/squashfs/codec/decompress.ts';
import { inflateBlock, inflateZstdBlock } from '../../../extension/engine/squashfs/codec/inflate-in-browser.ts';
import { xzCompressor } from '../../../extension/engine/squashfs/codec/xz.ts';
import { SquashfsError } from '../../../extension/engine/squashfs/squashfs-error.ts';
import { mutate } from '../mutate.ts';
import type { Random } from '../random.ts';
import { allowing, type FuzzTarget } from '../target.ts';
import { mutateXz } from '../xz-streams.ts';

/** By the first byte of an input; the second says to how many bytes a block may become, the rest is the block. */
const COMPRESSORS = ['gzip', 'zstd', 'xz', 'lz4'] as const;
/** Of metadata, of small and large data blocks; and so few that most blocks are too large. */
const LIMITS = [8192, 4096, 131_072, 1 << 20, 100, 0] as const;

interface Block {
  readonly compressor: (typeof COMPRESSORS)[number];
  readonly limit: number;
  readonly bytes: Uint8Array;
}

function blockOf(input: Uint8Array): Block {
  const [kind = 0, limit = 0] = input;
  return {
    compressor: COMPRESSORS[kind % COMPRESSORS.length] ?? 'gzip',
    limit: LIMITS[limit % LIMITS.length] ?? 8192,
    bytes: input.subarray(2),
  };
}

/** Bytes that repeat, at near and at far distances, or do not. */
function plainBytes(random: Random): Uint8Array {
  const piece = random.bytes(1 + random.size(64));
  const length = Math.max(0, random.pick([0, 1, 100, 4096, 8192, 20_000, 131_072]) + random.between(-1, 1));
  const noise = random.bytes(random.size(3000));
  return Uint8Array.from({ length }, (_, index) => noise[index] ?? piece[index % piece.length] ?? 0);
}

/** Literals alone, and a literal with a match that overlaps itself: all that LZ4 has. */
function lz4Block(plain: Uint8Array): Uint8Array {
  const sized = (size: number) => {
    const more =
      size < 15 ? [] : [...Array.from({ length: Math.floor((size - 15) / 255) }, () => 255), (size - 15) % 255];
    return { nibble: Math.min(size, 15), more };
  };
  const last = plain.subarray(-5);
  const rest = plain.length - 1 - last.length;
  if (rest < 12 || plain.some((byte) => byte !== plain[0])) {
    const { nibble, more } = sized(plain.length);
    return Buffer.concat([Uint8Array.of(nibble << 4, ...more), plain]);
  }
  const { nibble, more } = sized(rest - 4);
  return Buffer.concat([Uint8Array.of(0x10 | nibble, plain[0] ?? 0, 1, 0, ...more, last.length << 4), last]);
}

const xz = await Promise.resolve()
  .then(() => xzCompressor(131_072))
  // Where the native module is not installed, the corpus has blocks.
  .catch(() => undefined);

async function compressed(compressor: Block['compressor'], plain: Uint8Array, random?: Random): Promise<Uint8Array> {
  switch (compressor) {
    case 'gzip':
      return deflateSync(plain, { level: random?.below(10) ?? 9 });
    case 'zstd': {
      const params = {
        [zlib.ZSTD_c_compressionLevel]: random?.between(1, 12) ?? 3,
        [zlib.ZSTD_c_checksumFlag]: random?.below(2) ?? 0,
        [zlib.ZSTD_c_contentSizeFlag]: random?.below(2) ?? 1,
      };
      return zstdCompressSync(plain, { params });
    }
    case 'xz':
      return xz ? xz(plain) : new Uint8Array(0);
    case 'lz4':
      return lz4Block(plain);
  }
}

function inputOf(kind: number, limit: number, bytes: Uint8Array): Uint8Array {
  return Buffer.concat([Uint8Array.of(kind, limit), bytes]);
}

async function decompressed({ compressor, bytes, limit }: Block): Promise<Uint8Array | undefined> {
  let plain: Uint8Array | undefined;
  await allowing([SquashfsError], async () => {
    plain = await decompressorOf(compressor)(bytes, limit);
  });
  return plain;
}

/** What another program makes of a block; undefined if it refuses it. */
function byProgram(program: string, input: Uint8Array): Uint8Array | undefined {
  const args = program === 'xz' ? ['-dc', '--format=xz'] : ['-dc'];
  const { status, stdout, error } = spawnSync(program, args, { input, timeout: 5000, maxBuffer: 4 << 20 });
  return status === 0 && !error ? new Uint8Array(stdout) : undefined;
}

/** As `lz4` took blocks before it had frames: a magic number, and the size of each. */
function lz4Legacy(block: Uint8Array): Uint8Array {
  const head = Buffer.alloc(8);
  head.writeUInt32LE(0x184c2102);
  head.writeUInt32LE(block.length, 4);
  return Buffer.concat([head, block]);
}

function byNode(read: () => Uint8Array): Uint8Array | undefined {
  try {
    return new Uint8Array(read());
  } catch {
    return undefined;
  }
}

/** Compressed blocks of images alone, which most changes of an image do not leave whole enough to be met. */
export const blocksTarget: FuzzTarget = {
  name: 'blocks',
  covers: ['extension/engine/squashfs/codec/{decompress,lz4,xz,zstd-header,inflate,inflate-in-browser}.ts'],

  async seeds() {
    const plain = Buffer.concat([Buffer.from('text\n'.repeat(300)), new Uint8Array(3000), Buffer.from('end')]);
    const all = COMPRESSORS.map(async (compressor, kind) => inputOf(kind, 0, await compressed(compressor, plain)));
    return (await Promise.all(all)).filter((input) => input.length > 2);
  },

  async make(random) {
    const kind = random.below(COMPRESSORS.length);
    const block = await compressed(COMPRESSORS[kind] ?? 'gzip', plainBytes(random), random);
    return inputOf(kind, random.below(LIMITS.length), block);
  },

  mutate(input, other, random) {
    const { compressor, bytes } = blockOf(input);
    const [kind = 0, limit = 0] = input;
    const changed =
      compressor === 'xz' && !random.oneIn(3) ? mutateXz(bytes, random) : mutate(bytes, other.subarray(2), random);
    return inputOf(random.oneIn(30) ? kind + 1 : kind, random.oneIn(4) ? random.below(LIMITS.length) : limit, changed);
  },

  async read(input) {
    const block = blockOf(input);
    const plain = await decompressed(block);
    assert.ok((plain?.length ?? 0) <= block.limit, 'no more than the limit');
    // One at a time, as the library has it: what failed must not be in the way of the next.
    const [again, good] = await Promise.all([decompressed(block), decompressed(await goodXz)]);
    assert.deepEqual(again, plain, 'the same twice');
    assert.ok(good === undefined || good.length === GOOD.length, 'a good block after a bad one');
    const inBrowser = { gzip: inflateBlock, zstd: inflateZstdBlock }[block.compressor as 'gzip' | 'zstd'];
    if (!inBrowser) return;
    const there = await inBrowser(block.bytes, block.limit).catch(() => undefined);
    if (plain && there) assert.deepEqual(new Uint8Array(there), plain, 'browsers read what Node reads');
  },

  comparesOneIn: 10,
  async compare(input) {
    const block = blockOf(input);
    const ours = await decompressed(block);
    if (!ours) return;
    const { bytes, limit } = block;
    const readers = {
      gzip: () => byNode(() => inflateSync(bytes, { maxOutputLength: limit })),
      zstd: () => byNode(() => zstdDecompressSync(bytes, { maxOutputLength: limit })),
      xz: () => byProgram('xz', bytes),
      lz4: () => byProgram('lz4', lz4Legacy(bytes)),
    };
    const theirs = readers[block.compressor]();
    if (theirs) assert.deepEqual(theirs, new Uint8Array(ours), block.compressor);
  },
};

const GOOD = new Uint8Array(5000).map((_, index) => index % 7);
const goodXz = compressed('xz', GOOD).then((bytes): Block => ({ compressor: 'xz', limit: 8192, bytes }));
