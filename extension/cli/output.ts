import { ansi, type Colour } from '../engine/ansi.ts';
import { visibleJson, visibleLines, visibleText } from '../engine/visible-text.ts';

/** All that the command line prints goes out here, so that no text of others commands a terminal or a log. */

/** Nobody else knows it, so that colours are ours alone. */
const MARK = crypto.randomUUID();

const hasColour = (stream: NodeJS.WriteStream) => stream.isTTY === true && !process.env['NO_COLOR'];

/** Text in a colour where standard output shows colours. */
export function paint(colour: Colour, text: string): string {
  return hasColour(process.stdout) ? ansi(colour, text).replaceAll('\u001b', MARK) : text;
}

/** Lines for a terminal or a log: what would command it is visible, but for our own colours. */
export function toTerminal(text: string): string {
  const shown = visibleLines(text).replaceAll(MARK, '\u001b');
  return process.env['GITHUB_ACTIONS'] === 'true' ? withoutCommands(shown) : shown;
}

/** GitHub's runner takes lines of any program for commands to it, in two forms. */
function withoutCommands(text: string): string {
  return text.replace(/^(\s*):(?=:)/gm, '$1: ').replaceAll('##[', '## [');
}

/** Prints a line that is meant as a command to GitHub's runner. */
export function printCommand(text: string): void {
  process.stdout.write(`${visibleText(text)}\n`);
}

/** Prints lines to standard output. */
export function print(text: string): void {
  process.stdout.write(toTerminal(text.endsWith('\n') ? text : `${text}\n`));
}

/** Prints a value as JSON, which scripts read and people look at. */
export function printJson(value: unknown, indent?: number): void {
  process.stdout.write(`${visibleJson(value, indent)}\n`);
}

/** Says a line on standard error. */
export function complain(text: string): void {
  process.stderr.write(toTerminal(`${text}\n`));
}

/** What our own live tree draws on a terminal, which it made visible itself. */
export function draw(text: string): void {
  process.stderr.write(text);
}

/** Bytes of a file as they are: for pipes. On a terminal they are shown as text is. */
export function writeContent(chunk: Uint8Array): Promise<void> {
  const shown = process.stdout.isTTY === true ? toTerminal(Buffer.from(chunk).toString('utf8')) : chunk;
  return new Promise((resolve, reject) => {
    process.stdout.write(shown, (error) => (error ? reject(error) : resolve()));
  });
}
