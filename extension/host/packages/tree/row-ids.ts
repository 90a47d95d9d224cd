import type * as vscode from 'vscode';

/**
 * Short names of rows, each the same for the same thing as long as the window is open. Without one VS Code makes a name of all labels
 * on the way to a row and sends it with the row, twice: of a thousand rows that is a third of what is sent.
 */
export class RowIds {
  private readonly ids = new Map<string, string>();

  of(file: vscode.Uri, path: string): string {
    const address = `${file}\n${path}`;
    const known = this.ids.get(address);
    if (known !== undefined) return known;
    const id = `row ${this.ids.size}`;
    this.ids.set(address, id);
    return id;
  }
}
