import { formatSize } from '../engine/format-size.ts';
import type { Progress } from '../engine/progress.ts';

/** Whether colours and a moving progress line are welcome: a terminal, and nobody said NO_COLOR. */
const isTerminal = process.stderr.isTTY === true;
const hasColour = (stream: NodeJS.WriteStream) => stream.isTTY === true && !process.env['NO_COLOR'];

const CODES = { red: 31, green: 32, yellow: 33, blue: 34, grey: 90, bold: 1 } as const;

/** Text in a colour where standard output shows colours. */
export function paint(colour: keyof typeof CODES, text: string): string {
  return hasColour(process.stdout) ? `\u001b[${CODES[colour]}m${text}\u001b[0m` : text;
}

/** One line on standard error that shows what is going on and is gone when it is done. */
export class ProgressLine {
  private shown = false;
  private stage = '';

  show = (progress: Progress): void => {
    if (!isTerminal) {
      // In a log, a line for each stage is enough.
      if (progress.stage !== this.stage) process.stderr.write(`${progress.stage}\n`);
      this.stage = progress.stage;
      return;
    }
    const amount =
      progress.total > 0
        ? ` ${Math.floor((100 * progress.done) / progress.total)} % of ${formatSize(progress.total)}`
        : '';
    const left = progress.eta !== undefined ? `, ${Math.ceil(progress.eta)} s left` : '';
    const width = (process.stderr.columns ?? 80) - 1;
    process.stderr.write(`\r\u001b[K${`${progress.stage}${amount}${left}`.slice(0, width)}`);
    this.shown = true;
  };

  clear(): void {
    if (this.shown) process.stderr.write('\r\u001b[K');
    this.shown = false;
  }
}
