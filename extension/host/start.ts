import * as vscode from 'vscode';
import { registerCommands } from './commands.ts';
import { EngineClient } from './engine-client.ts';
import { PackagesTree } from './packages-tree.ts';
import { Problems } from './problems.ts';
import { markWrappers, WRAPPER_FILES } from './wrappers.ts';

/** Everything that lives as long as the extension does. */
export interface Services {
  readonly engine: EngineClient;
  readonly log: vscode.LogOutputChannel;
  readonly problems: Problems;
  readonly packages: PackagesTree;
}

/** Makes the services and registers what the user sees. Nothing heavy: the worker starts with the first request. */
export function start(context: vscode.ExtensionContext): Services {
  const log = vscode.window.createOutputChannel('S9PK', { log: true });
  const engine = new EngineClient(vscode.Uri.joinPath(context.extensionUri, 'dist', 'worker.cjs').fsPath, log);
  const problems = new Problems();
  const packages = new PackagesTree(engine);
  const view = vscode.window.createTreeView('s9pk.packages', { treeDataProvider: packages, showCollapseAll: true });
  const forgetting = packages.onDidForget((file) => problems.clear(`verify:${file.fsPath}`));
  void markWrappers();
  const wrappers = vscode.workspace.createFileSystemWatcher(WRAPPER_FILES, false, true, false);
  const services: Services = { engine, log, problems, packages };
  context.subscriptions.push(
    log,
    forgetting,
    wrappers,
    wrappers.onDidCreate(() => void markWrappers()),
    wrappers.onDidDelete(() => void markWrappers()),
    vscode.workspace.onDidChangeWorkspaceFolders(() => void markWrappers()),
    problems,
    packages,
    view,
    ...registerCommands(services),
  );
  return services;
}
