import * as vscode from 'vscode';
import { COMMANDS } from './commands.ts';
import { workerThread } from './engine/worker-thread.ts';
import { ManifestLenses } from './manifest/lenses.ts';
import { markWrappers, WRAPPER_FILES } from './manifest/wrappers.ts';
import { registerModelTools } from './model-tools.ts';
import { handingOver } from './packages/handing-over.ts';
import { OlderPackages } from './packages/older-packages.ts';
import { registerCommands } from './register-commands.ts';
import type { Services } from './services.ts';
import { startReading } from './start-reading.ts';
import { PackButton } from './wrapper/status-bar.ts';
import { S9pkTasks } from './wrapper/tasks.ts';
import { WrapperView } from './wrapper/view.ts';

/** Makes the services and registers what the user sees. Nothing heavy: the worker starts with the first request. */
export function start(context: vscode.ExtensionContext): Services {
  const worker = handingOver(workerThread(vscode.Uri.joinPath(context.extensionUri, 'dist', 'worker.cjs').fsPath));
  const reading = startReading(context, worker, { hasDisk: true });
  const services: Services = { ...reading, wrapper: new WrapperView(reading.engine) };
  const button = new PackButton();
  const lookForWrappers = () => {
    void markWrappers();
    button.refresh();
  };
  lookForWrappers();
  const wrappers = vscode.workspace.createFileSystemWatcher(WRAPPER_FILES, false, true, false);
  context.subscriptions.push(
    wrappers,
    wrappers.onDidCreate(lookForWrappers),
    wrappers.onDidDelete(lookForWrappers),
    vscode.workspace.onDidChangeWorkspaceFolders(lookForWrappers),
    new OlderPackages(),
    services.wrapper,
    button,
    new ManifestLenses(services.manifests),
    vscode.tasks.registerTaskProvider('s9pk', new S9pkTasks(services)),
    ...registerCommands(services, COMMANDS),
    ...registerModelTools(services),
  );
  return services;
}
