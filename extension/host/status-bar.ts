import { basename } from 'node:path';
import * as vscode from 'vscode';
import { findWrapperAbove, findWrappers } from './wrappers.ts';

/** A button to pack with, shown while a file of a wrapper is open, or none where there is one wrapper; nowhere else. */
export class PackButton implements vscode.Disposable {
  private readonly item = vscode.window.createStatusBarItem('s9pk.pack', vscode.StatusBarAlignment.Left, 0);
  private readonly listener: vscode.Disposable;
  private turn = 0;

  constructor() {
    this.item.name = vscode.l10n.t('Pack the package');
    this.listener = vscode.window.onDidChangeActiveTextEditor(() => void this.update());
  }

  /** Looks again for the wrapper in sight. */
  async update(): Promise<void> {
    const turn = ++this.turn;
    const wrapper = await wrapperInSight(vscode.window.activeTextEditor?.document.uri);
    // A search that was slow must not overwrite a later one.
    if (this.turn !== turn) return;
    if (!wrapper) {
      this.item.hide();
      return;
    }
    this.item.text = `$(package) ${vscode.l10n.t('Pack')}`;
    this.item.tooltip = vscode.l10n.t('Pack {0} into a signed package', basename(wrapper.fsPath));
    this.item.command = { title: this.item.tooltip, command: 's9pk.pack', arguments: [wrapper] };
    this.item.show();
  }

  dispose(): void {
    this.listener.dispose();
    this.item.dispose();
  }
}

async function wrapperInSight(file: vscode.Uri | undefined): Promise<vscode.Uri | undefined> {
  if (file) return file.scheme === 'file' ? findWrapperAbove(file) : undefined;
  const [only, ...others] = await findWrappers();
  return others.length === 0 ? only : undefined;
}
