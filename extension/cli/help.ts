import type { Command } from './command.ts';

const GLOBAL_HELP: readonly (readonly [string, string])[] = [
  ['--json', 'print one JSON object instead of text'],
  ['--format FORMAT', 'findings as human (default), sarif or github'],
  ['-q, --quiet', 'no progress, no output of programs that are run'],
  ['-h, --help', 'help for a verb'],
];

/** Help for the whole command line. */
export function generalHelp(commands: ReadonlyMap<string, Command>): string {
  return [
    's9pk packs, verifies and shows StartOS service packages.',
    '',
    'Verbs:',
    ...columns([...commands.values()].map((command) => [command.usage, command.summary])),
    '',
    'Options of every verb:',
    ...columns(GLOBAL_HELP),
    '',
    'Exit code: 0 no errors found, 1 errors found, 2 wrong use or unreadable input, 130 cancelled.',
  ].join('\n');
}

/** Help for one verb. */
export function commandHelp(command: Command): string {
  const rows = Object.entries(command.help).map(([name, [value, text]]) => {
    const short = command.options[name]?.short;
    return [`${short ? `-${short}, ` : ''}--${name}${value ? ` ${value}` : ''}`, text] as const;
  });
  return [
    `${command.usage}${rows.length > 0 ? ' [OPTIONS]' : ''}`,
    '',
    `${command.summary}.`,
    ...(rows.length > 0 ? ['', 'Options:', ...columns(rows)] : []),
    '',
    'Options of every verb:',
    ...columns(GLOBAL_HELP),
  ].join('\n');
}

function columns(rows: readonly (readonly [string, string])[]): string[] {
  const width = Math.min(34, Math.max(...rows.map(([left]) => left.length)));
  return rows.map(([left, right]) =>
    left.length > width ? `  ${left}\n  ${' '.repeat(width)}  ${right}` : `  ${left.padEnd(width)}  ${right}`,
  );
}
