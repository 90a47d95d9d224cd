import { UsageError } from '../arguments.ts';
import type { Command } from '../command.ts';
import { bashCompletion } from './bash.ts';
import { fishCompletion } from './fish.ts';
import { manPage } from './man-page.ts';
import type { Commands } from './words.ts';
import { zshCompletion } from './zsh.ts';

const SHELLS: ReadonlyMap<string, (commands: Commands) => string> = new Map([
  ['bash', bashCompletion],
  ['zsh', zshCompletion],
  ['fish', fishCompletion],
]);

/** @param commands the table of verbs, which these are in, too */
export function completionCommand(commands: () => Commands): Command {
  return {
    usage: 's9pk completion bash|zsh|fish',
    summary: 'Print what a shell needs to complete verbs, options and their values',
    maxArguments: 1,
    options: {},
    help: {},
    async run({ positionals: [shell = ''] }) {
      const write = SHELLS.get(shell);
      if (!write) throw new UsageError(`completion takes one of ${[...SHELLS.keys()].join(', ')}`);
      const script = write(commands());
      return { findings: [], data: { script }, text: script };
    },
  };
}

export function manCommand(commands: () => Commands, version: string): Command {
  return {
    usage: 's9pk man',
    summary: 'Print the manual page, as s9pk.1 for man',
    maxArguments: 0,
    options: {},
    help: {},
    async run() {
      const page = manPage(commands(), version);
      return { findings: [], data: { page }, text: page };
    },
  };
}
