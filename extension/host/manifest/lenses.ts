import { basename } from 'node:path';
import * as vscode from 'vscode';
import { formatSize } from '../../engine/format-size.ts';
import { stringOf } from '../../manifest/meaning/data-tree.ts';
import { statFile } from '../stat-file.ts';
import { DATA_MANIFESTS, type Manifests, toRange, WRAPPER_CODE } from './manifests.ts';
import { pathOfUri, uriOfPath } from './workspace-paths.ts';

/** Above a manifest: pack it, verify what was packed, and how large that is. */
export class ManifestLenses implements vscode.CodeLensProvider, vscode.Disposable {
  private readonly changed = new vscode.EventEmitter<void>();
  readonly onDidChangeCodeLenses = this.changed.event;
  private readonly manifests: Manifests;
  private readonly subscriptions: vscode.Disposable[];

  constructor(manifests: Manifests) {
    this.manifests = manifests;
    const watcher = vscode.workspace.createFileSystemWatcher('**/*.s9pk');
    const onFile = () => this.changed.fire();
    const selector = [DATA_MANIFESTS, WRAPPER_CODE].flat() as vscode.DocumentFilter[];
    this.subscriptions = [
      watcher,
      watcher.onDidChange(onFile),
      watcher.onDidCreate(onFile),
      watcher.onDidDelete(onFile),
      vscode.languages.registerCodeLensProvider(selector, this),
    ];
  }

  async provideCodeLenses(document: vscode.TextDocument): Promise<vscode.CodeLens[]> {
    const manifest = await this.manifests.read(document);
    if (!manifest) return [];
    const { service, reading } = manifest;
    const root = reading.worlds[0].manifest;
    const at =
      root.module.file === pathOfUri(document.uri)
        ? toRange(document.getText(), root).start
        : new vscode.Position(0, 0);
    const range = new vscode.Range(at.line, 0, at.line, 0);
    const folder = uriOfPath(service.wrapperFolder(reading));
    const lenses = [
      new vscode.CodeLens(range, {
        title: `$(package) ${vscode.l10n.t('Pack')}`,
        command: 's9pk.pack',
        arguments: [folder],
      }),
    ];
    if (reading.generation === '0.3') {
      const title = `$(arrow-up) ${vscode.l10n.t('Start 0.4 Wrapper')}`;
      lenses.push(new vscode.CodeLens(range, { title, command: 's9pk.migrate', arguments: [document.uri] }));
    }
    const id = stringOf(service.nodeAt(root, '/id'));
    const file = vscode.Uri.joinPath(folder, `${id}.s9pk`);
    const info = await statFile(file);
    if (!info) return lenses;
    const title = `$(verified) ${vscode.l10n.t('Verify {0} ({1})', basename(pathOfUri(file)), formatSize(info.size))}`;
    return [...lenses, new vscode.CodeLens(range, { title, command: 's9pk.verify', arguments: [file] })];
  }

  dispose(): void {
    for (const subscription of this.subscriptions) subscription.dispose();
    this.changed.dispose();
  }
}
