import { open } from 'node:fs/promises';
import * as vscode from 'vscode';
import { isVersion1 } from '../../engine/sections/header.ts';
import { isOnDisk } from '../manifest/workspace-paths.ts';
import { findPackages } from './choose-package.ts';

/** Packages that are opened at once to see what they are. */
const AT_ONCE = 8;
/** Changes one after the other are told together. */
const TELL_MS = 300;

/**
 * Tells menus which packages of the workspace are for StartOS 0.3, so that they offer there alone what is only for those. Of a change,
 * only the package that changed is looked at.
 */
export class OlderPackages implements vscode.Disposable {
  private readonly older = new Set<string>();
  private readonly subscriptions: readonly vscode.Disposable[];
  private told: NodeJS.Timeout | undefined;

  constructor() {
    const watcher = vscode.workspace.createFileSystemWatcher('**/*.s9pk');
    const onFile = (uri: vscode.Uri) => void this.look(uri);
    this.subscriptions = [
      watcher,
      watcher.onDidCreate(onFile),
      watcher.onDidChange(onFile),
      watcher.onDidDelete(onFile),
      vscode.workspace.onDidChangeWorkspaceFolders(() => void this.lookAtAll()),
    ];
    void this.lookAtAll();
  }

  private async lookAtAll(): Promise<void> {
    this.older.clear();
    const files = await findPackages();
    for (let from = 0; from < files.length; from += AT_ONCE) {
      await Promise.all(files.slice(from, from + AT_ONCE).map((uri) => this.look(uri)));
    }
    this.tellSoon();
  }

  private async look(uri: vscode.Uri): Promise<void> {
    const isSo = isOnDisk(uri) && (await isOlder(uri.fsPath));
    if (isSo === this.older.has(uri.fsPath)) return;
    if (isSo) this.older.add(uri.fsPath);
    else this.older.delete(uri.fsPath);
    this.tellSoon();
  }

  private tellSoon(): void {
    this.told ??= setTimeout(() => {
      this.told = undefined;
      void vscode.commands.executeCommand('setContext', 's9pk.olderPackages', [...this.older].sort());
    }, TELL_MS);
  }

  dispose(): void {
    clearTimeout(this.told);
    for (const subscription of this.subscriptions) subscription.dispose();
  }
}

/** Its first three bytes say it; what cannot be read is none. */
export async function isOlder(path: string): Promise<boolean> {
  try {
    await using file = await open(path);
    const start = new Uint8Array(3);
    const { bytesRead } = await file.read(start);
    return isVersion1(start.subarray(0, bytesRead));
  } catch {
    return false;
  }
}
