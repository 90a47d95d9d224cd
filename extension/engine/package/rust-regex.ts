/**
 * Why devices, which use the regular expressions of Rust's `regex`, cannot read a pattern; undefined if nothing speaks
 * against it. Not everything that they refuse is found.
 */
export function problemInRust(pattern: string): string | undefined {
  let depth = 0;
  let inClass = false;
  for (let at = 0; at < pattern.length; at++) {
    const char = pattern[at] ?? '';
    if (char === '\\') {
      const next = pattern[at + 1];
      if (next === undefined) return 'it ends in a backslash';
      if (!inClass && /[1-9k]/.test(next)) return 'their regular expressions have no back-references';
      at++;
    } else if (inClass) {
      if (char === ']') inClass = false;
    } else if (char === '[') {
      inClass = true;
      // A bracket that comes first is a character like any other.
      if (pattern[at + 1] === '^') at++;
      if (pattern[at + 1] === ']') at++;
    } else if (char === '(') {
      depth++;
      if (/^\(\?(?:=|!|<=|<!)/.test(pattern.slice(at))) return 'their regular expressions have no look-around';
    } else if (char === ')' && --depth < 0) return 'a bracket is closed that was not opened';
    else if ((char === '*' || char === '+' || char === '?') && (at === 0 || pattern[at - 1] === '|'))
      return 'there is nothing to repeat';
  }
  if (inClass) return 'a square bracket is not closed';
  return depth > 0 ? 'a bracket is not closed' : undefined;
}
