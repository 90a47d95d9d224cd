import type { Paint } from '../../ansi.ts';
import type { BuildUpdate } from './build-progress.ts';
import { BuildTree } from './build-tree.ts';

/** Redraws a second: enough for a clock, and little for a remote terminal. */
const REDRAW_MS = 250;

export interface TerminalSize {
  readonly columns: number;
  readonly rows: number;
}

/** The tree of builds at the end of a terminal, with a line that says what goes on, drawn again in its place. */
export class LiveTree {
  private readonly tree = new BuildTree();
  /** Lines of the tree that stand in the terminal now. */
  private drawn = 0;
  private status = '';
  private timer: NodeJS.Timeout | undefined;
  private readonly write: (text: string) => void;
  private readonly size: () => TerminalSize;
  private readonly paint: Paint;

  constructor(write: (text: string) => void, size: () => TerminalSize, paint: Paint) {
    this.write = write;
    this.size = size;
    this.paint = paint;
  }

  take(update: BuildUpdate): void {
    this.tree.take(update);
    this.start();
  }

  /** Sets the line below the tree. */
  say(status: string): void {
    this.status = status;
    this.start();
  }

  /** Writes lines above the tree. */
  print(text: string): void {
    this.write(`${this.eraser()}${text}\r\n`);
    this.drawn = 0;
    if (this.timer) this.draw();
  }

  /** Leaves the whole tree in the terminal, for good. */
  end(): void {
    if (!this.timer) return;
    clearInterval(this.timer);
    this.timer = undefined;
    this.status = '';
    this.draw(Number.POSITIVE_INFINITY);
    this.drawn = 0;
  }

  private start(): void {
    if (this.timer) return;
    this.timer = setInterval(() => this.draw(), REDRAW_MS).unref();
    this.draw();
  }

  private draw(height = this.size().rows - 3): void {
    const { columns } = this.size();
    const lines = this.tree.lines(columns - 1, this.paint, Math.max(height, 1));
    if (this.status !== '') lines.push(this.paint('cyan', this.status.slice(0, columns - 1)));
    this.write(`${this.eraser()}${lines.map((line) => `${line}\r\n`).join('')}`);
    this.drawn = lines.length;
  }

  /** Moves to the first line of the tree and erases all from there. */
  private eraser(): string {
    return this.drawn === 0 ? '' : `\u001b[${this.drawn}A\r\u001b[J`;
  }
}
