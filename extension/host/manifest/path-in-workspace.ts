import { pathsLike } from '../../manifest/paths.ts';

/** A folder of the workspace. */
interface Folder {
  readonly name: string;
  readonly path: string;
}

/**
 * Where in the workspace a path leads that a model gives: absolute, or relative to the first folder; where there are several
 * folders, it may begin with the name of one.
 * @returns the folder that it is in, and the way from there with slashes, which may be empty; undefined if it leads outside
 */
export function placeInWorkspace<F extends Folder>(
  path: string,
  folders: readonly F[],
): { readonly folder: F; readonly inside: string } | undefined {
  const [first] = folders;
  if (!first) return undefined;
  const [, head, rest = ''] = /^([^\\/]+)(?:[\\/]+(.*))?$/s.exec(path) ?? [];
  const named = folders.length > 1 ? folders.find(({ name }) => name === head) : undefined;
  const base = named ?? first;
  // Folders of several disks may be of one workspace, but all are of one kind.
  const whole = pathsLike(base.path).resolve(base.path, named ? `./${rest}` : path);
  for (const folder of folders) {
    const inside = wayInside(folder.path, whole);
    if (inside !== undefined) return { folder, inside };
  }
  return undefined;
}

/** The way from a folder to what is in it, with slashes; empty for the folder itself, undefined for what is elsewhere. */
export function wayInside(folder: string, path: string): string | undefined {
  const paths = pathsLike(folder);
  const way = paths.relative(folder, path);
  if (paths.isAbsolute(way)) return undefined;
  const segments = way.split(paths.sep);
  return segments[0] === '..' ? undefined : segments.join('/');
}
