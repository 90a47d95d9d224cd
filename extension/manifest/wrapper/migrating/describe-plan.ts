import type { MigrationPlan, PlannedFile } from './migrate-folder.ts';

const WORDS: Readonly<Record<PlannedFile['state'], string>> = {
  new: 'new',
  same: 'as it is',
  extended: 'lines are added',
  differs: 'another file is there',
};

export interface DescribeOptions {
  /** Files that differ are replaced. */
  readonly overwrite?: boolean;
  /** By default what is left to be decided is listed; `counted` where that is done elsewhere, `none` where nothing is made. */
  readonly decisions?: 'listed' | 'counted' | 'none';
}

/** What a migration makes, for people: a line a file, and what is left to be decided. */
export function describePlan(plan: MigrationPlan, options: DescribeOptions = {}): string {
  const { target, title, version, files, behind } = plan;
  const width = Math.min(40, Math.max(...files.map(({ path }) => path.length)));
  const carried = files.filter(({ path, from }) => path === from && from !== undefined);
  const others = files.filter((file) => !carried.includes(file));
  const replaced = carried.filter(({ state }) => state === 'differs');
  const words = options.overwrite ? { ...WORDS, differs: 'replaced' } : WORDS;
  const line = ({ path, state, from }: PlannedFile) =>
    `  ${path.padEnd(width)}  ${words[state]}${from === undefined ? '' : `, a copy of ${from}`}`;
  return [
    `${title} ${version.old} for StartOS 0.3 becomes ${version.now} for 0.4, in ${target}`,
    ...[...others, ...replaced].map(line),
    ...(carried.length > 0 ? [`  and ${carried.length} files of the old wrapper as they are`] : []),
    ...behind.map((path) => `  ${path} of the old wrapper stays behind: the new one has its own`),
    `  ${describeKey(plan)}`,
    ...describeDecisions(plan, options.decisions ?? 'listed'),
  ].join('\n');
}

function describeKey({ key, keyState, keyFrom }: MigrationPlan): string {
  switch (keyState) {
    case 'found':
      return `signed with ${key}`;
    case 'copied':
      return `signed with ${key}, a copy of ${keyFrom}`;
    case 'new':
      return `signed with ${key}, a new key: keep a copy of it, for updates are known by it`;
  }
}

function describeDecisions({ decisions }: MigrationPlan, how: DescribeOptions['decisions']): string[] {
  if (how === 'none') return [];
  if (decisions.length === 0) return ['Nothing is left to be decided.'];
  const count = decisions.length === 1 ? '1 thing is' : `${decisions.length} things are`;
  if (how === 'counted') return [`${count} left to be decided.`];
  const list = decisions.map(({ file, line, code, message }) => `  ${file}:${line}  ${code}  ${message}`);
  return [`${count} left to be decided:`, ...list];
}
