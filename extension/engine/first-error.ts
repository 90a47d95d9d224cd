/**
 * What went wrong first, where closing a file afterwards failed too: `await using` then throws a SuppressedError, whose message
 * says nothing of either.
 */
export function firstError(error: unknown): unknown {
  let first = error;
  while (first instanceof Error && first.name === 'SuppressedError' && 'suppressed' in first) first = first.suppressed;
  return first;
}
