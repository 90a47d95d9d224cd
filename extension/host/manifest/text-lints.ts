import * as vscode from 'vscode';
import type { TextReport } from '../../manifest/service.ts';
import type { EngineClient } from '../engine/client.ts';
import { type Manifests, readText, versionsOfTexts } from './manifests.ts';
import { isOnDisk, isWorkspaceFile, pathOfUri } from './workspace-paths.ts';

/** Files whose text a manifest may be made of. */
const PARTS = /\.(?:ts|json|ya?ml|toml)$/i;

interface Asked {
  readonly versions: string;
  readonly cancellation: vscode.CancellationTokenSource;
  readonly report: Promise<TextReport | undefined>;
}

/**
 * What is wrong with the texts of manifests as the editor has them, asked once for a state of all texts. The worker
 * answers; what is on none of its disks is checked here.
 */
export class TextLints implements vscode.Disposable {
  private readonly manifests: Manifests;
  private readonly engine: EngineClient;
  /** What was asked last about each document. */
  private readonly asked = new Map<string, Asked>();
  private readonly subscriptions: readonly vscode.Disposable[];

  constructor(manifests: Manifests, engine: EngineClient) {
    this.manifests = manifests;
    this.engine = engine;
    this.subscriptions = [
      manifests.onDidChange(() => this.forgetAll()),
      vscode.workspace.onDidCloseTextDocument(({ uri }) => {
        // One of a commit (`git:`) has the same path.
        if (isWorkspaceFile(uri)) this.forget(pathOfUri(uri));
      }),
    ];
  }

  /**
   * What is wrong with the manifest that a document is, is a part of, or belongs to; undefined if there is none.
   * @throws vscode.CancellationError once something was typed, and somebody asked again
   */
  async of(document: vscode.TextDocument): Promise<TextReport | undefined> {
    const file = pathOfUri(document.uri);
    const versions = versionsOfTexts();
    const known = this.asked.get(file);
    if (known?.versions === versions) return known.report;
    this.forget(file);
    const cancellation = new vscode.CancellationTokenSource();
    const report = this.ask(document, cancellation.token);
    const asked = { versions, cancellation, report };
    this.asked.set(file, asked);
    // What failed once is tried again.
    report.catch(() => this.asked.get(file) === asked && this.asked.delete(file));
    return report;
  }

  private async ask(document: vscode.TextDocument, token: vscode.CancellationToken): Promise<TextReport | undefined> {
    const file = pathOfUri(document.uri);
    if (!isOnDisk(document.uri)) return (await this.manifests.linter()).lint(file, readText);
    const unsaved = vscode.workspace.textDocuments.filter(
      ({ uri, isDirty }) => isDirty && isOnDisk(uri) && PARTS.test(uri.path),
    );
    const texts = [...new Set([document, ...unsaved])].map((open) => ({
      file: pathOfUri(open.uri),
      text: open.getText(),
    }));
    return (await this.engine.request('lintText', { file, texts }, token)).report;
  }

  private forget(file: string): void {
    this.asked.get(file)?.cancellation.cancel();
    this.asked.delete(file);
  }

  private forgetAll(): void {
    for (const file of [...this.asked.keys()]) this.forget(file);
  }

  dispose(): void {
    this.forgetAll();
    for (const subscription of this.subscriptions) subscription.dispose();
  }
}
