import type { ByteSource } from '../io/byte-source.ts';
import { takeTurns } from '../turns/take-turns.ts';
import { TarError, type TarPlace } from './tar-error.ts';

/** A stretch of a sparse file that has data; everything between such stretches is zeros. In bytes. */
export interface SparseRegion {
  readonly offset: number;
  readonly length: number;
}

/** An object of three numbers, and its place in a list. */
const REGION_BYTES = 56;

type PlacedRegion = SparseRegion & { readonly packedAt: number };

/** A sparse file: `packed` holds the regions' data one after the other, this source the whole file with its holes. */
export class SparseSource implements ByteSource {
  readonly size: number;
  private readonly packed: ByteSource;
  private readonly regions: readonly PlacedRegion[];

  private constructor(packed: ByteSource, regions: readonly PlacedRegion[], size: number) {
    this.packed = packed;
    this.regions = regions;
    this.size = size;
  }

  /** @throws TarError if the regions are not in order, not inside the file, or are more than there is data for. */
  static of(packed: ByteSource, map: readonly SparseRegion[], size: number, at: TarPlace): SparseSource {
    const regions: PlacedRegion[] = [];
    let packedAt = 0;
    let end = 0;
    for (const { offset, length } of map) {
      const isInside = Number.isSafeInteger(offset + length) && offset >= end && length >= 0 && offset + length <= size;
      if (!isInside) throw new TarError('a sparse map is damaged', at);
      end = offset + length;
      if (length > 0) regions.push({ offset, length, packedAt });
      packedAt += length;
    }
    if (!Number.isSafeInteger(size) || size < 0) throw new TarError('a sparse file has an impossible size', at);
    if (packedAt > packed.size) throw new TarError('a sparse file is cut short', at);
    return new SparseSource(packed, regions, size);
  }

  /** About how much memory its map takes. */
  get mapBytes(): number {
    return this.regions.length * REGION_BYTES;
  }

  async nextData(position: number): Promise<number> {
    const region = this.regions[this.firstBehind(position)];
    return region === undefined ? this.size : Math.max(region.offset, position);
  }

  async read(position: number, length: number): Promise<Uint8Array> {
    await takeTurns();
    const end = Math.min(this.size, position + length);
    const bytes = new Uint8Array(Math.max(0, end - position));
    for (let index = this.firstBehind(position); ; index++) {
      const region = this.regions[index];
      if (region === undefined || region.offset >= end) return bytes;
      const from = Math.max(position, region.offset);
      const to = Math.min(end, region.offset + region.length);
      bytes.set(await this.packed.read(region.packedAt + from - region.offset, to - from), from - position);
    }
  }

  /** Index of the first region that ends behind a position. */
  private firstBehind(position: number): number {
    let [low, high] = [0, this.regions.length];
    while (low < high) {
      const middle = (low + high) >>> 1;
      const { offset, length } = this.regions[middle] ?? { offset: 0, length: 0 };
      if (offset + length > position) high = middle;
      else low = middle + 1;
    }
    return low;
  }
}
