import { relative, sep } from 'node:path';

/** A path of this system with slashes between its names, as repositories, manifests and messages have it on every system. */
export function withSlashes(path: string): string {
  return sep === '/' ? path : path.replaceAll(sep, '/');
}

/** The way from a folder to what is in it, in that form. */
export function pathInside(folder: string, path: string): string {
  return withSlashes(relative(folder, path));
}
