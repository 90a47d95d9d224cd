import { basename } from 'node:path';
import * as vscode from 'vscode';
import { printableName } from '../engine/archive/names.ts';
import type { PackageNode } from '../engine/browse/package-browser.ts';
import { formatSize } from '../engine/format-size.ts';
import type { EntrySummary, PackageSummary, VerifyAnswer } from '../worker/protocol.ts';
import { readConfig } from './config.ts';
import type { EngineClient } from './engine-client.ts';
import { uriInPackage } from './package-files.ts';
import { statFile } from './stat-file.ts';

type Node =
  | { readonly kind: 'package'; readonly resourceUri: vscode.Uri }
  | {
      readonly kind: 'text';
      readonly label: string;
      readonly description: string;
      readonly icon: string;
      readonly tooltip?: string;
    }
  | { readonly kind: 'entry'; readonly file: vscode.Uri; readonly entry: EntrySummary }
  /** Something in an image, listed when it is asked for. */
  | { readonly kind: 'inner'; readonly file: vscode.Uri; readonly inner: PackageNode };

const VERDICT_ICON: Readonly<Record<VerifyAnswer['verdict'], [icon: string, color: string]>> = {
  verified: ['verified-filled', 'testing.iconPassed'],
  unusual: ['verified', 'list.warningForeground'],
  incomplete: ['warning', 'list.warningForeground'],
  damaged: ['error', 'list.errorForeground'],
  unreadable: ['error', 'list.errorForeground'],
};

/** The sidebar's tree: every package of the workspace with its identity, signer and files. */
export class PackagesTree implements vscode.TreeDataProvider<Node>, vscode.Disposable {
  private readonly changed = new vscode.EventEmitter<void>();
  readonly onDidChangeTreeData = this.changed.event;
  private readonly summaries = new Map<string, Promise<PackageSummary>>();
  private readonly verdicts = new Map<string, { verdict: VerifyAnswer['verdict']; stamp: string }>();
  private readonly forgotten = new vscode.EventEmitter<vscode.Uri>();
  /** Fires when what is known about a package no longer holds: it changed, or it is gone. */
  readonly onDidForget = this.forgotten.event;
  private readonly watcher = vscode.workspace.createFileSystemWatcher('**/*.s9pk');
  private readonly engine: EngineClient;

  constructor(engine: EngineClient) {
    this.engine = engine;
    for (const event of [this.watcher.onDidChange, this.watcher.onDidCreate, this.watcher.onDidDelete]) {
      event((uri) => void this.forget(uri));
    }
  }

  refresh(): void {
    this.summaries.clear();
    this.verdicts.clear();
    this.changed.fire();
  }

  /** Shows what a verification said, until the file changes. */
  async setVerdict(file: vscode.Uri, verdict: VerifyAnswer['verdict']): Promise<void> {
    this.verdicts.set(file.toString(), { verdict, stamp: await stampOf(file) });
    this.changed.fire();
  }

  /** Events come late: one about a change from before the last verification takes nothing back. */
  private async forget(file: vscode.Uri): Promise<void> {
    const key = file.toString();
    this.summaries.delete(key);
    if (this.verdicts.get(key)?.stamp !== (await stampOf(file))) {
      this.verdicts.delete(key);
      this.forgotten.fire(file);
    }
    this.changed.fire();
  }

  async getChildren(node?: Node): Promise<Node[]> {
    if (!node) {
      const files = await vscode.workspace.findFiles('**/*.s9pk', '**/node_modules/**');
      const sorted = files.sort((a, b) => (a.fsPath < b.fsPath ? -1 : 1));
      return sorted.map((resourceUri) => ({ kind: 'package', resourceUri }));
    }
    if (node.kind === 'package') return this.childrenOf(node.resourceUri, await this.summaryOf(node.resourceUri));
    if (node.kind === 'entry') {
      const { file, entry } = node;
      if (isImage(entry)) return this.listInside(file, entry.path);
      return (entry.children ?? []).map((child) => ({ kind: 'entry', file, entry: child }));
    }
    if (node.kind === 'inner') return this.listInside(node.file, node.inner.path);
    return [];
  }

  /** What is in an image or in a folder of it, folders first. */
  private async listInside(file: vscode.Uri, path: string): Promise<Node[]> {
    try {
      const { children } = await this.engine.request('list', { file: file.fsPath, path });
      const isFolder = ({ kind }: PackageNode) => (kind === 'directory' ? 0 : 1);
      const sorted = [...children].sort((a, b) => isFolder(a) - isFolder(b));
      return sorted.map((inner) => ({ kind: 'inner', file, inner }));
    } catch (error) {
      return [{ kind: 'text', label: (error as Error).message, description: '', icon: 'error' }];
    }
  }

  private childrenOf(file: vscode.Uri, summary: PackageSummary): Node[] {
    const { signer, arch } = summary;
    const nodes: Node[] = summary.findings
      .filter((found) => found.severity === 'error')
      .map((found) => ({ kind: 'text', label: found.message, description: '', icon: 'error' }));
    if (arch) nodes.push({ kind: 'text', label: 'Architectures', description: arch.join(', '), icon: 'circuit-board' });
    if (signer) {
      const description = `${signer.fingerprint} (${signer.name ?? 'unknown'})`;
      nodes.push({
        kind: 'text',
        label: 'Signed by',
        description,
        icon: 'key',
        tooltip: `Public key ${signer.publicKey}`,
      });
    }
    return [...nodes, ...summary.entries.map((entry) => ({ kind: 'entry', file, entry }) as const)];
  }

