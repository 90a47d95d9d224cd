import * as vscode from 'vscode';
import { Debouncer, FILES_PAUSE_MS, TYPING_PAUSE_MS } from '../../manifest/debouncer.ts';
import { areTogether, wrapperOf } from '../../manifest/detect.ts';
import { NAMED_FILES_GLOB } from '../../manifest/editor-globs.ts';
import type { EngineClient } from '../engine/client.ts';
import type { Problems } from '../problems.ts';
import type { Log } from '../say.ts';
import { isWrapperCode, looksLikeManifest, type Manifests, versionsOfTexts } from './manifests.ts';
import type { TextLints } from './text-lints.ts';
import { isOnDisk, isWorkspaceFile, pathOfUri, uriOfPath } from './workspace-paths.ts';
import { findWrapperAbove } from './wrappers.ts';

/** Checks manifests while they are typed, and the files around them when something is saved. */
export class ManifestDiagnostics implements vscode.Disposable {
  private readonly lints: TextLints;
  private readonly problems: Problems;
  private readonly engine: EngineClient | undefined;
  private readonly log: Log;
  /** The files of each manifest that was checked. */
  private readonly checked = new Map<string, readonly string[]>();
  private readonly debouncer: Debouncer;
  private readonly subscriptions: vscode.Disposable[] = [];

  /** @param engine looks at the files around a manifest; there is none in a browser */
  constructor(manifests: Manifests, lints: TextLints, problems: Problems, engine: EngineClient | undefined, log: Log) {
    this.log = log;
    this.debouncer = new Debouncer((error) => log.error(error));
    this.lints = lints;
    this.problems = problems;
    this.engine = engine;
    const { workspace } = vscode;
    const watcher = workspace.createFileSystemWatcher(NAMED_FILES_GLOB);
    const onFile = (uri: vscode.Uri) => this.checkFilesLater(uri);
    // Whoever deletes a folder is told of the folder alone, not of what was in it.
    const gone = workspace.createFileSystemWatcher('**', true, true, false);
    this.subscriptions.push(
      watcher,
      gone,
      gone.onDidDelete(() => this.debouncer.later('gone', FILES_PAUSE_MS, () => this.problems.forgetGone())),
      watcher.onDidChange(onFile),
      watcher.onDidCreate(onFile),
      watcher.onDidDelete(onFile),
      workspace.onDidOpenTextDocument((document) => this.onOpen(document)),
      workspace.onDidChangeTextDocument(({ document }) => this.onChange(document)),
      workspace.onDidSaveTextDocument((document) => this.onOpen(document)),
      workspace.onDidCloseTextDocument(() => this.forgetClosed()),
      workspace.onDidChangeWorkspaceFolders(({ removed }) => {
        for (const { uri } of removed) this.problems.clear(`wrapper:${pathOfUri(uri)}`);
      }),
      manifests.onDidChange((uri) => {
        for (const open of workspace.textDocuments) if (looksLikeManifest(open)) this.onOpen(open);
        this.checkFilesLater(uri);
      }),
    );
    for (const document of workspace.textDocuments) this.onOpen(document);
  }

  private onOpen(document: vscode.TextDocument): void {
    if (!looksLikeManifest(document)) return;
    this.debouncer.later(`text ${pathOfUri(document.uri)}`, 0, () => this.checkText(document));
    this.checkFilesLater(document.uri);
  }

  /** Once for a wrapper, however many of its files are opened or changed together. */
  private checkFilesLater(file: vscode.Uri): void {
    this.debouncer.later(`files ${wrapperOf(pathOfUri(file))}`, FILES_PAUSE_MS, () => this.checkFilesOf(file));
  }

  private onChange(document: vscode.TextDocument): void {
    if (!looksLikeManifest(document)) return;
    // A module that a manifest imports changes the manifest.
    for (const open of vscode.workspace.textDocuments) {
      if (looksLikeManifest(open) && areTogether(pathOfUri(open.uri), pathOfUri(document.uri)))
        this.debouncer.later(`text ${pathOfUri(open.uri)}`, TYPING_PAUSE_MS, () => this.checkText(open));
    }
  }

  /** Checks the text of the manifest that a document holds, or is a part of. */
  private async checkText(document: vscode.TextDocument): Promise<void> {
    const path = pathOfUri(document.uri);
    const versions = versionsOfTexts();
    const found = await this.lints.of(document).then(
      (report) => ({ report }),
      (error: Error) => {
        if (error instanceof vscode.CancellationError) return undefined;
        throw error;
      },
    );
    if (document.isClosed) return;
    // Another file of the manifest may have changed meanwhile: what was read is not what it says now.
    if (versionsOfTexts() !== versions) {
      const again = `text ${path}`;
      if (!this.debouncer.isWaiting(again))
        this.debouncer.later(again, TYPING_PAUSE_MS, () => this.checkText(document));
      return;
    }
    if (!found) return;
    const { report } = found;
    if (!report) {
      this.forget(path);
      this.problems.clear(`code:${path}`);
      return;
    }
    if (isWrapperCode(document.uri)) await this.problems.replace(`code:${path}`, report.inCode, document.uri);
    const { manifest, files, findings } = report;
    if (!files.includes(path)) return;
    this.checked.set(manifest, files);
    await this.problems.replace(`manifest:${manifest}`, findings, uriOfPath(manifest), { withInfo: true });
  }

  private forget(file: string): void {
    this.checked.delete(file);
    this.problems.clear(`manifest:${file}`);
  }

  /** Forgets manifests of which no part is open any more. */
  private forgetClosed(): void {
    const open = new Set(
      vscode.workspace.textDocuments.flatMap(({ uri }) => (isWorkspaceFile(uri) ? [pathOfUri(uri)] : [])),
    );
    this.problems.keepOnly('code:', open);
    for (const [manifest, files] of this.checked) {
      if (!files.some((file) => open.has(file))) this.forget(manifest);
    }
  }

  /** Checks the files around the manifest of the wrapper that a file belongs to. */
  private async checkFilesOf(file: vscode.Uri): Promise<void> {
    // The worker reads the disk alone.
    if (!this.engine || !isOnDisk(file)) return;
    const folder = (await findWrapperAbove(file)) ?? plainWrapper(file);
    if (!folder) return;
    try {
      const { findings } = await this.engine.request('lint', {
        folder: pathOfUri(folder),
        mayRun: vscode.workspace.isTrusted,
      });
      await this.problems.replace(`wrapper:${pathOfUri(folder)}`, findings, folder, { withInfo: true });
    } catch (error) {
      if (error instanceof vscode.CancellationError) return;
      this.log.warn(`${pathOfUri(folder)} could not be checked: ${(error as Error).message}`);
      this.problems.clear(`wrapper:${pathOfUri(folder)}`);
    }
  }

  dispose(): void {
    this.debouncer.stop();
    for (const subscription of this.subscriptions) subscription.dispose();
  }
}

/** The folder of what may be a plain manifest (of 0.3, for example) and is open, if the file lies there, too. */
function plainWrapper(file: vscode.Uri): vscode.Uri | undefined {
  const folder = vscode.Uri.joinPath(file, '..');
  const isBeside = ({ uri }: vscode.TextDocument) => vscode.Uri.joinPath(uri, '..').path === folder.path;
  const isOpen = vscode.workspace.textDocuments.some((document) => looksLikeManifest(document) && isBeside(document));
  return isOpen ? folder : undefined;
}
