import { ansi } from '../engine/ansi.ts';
import { formatSize } from '../engine/format-size.ts';
import { type OnBuild, plainBuildLog } from '../engine/image/build/build-progress.ts';
import { LiveTree } from '../engine/image/build/live-tree.ts';
import type { OnProgress } from '../engine/progress.ts';
import { visibleLines, visibleText } from '../engine/visible-text.ts';
import { complain, draw } from './output.ts';

/** Whether colours and a moving progress line are welcome: a terminal, and nobody said NO_COLOR. */
const isTerminal = process.stderr.isTTY === true;
const hasColour = (stream: NodeJS.WriteStream) => stream.isTTY === true && !process.env['NO_COLOR'];

/** What is shown of work that goes on. */
export interface ShownProgress {
  readonly onProgress: OnProgress;
  readonly log: (line: string) => void;
  readonly onBuild: OnBuild;
  readonly end: () => void;
}

export const SILENCE: ShownProgress = {
  onProgress: () => undefined,
  log: () => undefined,
  onBuild: () => undefined,
  end: () => undefined,
};

/**
 * Shows on standard error what is going on: in a terminal the builds as a tree, with a line below that is gone when it is done; in a
 * log a line for each stage and each step.
 */
export class TerminalProgress implements ShownProgress {
  private stage = '';
  private readonly tree = new LiveTree(
    draw,
    () => ({ columns: process.stderr.columns ?? 80, rows: process.stderr.rows ?? 24 }),
    hasColour(process.stderr) ? ansi : (_colour, text) => text,
  );

  readonly log = (line: string): void => {
    if (isTerminal) this.tree.print(visibleLines(line));
    else complain(line);
  };

  readonly onBuild: OnBuild = isTerminal ? (update) => this.tree.take(update) : plainBuildLog(this.log);

  readonly onProgress: OnProgress = ({ stage, done, total, eta }) => {
    if (isTerminal) {
      const amount = total > 0 ? ` ${Math.floor((100 * done) / total)} % of ${formatSize(total)}` : '';
      this.tree.say(`${visibleText(stage)}${amount}${eta === undefined ? '' : `, ${Math.ceil(eta)} s left`}`);
    } else if (stage !== this.stage) {
      this.stage = stage;
      this.log(stage);
    }
  };

  readonly end = (): void => this.tree.end();
}
