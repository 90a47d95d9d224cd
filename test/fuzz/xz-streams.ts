import { crc32 } from 'node:zlib';
import { mutate } from './mutate.ts';
import type { Random } from './random.ts';

/** The .xz format (1.2.0): magic, two bytes of flags, their checksum; then a block's header, whose first byte says its length. */
const MAGIC = Buffer.from('fd377a585a00', 'hex');
const BLOCK_AT = 12;
/** Filters by their numbers: LZMA2, delta, those for machine code, one that is none. */
const FILTERS = [0x21, 0x03, 0x04, 0x05, 0x06, 0x07, 0x08, 0x09, 0x0a, 0x0b, 0x22] as const;

/**
 * Streams of the .xz format, wherever they begin, with changes that their decoder's checksums let pass: the check they have, filters,
 * the size of the dictionary, sizes that they claim, or what is compressed.
 */
export function mutateXz(input: Uint8Array, random: Random): Uint8Array {
  const bytes = Buffer.from(input);
  const starts: number[] = [];
  for (let at = bytes.indexOf(MAGIC); at >= 0 && starts.length < 1000; at = bytes.indexOf(MAGIC, at + 1))
    starts.push(at);
  const at = starts[random.below(starts.length)];
  if (at === undefined || at + 24 > bytes.length) return mutate(input, input, random);
  const block = at + BLOCK_AT;
  const headerLength = ((bytes[block] ?? 0) + 1) * 4;
  const header = bytes.subarray(block, block + headerLength);
  switch (random.below(6)) {
    case 0:
      // No check, CRC32, CRC64, SHA-256, and those that are kept for later.
      bytes[at + 7] = random.below(16);
      bytes.writeUInt32LE(crc32(bytes.subarray(at + 6, at + 8)), at + 8);
      return bytes;
    case 1:
      // Up to 4 GiB, and numbers that are none.
      if (header.length > 5) header[4] = random.oneIn(3) ? random.below(256) : random.between(0, 41);
      return withHeaderCrc(bytes, header);
    case 2:
      if (header.length > 5) header[2] = random.pick(FILTERS);
      return withHeaderCrc(bytes, header);
    case 3:
      if (header.length > 5) header[random.between(1, header.length - 5)] = random.below(256);
      return withHeaderCrc(bytes, header);
    case 4: {
      // What is compressed: control bytes, sizes of chunks, and the code itself.
      const from = block + headerLength;
      for (let left = 1 + random.size(8); left > 0; left--) {
        const place = from + (random.oneIn(2) ? random.below(8) : random.below(bytes.length - from));
        if (place < bytes.length)
          bytes[place] = random.oneIn(3) ? random.pick([0, 1, 2, 0x80, 0xe0, 0xff]) : random.below(256);
      }
      return bytes;
    }
    default:
      return random.oneIn(2)
        ? bytes.subarray(0, at + random.below(bytes.length - at))
        : Buffer.concat([bytes, bytes.subarray(at)]);
  }
}

function withHeaderCrc(bytes: Buffer, header: Buffer): Buffer {
  if (header.length >= 8) header.writeUInt32LE(crc32(header.subarray(0, -4)), header.length - 4);
  return bytes;
}
