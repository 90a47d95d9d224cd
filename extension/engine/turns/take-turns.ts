/** Work that needs no file waits for nobody, so that nobody is heard meanwhile; after so long it steps aside once. */
const TURN_MS = 20;

let turnBegan = performance.now();

/**
 * Lets timers, messages and signals be heard if they were not for some time. To be awaited in loops that may go on without
 * reading anything new: over names in a listing, or the holes of a file.
 * @throws the signal's reason once the work is cancelled
 */
export async function takeTurns(signal?: AbortSignal): Promise<void> {
  signal?.throwIfAborted();
  if (performance.now() - turnBegan < TURN_MS) return;
  await new Promise<void>((resolve) => setTimeout(resolve, 0));
  turnBegan = performance.now();
  signal?.throwIfAborted();
}
