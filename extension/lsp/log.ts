import type { Connection } from 'vscode-languageserver/node';
import { visibleLines } from '../engine/visible-text.ts';

/** What the server tells the log of its editor. A line of others is one line, whatever is in it. */
export class Log {
  private readonly connection: Connection;

  constructor(connection: Connection) {
    this.connection = connection;
  }

  error(error: Error): void {
    this.connection.console.error(visibleLines(error.stack ?? error.message));
  }
}
