import { setImmediate } from 'node:timers/promises';
import { readText } from '../engine/io/whole-file.ts';
import type { Work } from '../engine/progress.ts';
import { TextLinter } from '../manifest/lint-text.ts';
import type { LintTextAnswer, LintTextRequest } from './protocol.ts';

/** Keeps what was parsed, as long as the worker lives. */
const linter = new TextLinter();

/** Checks a text that is being typed, with the texts of the disk where the editor has none of its own. */
export async function lintText({ file, texts }: LintTextRequest, { signal }: Work): Promise<LintTextAnswer> {
  // While one text is parsed others are typed: those that are outdated by then are not looked at.
  await setImmediate();
  const typed = new Map(texts.map((item) => [item.file, item.text]));
  return { report: await linter.lint(file, async (path) => typed.get(path) ?? readText(path), signal) };
}
