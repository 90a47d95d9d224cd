/** A column of a table: what stands above it, and `:` behind it if it is of figures, which stand right. */
export function table(columns: readonly string[], rows: readonly (readonly string[])[]): string {
  const titles = columns.map((column) => column.replace(/:$/, ''));
  const widths = titles.map((title, index) =>
    Math.max(title.length, 3, ...rows.map((row) => [...(row[index] ?? '')].length)),
  );
  const line = (cells: readonly string[]) =>
    `| ${cells.map((cell, index) => padded(cell, widths[index] ?? 0, isRight(columns[index]))).join(' | ')} |`;
  const rule = widths.map((width, index) =>
    isRight(columns[index]) ? `${'-'.repeat(width - 1)}:` : '-'.repeat(width),
  );
  return [line(titles), line(rule), ...rows.map(line)].join('\n');
}

export function count(value: number): string {
  return Math.round(value).toLocaleString('en-US');
}

/** A section with its text; parts that are empty are left out. */
export function section(title: string, ...parts: readonly string[]): string {
  return [`## ${title}`, ...parts.filter((part) => part !== '')].join('\n\n');
}

function isRight(column: string | undefined): boolean {
  return column?.endsWith(':') === true;
}

/** By characters, as editors count them. */
function padded(cell: string, width: number, right: boolean): string {
  const room = ' '.repeat(Math.max(0, width - [...cell].length));
  return right ? room + cell : cell + room;
}