  async getTreeItem(node: Node): Promise<vscode.TreeItem> {
    switch (node.kind) {
      case 'package':
        return this.packageItem(node.resourceUri);
      case 'text': {
        const item = new vscode.TreeItem(node.label);
        item.description = node.description;
        item.iconPath = new vscode.ThemeIcon(node.icon);
        item.tooltip = node.tooltip ?? `${node.label} ${node.description}`.trim();
        return item;
      }
      case 'entry':
        return entryItem(node.file, node.entry);
      case 'inner':
        return innerItem(node.file, node.inner);
    }
  }

  private async packageItem(file: vscode.Uri): Promise<vscode.TreeItem> {
    const summary = await this.summaryOf(file);
    const name = summary.title && summary.version ? `${summary.title} ${summary.version}` : basename(file.fsPath);
    const item = new vscode.TreeItem(name, vscode.TreeItemCollapsibleState.Collapsed);
    item.id = file.toString();
    item.resourceUri = file;
    item.description = `${formatSize(summary.size)}, ${basename(file.fsPath)}`;
    item.contextValue = 'package';
    const verdict = this.verdicts.get(file.toString())?.verdict;
    const [icon, color] = verdict
      ? VERDICT_ICON[verdict]
      : summary.opens
        ? ['package', undefined]
        : VERDICT_ICON.unreadable;
    item.iconPath = new vscode.ThemeIcon(icon, color === undefined ? undefined : new vscode.ThemeColor(color));
    item.tooltip = new vscode.MarkdownString(describe(file, summary));
    item.accessibilityInformation = { label: `${name}, ${item.description}${verdict ? `, ${verdict}` : ''}` };
    return item;
  }

  private summaryOf(file: vscode.Uri): Promise<PackageSummary> {
    const key = file.toString();
    const known = this.summaries.get(key);
    if (known) return known;
    const { knownSigners } = readConfig(file);
    const ownKeys = vscode.workspace.isTrusted;
    const summary = this.engine.request('describe', { file: file.fsPath, knownSigners, ownKeys }).catch(
      (error: Error): PackageSummary => ({
        size: 0,
        opens: false,
        entries: [],
        findings: [{ code: 'not-s9pk', severity: 'error', message: error.message, where: {} }],
      }),
    );
    this.summaries.set(key, summary);
    return summary;
  }

  dispose(): void {
    this.watcher.dispose();
    this.changed.dispose();
    this.forgotten.dispose();
  }
}

/** What tells one state of a file from another; empty if it is gone. */
async function stampOf(file: vscode.Uri): Promise<string> {
  const info = await statFile(file);
  return info ? `${info.mtime} ${info.size}` : '';
}

function isImage({ kind, name }: EntrySummary): boolean {
  return kind === 'file' && name.endsWith('.squashfs');
}

function entryItem(file: vscode.Uri, entry: EntrySummary): vscode.TreeItem {
  const isFolder = entry.kind === 'directory' || isImage(entry);
  const state = isFolder ? vscode.TreeItemCollapsibleState.Collapsed : vscode.TreeItemCollapsibleState.None;
  const item = new vscode.TreeItem(entry.name, state);
  item.description = entry.kind === 'missing' ? 'left out' : formatSize(entry.size);
  item.iconPath = isImage(entry)
    ? new vscode.ThemeIcon('layers')
    : isFolder
      ? vscode.ThemeIcon.Folder
      : vscode.ThemeIcon.File;
  item.tooltip = `${entry.name}, ${item.description}`;
  item.contextValue = isImage(entry) ? 'image' : entry.kind === 'missing' ? 'missing' : 'entry';
  if (entry.kind === 'file' && !isFolder) item.command = opening(file, entry.path);
  return item;
}

function innerItem(file: vscode.Uri, { name, path, kind, size, target }: PackageNode): vscode.TreeItem {
  const isFolder = kind === 'directory';
  const state = isFolder ? vscode.TreeItemCollapsibleState.Collapsed : vscode.TreeItemCollapsibleState.None;
  const item = new vscode.TreeItem(printableName(name), state);
  if (kind === 'file') item.description = formatSize(size);
  else if (kind === 'symlink') item.description = `→ ${printableName(target ?? '')}`;
  else if (!isFolder) item.description = kind;
  const icon = kind === 'symlink' ? 'file-symlink-file' : kind === 'file' ? undefined : 'circuit-board';
  item.iconPath = isFolder ? vscode.ThemeIcon.Folder : icon ? new vscode.ThemeIcon(icon) : vscode.ThemeIcon.File;
  item.contextValue = isFolder ? 'innerFolder' : kind === 'file' ? 'innerFile' : 'innerOther';
  item.tooltip = item.description === undefined ? name : `${name}, ${item.description}`;
  if (kind === 'file' || kind === 'symlink') item.command = opening(file, path);
  return item;
}

/** Opens a file of a package in the editor that fits it. */
function opening(file: vscode.Uri, path: string): vscode.Command {
  return { title: 'Open', command: 'vscode.open', arguments: [uriInPackage(file, path)] };
}

function describe(file: vscode.Uri, summary: PackageSummary): string {
  const rows = [
    ['File', file.fsPath],
    ['Id', summary.id],
    ['Version', summary.version],
    ['Size', formatSize(summary.size)],
    ['Architectures', summary.arch?.join(', ')],
    ['Root hash', summary.rootSighash],
    ['Signer', summary.signer && `${summary.signer.fingerprint} (${summary.signer.name ?? 'unknown'})`],
  ];
  return rows
    .flatMap(([label, value]) => (value ? [`**${label}** ${'`'}${value.replaceAll('`', "'")}${'`'}`] : []))
    .join('  \n');
}
