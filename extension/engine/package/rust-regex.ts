/**
 * What a pattern uses that regular expressions of Rust's `regex`, which devices use, do not have; undefined if nothing.
 */
export function unsupportedInRust(pattern: string): 'look-around' | 'a back-reference' | undefined {
  const unescaped = pattern.replace(/\\[^1-9k]/g, '');
  if (/\(\?(?:=|!|<=|<!)/.test(unescaped)) return 'look-around';
  return /\\[1-9k]/.test(unescaped) ? 'a back-reference' : undefined;
}
