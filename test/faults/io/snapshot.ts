import { createHash } from 'node:crypto';
import { lstatSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';

/** Everything in a folder by path, as one comparable text each: kind, mode, and what is in it. */
export type Snapshot = ReadonlyMap<string, string>;

/** Looks at a folder without the functions that are watched. */
export function snapshotOf(folder: string): Snapshot {
  const found = new Map<string, string>();
  const visit = (path: string, at: string) => {
    const info = lstatSync(path);
    const mode = (info.mode & 0o777).toString(8);
    if (info.isSymbolicLink()) found.set(at, `link to ${readlinkSync(path)}`);
    else if (info.isFile())
      found.set(at, `file ${mode} ${createHash('sha256').update(readFileSync(path)).digest('hex')}`);
    else {
      found.set(at, `folder ${mode}`);
      for (const name of readdirSync(path).sort()) visit(join(path, name), at === '' ? name : `${at}/${name}`);
    }
  };
  visit(folder, '');
  return found;
}

/** The paths at which two differ, with a sign: + only in the second, - only in the first, ~ another. */
export function differences(before: Snapshot, after: Snapshot): string[] {
  const all = [...new Set([...before.keys(), ...after.keys()])].sort();
  return all.flatMap((path) => {
    const [old, now] = [before.get(path), after.get(path)];
    if (old === now) return [];
    if (old === undefined) return [`+${path}`];
    return [now === undefined ? `-${path}` : `~${path}`];
  });
}
