import type { Command } from './command.ts';

/** The options of every verb, as `node:util` parses them. */
export const GLOBAL_OPTIONS = {
  help: { type: 'boolean', short: 'h' },
  version: { type: 'boolean' },
  json: { type: 'boolean' },
  format: { type: 'string' },
  quiet: { type: 'boolean', short: 'q' },
} as const;

/** What help says of them; the version is that of the whole program. */
export const GLOBAL_HELP: Command['help'] = {
  json: ['', 'print one JSON object instead of text'],
  format: ['FORMAT', 'findings as human (default), sarif or github'],
  quiet: ['', 'no progress, no output of programs that are run'],
  help: ['', 'help for a verb'],
};

/** What exit codes mean, for help and the manual. */
export const EXIT_CODES: readonly (readonly [code: string, text: string])[] = [
  ['0', 'no errors found'],
  ['1', 'errors found'],
  ['2', 'wrong use or unreadable input'],
  ['130', 'cancelled'],
];
