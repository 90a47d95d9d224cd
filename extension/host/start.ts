import * as vscode from 'vscode';
import { registerCommands } from './commands.ts';
import { Comparison } from './comparison.ts';
import { EngineClient } from './engine-client.ts';
import { ManifestDiagnostics } from './manifest-diagnostics.ts';
import { ManifestFixes } from './manifest-fixes.ts';
import { registerManifestLanguage } from './manifest-language.ts';
import { ManifestLenses } from './manifest-lenses.ts';
import { Manifests } from './manifests.ts';
import { PackageEditor } from './package-editor.ts';
import { PackageFiles, SCHEME } from './package-files.ts';
import { PackagesTree } from './packages-tree.ts';
import { Problems } from './problems.ts';
import { Reports } from './reports.ts';
import { PackButton } from './status-bar.ts';
import { S9pkTasks } from './tasks.ts';
import { WrapperView } from './wrapper-view.ts';
import { markWrappers, WRAPPER_FILES } from './wrappers.ts';

/** Everything that lives as long as the extension does. */
export interface Services {
  readonly engine: EngineClient;
  readonly log: vscode.LogOutputChannel;
  readonly problems: Problems;
  readonly packages: PackagesTree;
  readonly comparison: Comparison;
  readonly wrapper: WrapperView;
  readonly manifests: Manifests;
  /** Where the extension itself is installed. */
  readonly home: vscode.Uri;
}

/** Makes the services and registers what the user sees. Nothing heavy: the worker starts with the first request. */
export function start(context: vscode.ExtensionContext): Services {
  const log = vscode.window.createOutputChannel('S9PK', { log: true });
  const engine = new EngineClient(vscode.Uri.joinPath(context.extensionUri, 'dist', 'worker.cjs').fsPath, log);
  const problems = new Problems();
  const packages = new PackagesTree(engine, context.workspaceState);
  const view = vscode.window.createTreeView('s9pk.packages', {
    treeDataProvider: packages,
    dragAndDropController: packages,
    canSelectMany: false,
    showCollapseAll: true,
  });
  const wrapper = new WrapperView(engine);
  const forgetting = packages.onDidForget((file) => problems.clear(`verify:${file.fsPath}`));
  void markWrappers();
  const wrappers = vscode.workspace.createFileSystemWatcher(WRAPPER_FILES, false, true, false);
  const manifests = new Manifests();
  const files = new PackageFiles(engine);
  const comparison = new Comparison();
  const services: Services = {
    engine,
    log,
    problems,
    packages,
    comparison,
    wrapper,
    manifests,
    home: context.extensionUri,
  };
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
    vscode.workspace.registerFileSystemProvider(SCHEME, files, { isReadonly: true, isCaseSensitive: true }),
    files,
    comparison,
    wrapper,
    new PackButton(),
    Reports.register(engine),
    PackageEditor.register(services),
    manifests,
    new ManifestDiagnostics(manifests, problems, engine, log),
    new ManifestLenses(manifests),
    vscode.tasks.registerTaskProvider('s9pk', new S9pkTasks(services)),
    ManifestFixes.register(manifests, problems),
    ...registerManifestLanguage(manifests),
    ...registerCommands(services),
  );
  return services;
}
