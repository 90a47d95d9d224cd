import { ARCHIVE_ENTRIES } from '../upstream/table.ts';
import type { DirectoryEntry, Entry } from './entry.ts';
import { compareNames } from './names.ts';

/**
 * The two orders in which the reference lists a directory's entries (s9pk-v2 section 2.2): `name` is what it packs,
 * `priority` is what it writes whenever it has opened an archive; the latter puts what a reader needs first.
 */
export type EntryOrder = 'priority' | 'name';

const RANKS: ReadonlyMap<string, number> = new Map(ARCHIVE_ENTRIES.map(({ name }, index) => [name, index]));

/** Rank of a name in the root directory under the priority order. */
function priorityOf(name: string): number {
  const stem = pathStem(name);
  return (stem === 'icon' ? RANKS.get(stem) : RANKS.get(name)) ?? RANKS.size;
}

/** The stem as the reference's path type sees it: of the last component, so `x/icon.png` and `icon/.` rank as icons. */
function pathStem(name: string): string {
  const components = name.split('/').filter((part, index) => part !== '' && !(part === '.' && index > 0));
  const last = components.at(-1) ?? '';
  const dot = last.lastIndexOf('.');
  return dot <= 0 ? last : last.slice(0, dot);
}

/** The entries of one directory in the order they are written in (s9pk-v2 section 2.1). */
export function orderEntries(directory: DirectoryEntry, order: EntryOrder, isRoot: boolean): [string, Entry][] {
  const rank = order === 'priority' && isRoot ? priorityOf : () => 0;
  return [...directory.children].sort(([nameA, a], [nameB, b]) => {
    const group = groupOf(a) - groupOf(b);
    if (group !== 0) return group;
    const byRank = a.kind === 'missing' ? 0 : rank(nameA) - rank(nameB);
    return byRank !== 0 ? byRank : compareNames(nameA, nameB);
  });
}

/** Directories come before everything, missing entries after everything. */
function groupOf(entry: Entry): number {
  return entry.kind === 'directory' ? 0 : entry.kind === 'file' ? 1 : 2;
}
