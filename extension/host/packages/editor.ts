import { basename } from 'node:path';
import * as vscode from 'vscode';
import type { PackagePage } from '../../worker/protocol.ts';
import { aboutPackage } from '../config.ts';
import { fileOf, isWorkspaceFile } from '../manifest/workspace-paths.ts';
import type { ReadingServices } from '../services.ts';
import { stampOf } from '../stat-file.ts';
import { uriInPackage } from './files.ts';
import { renderPage, renderVerdict } from './page/render-page.ts';
import { layOut, type TreemapView } from './page/treemap.ts';
import { unreadableSummary } from './tree/items.ts';

const VIEW_TYPE = 's9pk.package';

/** The pages that are open, and of those that are not there yet what they are to show first: by address. */
const pages = new Map<string, OpenPage>();
const wanted = new Map<string, string>();

/** Shows what is large in a package, or in a folder or an image of it, on its page. */
export async function showLargestOnPage(file: vscode.Uri, path: string): Promise<TreemapView | undefined> {
  const key = file.toString();
  if (!pages.has(key)) wanted.set(key, path);
  await vscode.commands.executeCommand('vscode.openWith', file, VIEW_TYPE);
  // One that was just opened is not ready to be told yet, and asks itself.
  return pages.get(key)?.weigh(path, true);
}

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
    pages.set(uri.toString(), page);
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
  private weighing: vscode.CancellationTokenSource | undefined;
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

  /** The page is there: it is shown what was asked for while it was not, else the whole package. */
  private async greet(): Promise<void> {
    const path = wanted.get(this.file.toString());
    wanted.delete(this.file.toString());
    if (this.page?.summary.opens) await this.weigh(path ?? '', path !== undefined);
  }

  /** Shows how large the parts are of a folder or an image; what is asked for later comes instead. */
  async weigh(path: string, wantsFocus = false): Promise<TreemapView | undefined> {
    this.weighing?.cancel();
    const weighing = new vscode.CancellationTokenSource();
    this.weighing = weighing;
    try {
      const weighed = await this.services.engine.request('weigh', { file: fileOf(this.file), path }, weighing.token);
      const view = layOut(basename(this.file.path), path, weighed, vscode.l10n.t);
      void this.webview.postMessage({ treemap: view, wantsFocus });
      return view;
    } catch (error) {
      if (!(error instanceof vscode.CancellationError)) this.services.log.error(error as Error);
      return undefined;
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
      treemapScript: uriOf('treemap.js'),
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
    };
    const command = typeof action === 'string' ? commands[action] : undefined;
    const path = typeof argument === 'string' ? argument : '';
    if (command) await vscode.commands.executeCommand(...command);
    else if (action === 'ready') await this.greet();
    else if (action === 'weigh') await this.weigh(path);
    else if (action === 'weighFromTable') await this.weigh(path, true);
    else if (action === 'openEntry') await vscode.commands.executeCommand('vscode.open', uriInPackage(file, path));
    else if (action === 'copySigner' && page?.summary.signer) {
      await vscode.env.clipboard.writeText(page.summary.signer.publicKey);
    }
  }

  dispose(): void {
    this.isClosed = true;
    this.work?.cancel();
    this.weighing?.cancel();
    if (pages.get(this.file.toString()) === this) pages.delete(this.file.toString());
  }
}
