import { WRITABLE_COMPRESSORS } from '../../engine/squashfs/codec/compress.ts';
import type { Command } from '../command.ts';
import { GLOBAL_HELP, GLOBAL_OPTIONS } from '../global-options.ts';

/** What a shell completes, and the manual lists: taken from the table of verbs that help is made of. */

export interface OptionWord {
  /** Without the dashes. */
  readonly name: string;
  readonly short?: string;
  /** What its value is called; empty if it takes none. */
  readonly value: string;
  /** What its value can be; empty if that is a file, or anything. */
  readonly choices: readonly string[];
  readonly text: string;
  readonly isRepeated: boolean;
}

export interface VerbWords {
  readonly name: string;
  readonly usage: string;
  readonly summary: string;
  /** What the first argument can be, where that is a word. */
  readonly words: readonly string[];
  readonly options: readonly OptionWord[];
}

export type Commands = ReadonlyMap<string, Command>;

/** Values that are words, by what they are called in help. */
const CHOICES: Readonly<Record<string, readonly string[]>> = {
  ARCH: ['x86_64', 'aarch64', 'riscv64'],
  FORMAT: ['human', 'sarif', 'github'],
  ORDER: ['priority', 'name'],
  VERSION: ['0.3', '0.4'],
};
/** The same where what they are called says too little. */
const CHOICES_OF: Readonly<Record<string, readonly string[]>> = { compressor: WRITABLE_COMPRESSORS };

/** The options of every verb. */
export const GLOBAL_WORDS: readonly OptionWord[] = optionsOf(GLOBAL_OPTIONS, GLOBAL_HELP);

export function verbsOf(commands: Commands): VerbWords[] {
  return [...commands].map(([name, { usage, summary, options, help }]) => ({
    name,
    usage,
    summary,
    words: wordsIn(name, usage),
    options: optionsOf(options, help),
  }));
}

/** `s9pk key show|create [DIR]` takes one of two words. */
function wordsIn(name: string, usage: string): string[] {
  const found = usage.matchAll(new RegExp(`s9pk ${name} ([a-z|]+)(?= |$)`, 'g'));
  return [...found].flatMap(([, words = '']) => words.split('|'));
}

function optionsOf(options: Command['options'], help: Command['help']): OptionWord[] {
  return Object.entries(help).map(([name, [value, text]]) => {
    const { short, multiple } = options[name] ?? {};
    const choices = CHOICES_OF[name] ?? CHOICES[value] ?? [];
    return { name, ...(short !== undefined && { short }), value, choices, text, isRepeated: multiple === true };
  });
}

/** An option as it is typed, the short form first. */
export function spellings({ name, short }: OptionWord): string[] {
  return [...(short === undefined ? [] : [`-${short}`]), `--${name}`];
}
