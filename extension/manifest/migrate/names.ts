import { posix } from 'node:path';

/** A name for a variable: `reset-password` and `Action` as `resetPasswordAction`. */
export function variable(id: string, kind: string): string {
  const [first = '', ...others] = id.split(/[^A-Za-z0-9]+/).filter((word) => word !== '');
  const name = [first.toLowerCase(), ...others.map(capitalize)].join('') + kind;
  return /^[a-z]/.test(name) ? name : `the${capitalize(name)}`;
}

function capitalize(word: string): string {
  return word.charAt(0).toUpperCase() + word.slice(1);
}

/** The first of `wanted`, `wanted-page`, `wanted-page-page`… that is not taken. */
export function freeId(wanted: string, taken: readonly string[]): string {
  return taken.includes(wanted) ? freeId(`${wanted}-page`, taken) : wanted;
}

/** A path of the folder as 0.3 reads it, without `./` and a slash at its end. */
export function tidyPath(path: string): string {
  return posix.normalize(path.replaceAll('\\', '/')).replace(/^(?:\.?\/)+|\/+$/g, '');
}
