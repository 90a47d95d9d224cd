import { mutate } from './mutate.ts';
import { Random } from './random.ts';
import type { FuzzTarget } from './target.ts';

/** Made inputs that are changed later, at most so many of them. */
const KEPT = 64;

/** The inputs of a target: what is kept first, then one after the other, each the same for its seed and number. */
export class Cases {
  private readonly target: FuzzTarget;
  private readonly seed: number;
  private readonly known: readonly Uint8Array[];

  constructor(target: FuzzTarget, seed: number, known: readonly Uint8Array[]) {
    this.target = target;
    this.seed = seed;
    this.known = known;
  }

  async input(number: number): Promise<{ input: Uint8Array; random: Random }> {
    const random = new Random(this.seed, number);
    const asIs = this.known[number];
    if (asIs) return { input: asIs, random };
    const change = this.target.mutate ?? mutate;
    const made = this.target.make && random.oneIn(3) ? await this.target.make(random) : undefined;
    if (made && random.oneIn(2)) return { input: made, random };
    const base = made ?? this.pick(random);
    return { input: change(base, this.pick(random), random), random };
  }

  private pick(random: Random): Uint8Array {
    return this.known[random.below(Math.min(this.known.length, KEPT))] ?? new Uint8Array(0);
  }
}
