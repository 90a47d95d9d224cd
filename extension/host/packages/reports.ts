import { basename } from 'node:path';
import * as vscode from 'vscode';
import type { Largest, SizedPath } from '../../engine/browse/largest.ts';
import { formatSize } from '../../engine/format-size.ts';
import { visibleLines } from '../../engine/visible-text.ts';
import { describePlan } from '../../manifest/wrapper/migrating/describe-plan.ts';
import { aboutPackage } from '../config.ts';
import type { EngineClient } from '../engine/client.ts';
import { fileOf } from '../manifest/workspace-paths.ts';
import { markdownCode } from '../say.ts';

/** Read-only texts about packages. The query says which; the path ends in a name that gives the tab its title and language. */
const SCHEME = 's9pk-report';

type Report =
  | { readonly kind: 'manifest' }
  | { readonly kind: 'largest'; readonly path: string }
  /** What a wrapper for 0.4 will be made of, from the folder of one for 0.3. */
  | { readonly kind: 'migration'; readonly templates: string };

const NAMES: Readonly<Record<Report['kind'], () => string>> = {
  manifest: () => 'manifest.json',
  largest: () => `${vscode.l10n.t('what is large')}.md`,
  migration: () => `${vscode.l10n.t('what will be made')}.txt`,
};

/** Shows a report about a package in an editor of its own. */
export async function showReport(file: vscode.Uri, report: Report): Promise<void> {
  const name = NAMES[report.kind]();
  const { scheme, authority, path } = file;
  const query = JSON.stringify({ ...report, file: { scheme, authority, path } });
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
    if (report.kind === 'migration') {
      const options = { folder: file.fsPath, templates: report.templates };
      return `${visibleLines(describePlan(await this.engine.request('planMigration', options, token)))}\n`;
    }
    const largest = await this.engine.request('largest', { file: fileOf(file), path: report.path }, token);
    return describeLargest(basename(file.path), report.path, largest);
  }
}

function describeLargest(name: string, path: string, { total, files, packed, folders, largestFiles }: Largest): string {
  const { t } = vscode.l10n;
  const sizes =
    packed === undefined
      ? t('{0} in {1} files', formatSize(total), files)
      : t('{0} in {1} files; {2} in the package, compressed', formatSize(total), files, formatSize(packed));
  const table = (rows: readonly SizedPath[]) =>
    [
      `| ${t('Size')} | ${t('Share')} | ${t('Path')} |`,
      '| ---: | ---: | --- |',
      ...rows.map(
        ({ path: at, size }) =>
          `| ${formatSize(size)} | ${total === 0 ? 0 : Math.round((100 * size) / total)} % | ${markdownCode(shorten(at, path)).replaceAll('|', '\\|')} |`,
      ),
    ].join('\n');
  return [
    `# ${markdownCode(path === '' ? name : `${name}: ${path}`)}`,
    sizes,
    `## ${t('Largest folders')}`,
    table(folders),
    `## ${t('Largest files')}`,
    table(largestFiles),
    '',
  ].join('\n\n');
}

function shorten(path: string, folder: string): string {
  return folder !== '' && path.startsWith(`${folder}/`) ? path.slice(folder.length) : path;
}
