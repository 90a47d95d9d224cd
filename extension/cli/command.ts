import type { ParseArgsConfig } from 'node:util';
import type { Finding } from '../engine/finding.ts';
import type { OnBuild } from '../engine/image/build/build-progress.ts';
import type { OnProgress } from '../engine/progress.ts';

export type OptionValues = Readonly<Record<string, string | boolean | (string | boolean)[] | undefined>>;

export interface CommandContext {
  readonly positionals: readonly string[];
  readonly values: OptionValues;
  readonly signal: AbortSignal;
  readonly onProgress: OnProgress;
  /** Writes a line of a program that was run to standard error. */
  readonly log: (line: string) => void;
  /** Shows the steps of what is built, as a tree where there is a terminal. */
  readonly onBuild: OnBuild;
}

export interface CommandResult {
  readonly findings: readonly Finding[];
  /** What `--json` adds to the object. */
  readonly data?: Readonly<Record<string, unknown>>;
  /** What people are shown after the findings. */
  readonly text?: string;
  /** Raw bytes for standard output, written instead of everything else; with `--json`, base64 in `data`. */
  readonly bytes?: AsyncIterable<Uint8Array>;
  /** Inputs that could not be read at all, in words: the rest is printed, and the exit code is that of misuse. */
  readonly unreadable?: readonly string[];
}

/** One verb of the command line. */
export interface Command {
  /** `s9pk pack [DIR]`: how it is called, without the options. */
  readonly usage: string;
  /** One line that says what it does. */
  readonly summary: string;
  /** How many arguments it takes at most, options aside. */
  readonly maxArguments: number;
  readonly options: NonNullable<ParseArgsConfig['options']>;
  /** One line an option, by name: its value's name (if it takes one) and what it does. */
  readonly help: Readonly<Record<string, readonly [value: string, text: string]>>;
  run(context: CommandContext): Promise<CommandResult>;
}

/** The value of a string option. */
export function text(values: OptionValues, name: string): string | undefined {
  const value = values[name];
  return typeof value === 'string' ? value : undefined;
}

/** The values of a string option that may be repeated. */
export function texts(values: OptionValues, name: string): string[] {
  const value = values[name];
  return Array.isArray(value) ? value.map(String) : [];
}
