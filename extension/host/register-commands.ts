import * as vscode from 'vscode';
import { type Log, say } from './say.ts';

/** A command, as its table knows it. */
export type Command<S> = (services: S, ...args: unknown[]) => unknown;

/** Registers commands; what one throws is shown with a way to the log. */
export function registerCommands<S extends { readonly log: Log }>(
  services: S,
  commands: Readonly<Record<string, Command<S>>>,
): vscode.Disposable[] {
  return Object.entries(commands).map(([id, command]) =>
    vscode.commands.registerCommand(id, async (...args: unknown[]) => {
      try {
        return await command(services, ...args);
      } catch (error) {
        services.log.error(error as Error);
        // Not awaited: who called the command need not wait until somebody has read the message.
        say.error(`S9PK: ${(error as Error).message}`, vscode.l10n.t('Show Log')).then((choice) => {
          if (choice) services.log.show();
        });
        return undefined;
      }
    }),
  );
}
