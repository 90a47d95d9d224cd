import { createHash } from 'node:crypto';
import { sampled } from '../compare.ts';

/** What is hashed, bytes: some 50 ms of work. */
const SIZE = 32 << 20;
const ROUNDS = 5;

export const YARDSTICK = 'yardstick, s';

/**
 * Does work that is the same everywhere, SHA-512 of some memory on one thread, and adds how long it took. Seconds of two runs are
 * compared as multiples of it, as the machine may be another one, or have more to do.
 */
export function measureYardstick(): void {
  const bytes = new Uint8Array(SIZE);
  const times = Array.from({ length: ROUNDS }, () => {
    const started = performance.now();
    createHash('sha512').update(bytes).digest();
    return (performance.now() - started) / 1000;
  });
  sampled[YARDSTICK] = [...(sampled[YARDSTICK] ?? []), ...times];
}
