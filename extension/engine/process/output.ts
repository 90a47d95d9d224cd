import { BUDGET } from '../budget.ts';

/** The end of a text that comes in pieces: as many characters of it as are kept. */
export class LastText {
  private pieces: string[] = [];
  private length = 0;
  private readonly limit: number;

  constructor(limit: number) {
    this.limit = limit;
  }

  add(piece: string): void {
    this.pieces.push(piece);
    this.length += piece.length;
    // Whole pieces go once the rest is enough without them.
    let dropped = 0;
    while (this.length - (this.pieces[dropped]?.length ?? this.limit) >= this.limit)
      this.length -= this.pieces[dropped++]?.length ?? 0;
    if (dropped > 0) this.pieces = this.pieces.slice(dropped);
  }

  text(): string {
    return this.pieces.join('').slice(-this.limit);
  }
}

/** Makes lines of a text that comes in pieces. A line that does not end is handed on in parts. */
export class LineSplitter {
  private rest = '';
  private readonly onLine: (line: string) => void;

  constructor(onLine: (line: string) => void) {
    this.onLine = onLine;
  }

  add(piece: string): void {
    const lines = piece.split('\n');
    const last = lines.pop() ?? '';
    for (const line of lines) {
      this.hand(this.rest + line);
      this.rest = '';
    }
    this.rest += last;
    while (this.rest.length > BUDGET.lineLength) {
      this.onLine(this.rest.slice(0, BUDGET.lineLength));
      this.rest = this.rest.slice(BUDGET.lineLength);
    }
  }

  end(): void {
    if (this.rest !== '') this.hand(this.rest);
    this.rest = '';
  }

  private hand(line: string): void {
    this.onLine(line.endsWith('\r') ? line.slice(0, -1) : line);
  }
}
