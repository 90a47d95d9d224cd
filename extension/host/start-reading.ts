import * as vscode from 'vscode';
import { EngineClient } from './engine/client.ts';
import type { StartWorker } from './engine/port.ts';
import { ManifestDiagnostics } from './manifest/diagnostics.ts';
import { ManifestFixes } from './manifest/fixes.ts';
import { registerManifestLanguage } from './manifest/language.ts';
import { Manifests } from './manifest/manifests.ts';
import { TextLints } from './manifest/text-lints.ts';
import { fileOf } from './manifest/workspace-paths.ts';
import { Comparison } from './packages/comparison.ts';
import { PackageEditor } from './packages/editor.ts';
import { PackageFiles, SCHEME } from './packages/files.ts';
import { Reports } from './packages/reports.ts';
import { PackagesTree } from './packages/tree/tree.ts';
import { Problems } from './problems.ts';
import { Log } from './say.ts';
import type { ReadingServices } from './services.ts';

/** Makes what reads manifests and packages, and registers what the user sees of it: the same on a disk and in a browser. */
export function startReading(
  context: vscode.ExtensionContext,
  startWorker: StartWorker,
  { hasDisk }: { readonly hasDisk: boolean },
): ReadingServices {
  const log = new Log();
  const engine = new EngineClient(startWorker, log);
  const problems = new Problems();
  const packages = new PackagesTree(engine, context.workspaceState);
  const manifests = new Manifests();
  const lints = new TextLints(manifests, engine);
  const files = new PackageFiles(engine);
  const comparison = new Comparison();
  const services = { engine, log, problems, packages, comparison, manifests, lints, home: context.extensionUri };
  context.subscriptions.push(
    log,
    problems,
    packages,
    packages.onDidForget((file) => {
      problems.clear(`verify:${fileOf(file)}`);
      files.packageChanged(file);
    }),
    vscode.window.createTreeView('s9pk.packages', {
      treeDataProvider: packages,
      dragAndDropController: packages,
      canSelectMany: false,
      showCollapseAll: true,
    }),
    vscode.workspace.registerFileSystemProvider(SCHEME, files, { isReadonly: true, isCaseSensitive: true }),
    files,
    comparison,
    Reports.register(engine),
    PackageEditor.register(services),
    manifests,
    lints,
    new ManifestDiagnostics(manifests, lints, problems, hasDisk ? engine : undefined, log),
    ManifestFixes.register(manifests, lints, problems),
    ...registerManifestLanguage(manifests),
  );
  return services;
}
