import { basename } from 'node:path';
import * as vscode from 'vscode';
import { findWrapperAbove, findWrappers } from '../manifest/wrappers.ts';

/** A button to pack with, shown while a file of a wrapper is open, or none where there is one wrapper; nowhere else. */
export class PackButton implements vscode.Disposable {
  private readonly item = vscode.window.createStatusBarItem('s9pk.pack', vscode.StatusBarAlignment.Left, 0);
  private readonly listener: vscode.Disposable;
  private turn = 0;
  private all: Promise<vscode.Uri[]> | undefined;

  constructor() {
    this.item.name = vscode.l10n.t('Pack the package');
    this.listener = vscode.window.onDidChangeActiveTextEditor(() => void this.update());
  }

  /** Looks for wrappers anew: there is one more, or one less. */
  refresh(): void {
    this.all = undefined;
    void this.update();
  }

  private async wrapperInSight(file: vscode.Uri | undefined): Promise<vscode.Uri | undefined> {
    if (file) return file.scheme === 'file' ? findWrapperAbove(file) : undefined;
    // There is no editor whenever one gives way to another: the workspace is not searched each time.
    this.all ??= findWrappers();
    const [only, ...others] = await this.all;
    return others.length === 0 ? only : undefined;
  }

  private async update(): Promise<void> {
    const turn = ++this.turn;
    const wrapper = await this.wrapperInSight(vscode.window.activeTextEditor?.document.uri);
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
