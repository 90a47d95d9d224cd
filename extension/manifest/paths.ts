import path, { posix, win32 } from 'node:path';

/** What is needed of paths here: nothing that asks the disk. */
export type Paths = Pick<typeof posix, 'dirname' | 'isAbsolute' | 'join' | 'relative' | 'resolve' | 'sep'>;

/**
 * The kind of paths that one is of, whatever this machine has. In an editor on Windows manifests lie on its disk (`c:\w`) or in
 * a workspace that is elsewhere, whose paths have slashes (`/w`); joined in the other's way, they name no file that is known.
 */
export function pathsLike(file: string): Paths {
  if (file.startsWith('/')) return posix;
  return /^(?:[a-z]:|\\)/i.test(file) ? win32 : path;
}
