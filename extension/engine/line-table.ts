/** A place in a text: line and column, from 1, the column in UTF-16 units. */
export interface LineColumn {
  readonly line: number;
  readonly column: number;
}

/** Where the lines of a text begin: found once, for all the places in it that are asked for. */
export class LineTable {
  /** Offset of each line's first character. */
  private readonly starts: number[] = [0];

  constructor(text: string) {
    for (let end = text.indexOf('\n'); end >= 0; end = text.indexOf('\n', end + 1)) this.starts.push(end + 1);
  }

  /** @param offset in UTF-16 units; behind the end it is on the last line */
  position(offset: number): LineColumn {
    let [first, behind] = [0, this.starts.length];
    while (behind - first > 1) {
      const middle = (first + behind) >> 1;
      if ((this.starts[middle] ?? 0) <= offset) first = middle;
      else behind = middle;
    }
    return { line: first + 1, column: offset - (this.starts[first] ?? 0) + 1 };
  }
}

/** The table of the text that was asked about last: questions come one after the other about the same one. */
let last: { readonly text: string; readonly table: LineTable } | undefined;

/** Line and column, from 1, of an offset in UTF-16 units. */
export function positionOf(text: string, offset: number): LineColumn {
  if (last?.text !== text) last = { text, table: new LineTable(text) };
  return last.table.position(offset);
}
