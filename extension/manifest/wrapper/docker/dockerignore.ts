/**
 * Whether a `.dockerignore` leaves a path out of the build context: the last pattern that fits it, or a folder above it,
 * decides, and one that begins with `!` takes it in again.
 */
export function isIgnored(dockerignore: string, path: string): boolean {
  const parts = path.split('/');
  const paths = parts.map((_, index) => parts.slice(0, index + 1).join('/'));
  let ignored = false;
  for (const line of dockerignore.split(/\r?\n/)) {
    const pattern = line.trim();
    if (pattern === '' || pattern.startsWith('#')) continue;
    const isException = pattern.startsWith('!');
    const expression = toExpression(isException ? pattern.slice(1) : pattern);
    if (paths.some((at) => expression.test(at))) ignored = !isException;
  }
  return ignored;
}

/** A pattern as Docker reads it: `*` and `?` stay within a name, `**` goes through folders. */
function toExpression(pattern: string): RegExp {
  const clean = pattern
    .trim()
    .replace(/^\.?\//, '')
    .replace(/\/+$/, '');
  // Stars beside each other say no more than two, and each more would be tried with all the others.
  const source = clean.replace(/(?:\*{2,}\/)+|\*{2,}|\*|\?|[.+^${}()|[\]\\]/g, (part) => {
    if (part.endsWith('*/')) return '(?:.*/)?';
    if (part.startsWith('**')) return '.*';
    if (part === '*') return '[^/]*';
    return part === '?' ? '[^/]' : `\\${part}`;
  });
  return new RegExp(`^${source}$`);
}
