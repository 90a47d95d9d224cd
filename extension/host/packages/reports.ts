import * as vscode from 'vscode';
import { aboutPackage } from '../config.ts';
import type { EngineClient } from '../engine/client.ts';

/** Manifests of packages as read-only texts. The query says which; the path ends in a name that gives the tab its title and language. */
const SCHEME = 's9pk-report';

/** Shows the manifest of a package in an editor of its own. */
export async function showManifestOf(file: vscode.Uri): Promise<void> {
  const { scheme, authority, path } = file;
  const query = JSON.stringify({ file: { scheme, authority, path } });
  const uri = vscode.Uri.from({ scheme: SCHEME, path: `${path}/manifest.json`, query });
  await vscode.window.showTextDocument(await vscode.workspace.openTextDocument(uri), { preview: true });
}

export class Reports implements vscode.TextDocumentContentProvider {
  private readonly engine: EngineClient;

  private constructor(engine: EngineClient) {
    this.engine = engine;
  }

  static register(engine: EngineClient): vscode.Disposable {
    return vscode.workspace.registerTextDocumentContentProvider(SCHEME, new Reports(engine));
  }

  async provideTextDocumentContent(uri: vscode.Uri, token: vscode.CancellationToken): Promise<string> {
    const report = JSON.parse(uri.query) as { file: Parameters<typeof vscode.Uri.from>[0] };
    const file = vscode.Uri.from(report.file);
    const { manifest } = await this.engine.request('describe', aboutPackage(file), token);
    return manifest ? `${JSON.stringify(manifest, null, 2)}\n` : '';
  }
}
