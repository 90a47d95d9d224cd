import * as vscode from 'vscode';
import { webWorker } from './engine/web-worker.ts';
import { handingOver } from './packages/handing-over.ts';
import { READING_COMMANDS } from './packages/reading-commands.ts';
import { registerCommands } from './register-commands.ts';
import { say } from './say.ts';
import { startReading } from './start-reading.ts';

/**
 * What works where there is neither a disk nor a process, as in a browser: everything about manifests, and reading packages.
 * The other commands say what they need.
 */
export function startInBrowser(context: vscode.ExtensionContext): void {
  const worker = handingOver(webWorker(vscode.Uri.joinPath(context.extensionUri, 'dist', 'web-worker.js')));
  const services = startReading(context, worker, { hasDisk: false });
  const { contributes } = context.extension.packageJSON as {
    contributes: { commands: readonly { command: string; title: string }[] };
  };
  const others = contributes.commands.filter(({ command }) => !(command in READING_COMMANDS));
  // The checklist of a wrapper asks the disk.
  void vscode.commands.executeCommand('setContext', 's9pk.isInBrowser', true);
  context.subscriptions.push(
    ...registerCommands(services, READING_COMMANDS),
    ...others.map(({ command, title }) =>
      vscode.commands.registerCommand(command, () =>
        say.info(vscode.l10n.t('"{0}" reads and writes the disk, so it needs VS Code on a computer.', title)),
      ),
    ),
  );
}
