/** Bytes of a piece of spare memory. */
export const SPARE_SIZE = 1 << 20;

/** Pieces that wait to be used again; more are left to be collected. */
const KEPT = 16;
const spare: Uint8Array[] = [];

/**
 * A megabyte to read into or to collect writes in, with whatever was in it before. Whoever works through gigabytes must use memory
 * again: V8 collects large buffers only once hundreds of megabytes of them lie about.
 */
export function takeMemory(): Uint8Array {
  return spare.pop() ?? new Uint8Array(SPARE_SIZE);
}

/** Gives memory back that nobody reads or writes any more. */
export function giveBackMemory(memory: Uint8Array): void {
  if (memory.length === SPARE_SIZE && spare.length < KEPT && !spare.includes(memory)) spare.push(memory);
}
