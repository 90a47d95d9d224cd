import type { FindingCode } from '../../extension/engine/finding-codes.ts';

/** One case: a folder of files, commands that are run in it, and what the last one has to answer (docs/conformance.md). */
export interface ConformanceCase {
  /** Folder name; ends in `_fail` where the last command must end with an error. */
  readonly name: string;
  readonly about: string;
  /** Arguments of each command, run one after the other in a copy of the folder; `--json --quiet` come behind them. */
  readonly commands: readonly (readonly string[])[];
  /** Of the last command; the others end with 0. */
  readonly exit: 0 | 1 | 2;
  /** Codes of all findings but information, sorted, each once. */
  readonly codes: readonly FindingCode[];
  /** What `verify` says of each file. */
  readonly packages?: readonly Readonly<Record<string, boolean>>[];
  /** What `tree` lists, in order: kind, path from what was asked for, and size or target. */
  readonly tree?: readonly string[];
  /** What `cat` gives, as text. */
  readonly content?: string;
  /** Where findings are: code, file and line. */
  readonly places?: readonly string[];
  /** The files, by their paths in the folder. */
  readonly files: Readonly<Record<string, Uint8Array | string>>;
}
