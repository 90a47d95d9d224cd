import { type OnProgress, TurnTaker, type Work } from '../progress.ts';

/**
 * Does `work` with every item, at most `limit` at once. The first failure stops the others through their signal, and all
 * of them have ended when it is thrown. Progress is that of the item which began first and still runs.
 * @returns the results in the order of the items
 */
export async function mapConcurrently<T, R>(
  items: readonly T[],
  limit: number,
  { signal, onProgress }: Work,
  work: (item: T, work: Work) => Promise<R>,
): Promise<R[]> {
  const stop = new AbortController();
  const signals = [stop.signal, ...(signal ? [signal] : [])];
  const turns = new TurnTaker(onProgress ?? ignore);
  const results = new Map<number, R>();
  const failures: unknown[] = [];
  let next = 0;
  const lane = async () => {
    while (next < items.length && failures.length === 0) {
      const index = next++;
      const turn = turns.begin();
      try {
        const own = { signal: AbortSignal.any(signals), onProgress: turn.onProgress };
        results.set(index, await work(items[index] as T, own));
      } catch (error) {
        failures.push(error);
        stop.abort(error);
      } finally {
        turn.end();
      }
    }
  };
  await Promise.all(Array.from({ length: Math.min(limit, items.length) }, lane));
  signal?.throwIfAborted();
  if (failures.length > 0) throw failures[0];
  return items.map((_, index) => results.get(index) as R);
}

const ignore: OnProgress = () => undefined;
