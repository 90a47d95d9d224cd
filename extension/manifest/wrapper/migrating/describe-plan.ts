import type { MigrationPlan, PlannedFile } from './migrate-folder.ts';

const WORDS: Readonly<Record<PlannedFile['state'], string>> = {
  new: 'new',
  same: 'as it is',
  extended: 'lines are added',
  differs: 'another file is there',
};

/** What a migration makes, for people: a line a file, and what is left to be decided. */
export function describePlan({ target, title, version, files, decisions }: MigrationPlan): string {
  const width = Math.min(40, Math.max(...files.map(({ path }) => path.length)));
  const carried = files.filter(({ path, from }) => path === from && from !== undefined);
  const others = files.filter((file) => !carried.includes(file));
  return [
    `${title} ${version.old} for StartOS 0.3 becomes ${version.now} for 0.4, in ${target}`,
    ...others.map(
      ({ path, state, from }) =>
        `  ${path.padEnd(width)}  ${WORDS[state]}${from === undefined ? '' : `, a copy of ${from}`}`,
    ),
    ...(carried.length > 0 ? [`  and ${carried.length} files of the old wrapper as they are`] : []),
    decisions.length === 0 ? 'Nothing is left to be decided.' : `${decisions.length} things are left to be decided:`,
    ...decisions.map(({ file, line, code, message }) => `  ${file}:${line}  ${code}  ${message}`),
  ].join('\n');
}
