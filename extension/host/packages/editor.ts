import { basename } from 'node:path';
import * as vscode from 'vscode';
import type { PackagePage } from '../../worker/protocol.ts';
import { aboutPackage } from '../config.ts';
import { isWorkspaceFile } from '../manifest/workspace-paths.ts';
import type { ReadingServices } from '../services.ts';
import { stampOf } from '../stat-file.ts';
import { unreadableSummary } from './items.ts';
import { renderPage, renderVerdict } from './page/render-page.ts';

const VIEW_TYPE = 's9pk.package';

/** Opens packages as a page that says what they are; nothing in it can be changed. */
export class PackageEditor implements vscode.CustomReadonlyEditorProvider {
  private readonly services: ReadingServices;

  private constructor(services: ReadingServices) {
    this.services = services;
  }

  static register(services: ReadingServices): vscode.Disposable {
    return vscode.window.registerCustomEditorProvider(VIEW_TYPE, new PackageEditor(services), {
      webviewOptions: { retainContextWhenHidden: false, enableFindWidget: true },
    });
  }

  openCustomDocument(uri: vscode.Uri): vscode.CustomDocument {
    return { uri, dispose: () => undefined };
  }

  async resolveCustomEditor({ uri }: vscode.CustomDocument, panel: vscode.WebviewPanel): Promise<void> {
    const media = vscode.Uri.joinPath(this.services.home, 'media', 'page');
    panel.webview.options = { enableScripts: true, localResourceRoots: [media] };
    const page = new OpenPage(this.services, uri, panel.webview, media);
    const watcher = vscode.workspace.createFileSystemWatcher(
      new vscode.RelativePattern(vscode.Uri.joinPath(uri, '..'), basename(uri.path)),
    );
    const listeners = [
      watcher,
      watcher.onDidChange(() => void page.show()),
      watcher.onDidCreate(() => void page.show()),
      panel.webview.onDidReceiveMessage((message: unknown) => void page.act(message)),
    ];
    panel.onDidDispose(() => {
      page.dispose();
      for (const listener of listeners) listener.dispose();
    });
    if (isWorkspaceFile(uri)) await this.services.packages.add([uri]);
    // Not awaited: the editor is open while the package is still read and verified.
    void page.show();
  }
}

/** One page and the package that it shows, until it is closed. */
class OpenPage implements vscode.Disposable {
  private page: PackagePage | undefined;
  private work: vscode.CancellationTokenSource | undefined;
  private isClosed = false;
  private readonly services: ReadingServices;
  private readonly file: vscode.Uri;
  private readonly webview: vscode.Webview;
  private readonly media: vscode.Uri;

  constructor(services: ReadingServices, file: vscode.Uri, webview: vscode.Webview, media: vscode.Uri) {
    this.services = services;
    this.file = file;
    this.webview = webview;
    this.media = media;
  }

  /** Reads the package, shows it, and verifies it behind; what was going on for an older state of it is given up. */
  async show(): Promise<void> {
    if (this.isClosed) return;
    this.work?.cancel();
    const work = new vscode.CancellationTokenSource();
    this.work = work;
    const { engine, log } = this.services;
    const params = aboutPackage(this.file);
    try {
      // What a commit has, for example: its path would be that of the file as it is now.
      if (!isWorkspaceFile(this.file))
        throw new Error(vscode.l10n.t('Only packages of the workspace and of the disk can be opened.'));
      const stamp = await stampOf(this.file);
      const page = await engine.request('page', params, work.token);
      if (work.token.isCancellationRequested) return;
      this.page = page;
      this.webview.html = this.render(page);
      const answer = await engine.request('verify', params, work.token);
      await this.services.packages.setVerdict(this.file, stamp, answer);
      if (work.token.isCancellationRequested) return;
      void this.webview.postMessage({ verdict: renderVerdict(answer, vscode.l10n.t) });
    } catch (error) {
      if (error instanceof vscode.CancellationError || work.token.isCancellationRequested) return;
      log.error(error as Error);
      const failed: PackagePage = {
        summary: unreadableSummary((error as Error).message),
        ...{ texts: [], facts: [], images: [], dependencies: [], shares: [] },
      };
      this.webview.html = this.render(failed);
    }
  }

  private render(page: PackagePage): string {
    const uriOf = (name: string) => this.webview.asWebviewUri(vscode.Uri.joinPath(this.media, name)).toString();
    return renderPage(page, {
      fileName: basename(this.file.path),
      language: vscode.env.language,
      t: vscode.l10n.t,
      style: uriOf('page.css'),
      script: uriOf('page.js'),
      source: this.webview.cspSource,
    });
  }

  /** Does what a button of the page asks for. */
  async act(message: unknown): Promise<void> {
    const { action, argument } = message as { action?: unknown; argument?: unknown };
    const { page, file } = this;
    const commands: Record<string, readonly [string, ...unknown[]]> = {
      verify: ['s9pk.verify', file],
      compare: ['s9pk.compare', file],
      extract: ['s9pk.extract', file],
      copyJson: ['s9pk.copyCommitment', file],
      copyQuery: ['s9pk.copyCommitmentQuery', file],
      openManifest: ['s9pk.showManifest', file],
      largest: ['s9pk.showLargest', file, argument],
    };
    const command = typeof action === 'string' ? commands[action] : undefined;
    if (command) await vscode.commands.executeCommand(...command);
    else if (action === 'copySigner' && page?.summary.signer) {
      await vscode.env.clipboard.writeText(page.summary.signer.publicKey);
    }
  }

  dispose(): void {
    this.isClosed = true;
    this.work?.cancel();
  }
}
