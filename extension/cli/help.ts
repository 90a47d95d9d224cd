import type { Command } from './command.ts';
import { EXIT_CODES, GLOBAL_HELP, GLOBAL_OPTIONS } from './global-options.ts';

function rowsOf(options: Command['options'], help: Command['help']): (readonly [string, string])[] {
  return Object.entries(help).map(([name, [value, text]]) => {
    const short = options[name]?.short;
    return [`${short ? `-${short}, ` : ''}--${name}${value ? ` ${value}` : ''}`, text] as const;
  });
}

const GLOBAL_ROWS = rowsOf(GLOBAL_OPTIONS, GLOBAL_HELP);

/** Help for the whole command line. */
export function generalHelp(commands: ReadonlyMap<string, Command>): string {
  return [
    's9pk packs, verifies and shows StartOS service packages.',
    '',
    'Verbs:',
    ...columns([...commands.values()].map((command) => [command.usage, command.summary])),
    '',
    'Options of every verb:',
    ...columns(GLOBAL_ROWS),
    '',
    `Exit code: ${EXIT_CODES.map(([code, text]) => `${code} ${text}`).join(', ')}.`,
  ].join('\n');
}

/** Help for one verb. */
export function commandHelp(command: Command): string {
  const rows = rowsOf(command.options, command.help);
  return [
    `${command.usage}${rows.length > 0 ? ' [OPTIONS]' : ''}`,
    '',
    `${command.summary}.`,
    ...(rows.length > 0 ? ['', 'Options:', ...columns(rows)] : []),
    '',
    'Options of every verb:',
    ...columns(GLOBAL_ROWS),
  ].join('\n');
}

function columns(rows: readonly (readonly [string, string])[]): string[] {
  const width = Math.min(34, Math.max(...rows.map(([left]) => left.length)));
  return rows.map(([left, right]) =>
    left.length > width ? `  ${left}\n  ${' '.repeat(width)}  ${right}` : `  ${left.padEnd(width)}  ${right}`,
  );
}
