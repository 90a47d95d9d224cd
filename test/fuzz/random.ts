/** Numbers that look random and are the same for the same seed: a case can be had again from its seed and number. */
export class Random {
  private state: number;

  constructor(seed: number, stream = 0) {
    this.state = (Math.imul(seed ^ 0x9e3779b9, 0x85ebca6b) ^ Math.imul(stream + 1, 0xc2b2ae35)) >>> 0;
    for (let round = 0; round < 4; round++) this.next();
  }

  /** 32 bits (mulberry32). */
  next(): number {
    this.state = (this.state + 0x6d2b79f5) >>> 0;
    let mixed = this.state;
    mixed = Math.imul(mixed ^ (mixed >>> 15), mixed | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return (mixed ^ (mixed >>> 14)) >>> 0;
  }

  /** From 0 up to, not including, `end`. */
  below(end: number): number {
    return end <= 0 ? 0 : this.next() % end;
  }

  /** From 0 up to, not including, 1, in thousandths. */
  fraction(): number {
    return this.below(1000) / 1000;
  }

  between(first: number, last: number): number {
    return first + this.below(last - first + 1);
  }

  /** True in one of so many. */
  oneIn(count: number): boolean {
    return this.below(count) === 0;
  }

  pick<T>(items: readonly [T, ...T[]]): T {
    return items[this.below(items.length)] ?? items[0];
  }

  bytes(length: number): Uint8Array {
    return Uint8Array.from({ length }, () => this.next() & 0xff);
  }

  /** Just below a limit, at it, or just above. */
  near(limit: number): number {
    return limit + this.between(-1, 1);
  }

  /** Small mostly, and at times near a power of two, where limits are. */
  size(largest: number): number {
    if (!this.oneIn(8)) return this.below(Math.min(largest, 12) + 1);
    return Math.max(0, Math.min(largest, 2 ** this.below(Math.ceil(Math.log2(largest + 1)) + 1) + this.between(-1, 1)));
  }
}
