/** Of what is sampled one in so many is tried: bits come by eights, and no kind of fault by sevens, so that each is met. */
export const SAMPLE = 7;

/** Whether one is in the part that a seed chooses, another part with each; without one all are. */
export function isTried(index: number, seed: number | undefined): boolean {
  return seed === undefined || (index + seed) % SAMPLE === 0;
}

/** Those in the part that a seed chooses. */
export function sampled<Kind>(all: readonly Kind[], seed: number | undefined): readonly Kind[] {
  return all.filter((_, index) => isTried(index, seed));
}
