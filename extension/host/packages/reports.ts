import * as vscode from 'vscode';
import { visibleLines } from '../../engine/visible-text.ts';
import { describePlan } from '../../manifest/wrapper/migrating/describe-plan.ts';
import { aboutPackage } from '../config.ts';
import type { EngineClient } from '../engine/client.ts';

/** Reports about packages and wrappers as read-only texts. The query says which; the path ends in a name that gives the tab its title and language. */
const SCHEME = 's9pk-report';

type Report =
  | { readonly kind: 'manifest' }
  /** What a wrapper for 0.4 will be made of, from the folder of one for 0.3. */
  | { readonly kind: 'migration'; readonly templates: string };

const NAMES: Readonly<Record<Report['kind'], () => string>> = {
  manifest: () => 'manifest.json',
  migration: () => `${vscode.l10n.t('what will be made')}.txt`,
};

/** Shows a report about a package or a wrapper in an editor of its own. */
export async function showReport(file: vscode.Uri, report: Report): Promise<void> {
  const name = NAMES[report.kind]();
  const { scheme, authority, path } = file;
  const query = JSON.stringify({ file: { scheme, authority, path }, ...report });
  const uri = vscode.Uri.from({ scheme: SCHEME, path: `${path}/${name}`, query });
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
    const report = JSON.parse(uri.query) as Report & { file: Parameters<typeof vscode.Uri.from>[0] };
    const file = vscode.Uri.from(report.file);
    if (report.kind === 'manifest') {
      const { manifest } = await this.engine.request('describe', aboutPackage(file), token);
      return manifest ? `${JSON.stringify(manifest, null, 2)}\n` : '';
    }
    const options = { folder: file.fsPath, templates: report.templates };
    return `${visibleLines(describePlan(await this.engine.request('planMigration', options, token)))}\n`;
  }
}
