import type { ByteSource } from '../io/byte-source.ts';

/** A stretch of a sparse file that has data; everything between such stretches is zeros. In bytes. */
export interface SparseRegion {
  readonly offset: number;
  readonly length: number;
}

/** A sparse file: `packed` holds the regions' data one after the other, this source the whole file with its holes. */
export class SparseSource implements ByteSource {
  readonly size: number;
  private readonly packed: ByteSource;
  private readonly regions: readonly (SparseRegion & { readonly packedAt: number })[];

  constructor(packed: ByteSource, map: readonly SparseRegion[], size: number) {
    this.packed = packed;
    this.size = size;
    let packedAt = 0;
    this.regions = map.map((region) => {
      const placed = { ...region, packedAt };
      packedAt += region.length;
      return placed;
    });
  }

  async read(position: number, length: number): Promise<Uint8Array> {
    const end = Math.min(this.size, position + length);
    const bytes = new Uint8Array(Math.max(0, end - position));
    for (const region of this.regions) {
      const from = Math.max(position, region.offset);
      const to = Math.min(end, region.offset + region.length);
      if (from >= to) continue;
      bytes.set(await this.packed.read(region.packedAt + from - region.offset, to - from), from - position);
    }
    return bytes;
  }
}
