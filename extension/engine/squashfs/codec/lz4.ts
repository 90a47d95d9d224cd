/**
 * Decompresses an LZ4 block (not a frame) to at most `limit` bytes.
 * @throws RangeError if the block is damaged or larger.
 */
export function decompressLz4(block: Uint8Array, limit: number): Uint8Array {
  const output = new Uint8Array(limit);
  let from = 0;
  let to = 0;
  const byte = (): number => {
    const value = block[from++];
    if (value === undefined) throw new RangeError('an LZ4 block ends too early');
    return value;
  };
  const length = (nibble: number): number => {
    let total = nibble;
    if (nibble === 15) {
      let more: number;
      do {
        more = byte();
        total += more;
      } while (more === 255);
    }
    return total;
  };
  while (from < block.length) {
    const token = byte();
    const literals = length(token >> 4);
    if (from + literals > block.length || to + literals > limit) throw new RangeError('an LZ4 block is damaged');
    output.set(block.subarray(from, from + literals), to);
    from += literals;
    to += literals;
    if (from === block.length) break;
    const distance = byte() | (byte() << 8);
    const match = length(token & 15) + 4;
    if (distance === 0 || distance > to || to + match > limit) throw new RangeError('an LZ4 block is damaged');
    // Byte by byte, because a match may overlap what it produces.
    for (const end = to + match; to < end; to++) output[to] = output[to - distance] ?? 0;
  }
  return output.subarray(0, to);
}
