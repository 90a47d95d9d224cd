import * as vscode from 'vscode';
import type { PackageNode } from '../../engine/browse/package-browser.ts';
import { visibleText } from '../../engine/visible-text.ts';
import type { EntrySummary, PackageSummary, VerifyAnswer } from '../../worker/protocol.ts';
import { aboutPackage, readConfig } from '../config.ts';
import type { EngineClient } from '../engine/client.ts';
import { fileOf, isOnDisk, isWorkspaceFile } from '../manifest/workspace-paths.ts';
import { stampOf, statFile } from '../stat-file.ts';
import { findPackages } from './choose-package.ts';
import { uriInPackage } from './files.ts';
import {
  describeSigner,
  entryItem,
  innerItem,
  isImage,
  packageItem,
  unreadableSummary,
  type Verification,
  valueItem,
} from './items.ts';

export type PackageTreeNode =
  | { readonly kind: 'package'; readonly resourceUri: vscode.Uri }
  | {
      readonly kind: 'text';
      readonly label: string;
      readonly description: string;
      readonly icon: string;
      readonly tooltip?: string;
    }
  /** A value of the manifest, or all of it. */
  | { readonly kind: 'value'; readonly name: string; readonly value: unknown; readonly icon?: string }
  | { readonly kind: 'entry'; readonly file: vscode.Uri; readonly entry: EntrySummary; readonly total: number }
  /** Something in an image, listed when it is asked for. */
  | { readonly kind: 'inner'; readonly file: vscode.Uri; readonly inner: PackageNode }
  /** What comes after the names that are listed. */
  | { readonly kind: 'more'; readonly file: vscode.Uri; readonly path: string; readonly from: number };

type Node = PackageTreeNode;
export type SortOrder = 'name' | 'size';

interface Known extends Verification {
  readonly stamp: string;
  readonly checked: Map<string, boolean>;
}

type UriParts = Parameters<typeof vscode.Uri.from>[0];

const URI_LIST = 'text/uri-list';
/** Where the workspace remembers packages that are shown though they are not in it. */
const ELSEWHERE = 's9pk.packagesElsewhere';
/** Bytes of a package on no disk that is shown without having been asked for. */
const MAX_UNASKED = 64 << 20;
/** Files that are checked one after the other are shown together. */
const REDRAW_MS = 300;

/** The sidebar's tree: every package of the workspace, and those that were opened or dropped, with what is in them. */
export class PackagesTree
  implements vscode.TreeDataProvider<Node>, vscode.TreeDragAndDropController<Node>, vscode.Disposable
{
  readonly dragMimeTypes = [URI_LIST];
  readonly dropMimeTypes = [URI_LIST];
  private readonly changed = new vscode.EventEmitter<void>();
  readonly onDidChangeTreeData = this.changed.event;
  private readonly forgotten = new vscode.EventEmitter<vscode.Uri>();
  /** Fires when what is known about a package no longer holds: it changed, or it is gone. */
  readonly onDidForget = this.forgotten.event;
  private readonly summaries = new Map<string, Promise<PackageSummary>>();
  private readonly known = new Map<string, Known>();
  private readonly watcher = vscode.workspace.createFileSystemWatcher('**/*.s9pk');
  private readonly engine: EngineClient;
  private readonly memory: vscode.Memento;
  /** Packages that somebody opened: they are read, however large and far away they are. */
  private readonly asked = new Set<string>();
  private sortOrder: SortOrder = 'name';
  private redraw: NodeJS.Timeout | undefined;
  /** One package is verified behind at a time. */
  private verifying: Promise<unknown> = Promise.resolve();

  constructor(engine: EngineClient, memory: vscode.Memento) {
    this.engine = engine;
    this.memory = memory;
    for (const event of [this.watcher.onDidChange, this.watcher.onDidCreate, this.watcher.onDidDelete]) {
      event((uri) => void this.forget(uri));
    }
  }

  refresh(): void {
    this.summaries.clear();
    this.known.clear();
    this.changed.fire();
  }

  async sort(order: SortOrder): Promise<void> {
    this.sortOrder = order;
    await vscode.commands.executeCommand('setContext', 's9pk.sortOrder', order);
    this.changed.fire();
  }

  /** Shows a package from anywhere, until it is removed from the list. */
  async add(files: readonly vscode.Uri[]): Promise<void> {
    const inside = new Set((await findPackages()).map((uri) => uri.toString()));
    const all = [...this.elsewhere(), ...files.filter((uri) => !inside.has(uri.toString()))];
    await this.remember(new Map(all.map((uri) => [uri.toString(), uri])).values());
    this.changed.fire();
  }

  async remove(file: vscode.Uri): Promise<void> {
    await this.remember(this.elsewhere().filter((uri) => uri.toString() !== file.toString()));
    this.changed.fire();
  }

  private elsewhere(): vscode.Uri[] {
    return this.memory.get<UriParts[]>(ELSEWHERE, []).map((parts) => vscode.Uri.from(parts));
  }

  /** In parts: an address that was printed has lost the case of its authority. */
  private async remember(files: Iterable<vscode.Uri>): Promise<void> {
    const parts = [...files].map(({ scheme, authority, path }): UriParts => ({ scheme, authority, path }));
    await this.memory.update(ELSEWHERE, parts);
  }

  /**
   * Shows what a verification said, until the file changes.
   * @param stamp of the file before the verification: if it changed meanwhile, nothing is known
   */
  async setVerdict(file: vscode.Uri, stamp: string, { verdict, findings }: VerifyAnswer): Promise<void> {
    if (stamp !== (await stampOf(file))) {
      await this.forget(file);
      return;
    }
    const before = this.known.get(file.toString());
    const checked = before?.stamp === stamp ? before.checked : new Map<string, boolean>();
    const problems = findings.filter(({ severity }) => severity !== 'info').length;
    for (const { code, where } of findings) {
      if (code.startsWith('content-') && where.path !== undefined) checked.set(where.path, false);
    }
    this.known.set(file.toString(), { verdict, problems, stamp, checked });
    this.changed.fire();
  }

  /** Events come late: one about a change from before the last verification takes nothing back. */
  private async forget(file: vscode.Uri): Promise<void> {
    const key = file.toString();
    this.summaries.delete(key);
    if (this.known.get(key)?.stamp !== (await stampOf(file))) {
      this.known.delete(key);
      this.forgotten.fire(file);
    }
    this.changed.fire();
  }

  async getChildren(node?: Node): Promise<Node[]> {
    if (!node) {
      const elsewhere = this.elsewhere();
      const there = await Promise.all(elsewhere.map(async (uri) => (await statFile(uri)) !== undefined));
      const all = [...(await findPackages()), ...elsewhere.filter((_, index) => there[index])];
      const files = [...new Map(all.map((uri) => [uri.toString(), uri])).values()];
      const sizeOf = async (uri: vscode.Uri) => (await this.summaryOf(uri)).size;
      const sorted = await this.sorted(files, (uri) => uri.path, sizeOf);
      return sorted.map((resourceUri) => ({ kind: 'package', resourceUri }));
    }
    if (node.kind === 'package') {
      const file = node.resourceUri;
      const wasReadUnasked = await this.isReadUnasked(file);
      this.asked.add(file.toString());
      // Its name is known from now on.
      if (!wasReadUnasked) this.redrawSoon();
      return this.childrenOf(file, await this.summaryOf(file));
    }
    if (node.kind === 'entry') {
      const { file, entry, total } = node;
      if (isImage(entry) || entry.isLazy) return this.listInside(file, entry.path);
      return this.entries(file, entry.children ?? [], total);
    }
    if (node.kind === 'inner') return this.listInside(node.file, node.inner.path);
    if (node.kind === 'more') return this.listInside(node.file, node.path, node.from);
    if (node.kind === 'value') {
      const values = Object.entries(node.value ?? {}).filter(([, value]) => value !== null);
      return values.map(([name, value]) => ({ kind: 'value', name, value }));
    }
    return [];
  }

  private async sorted<T>(
    items: readonly T[],
    nameOf: (item: T) => string,
    sizeOf: (item: T) => number | Promise<number>,
  ): Promise<T[]> {
    const byName = (a: T, b: T) => (nameOf(a) < nameOf(b) ? -1 : 1);
    if (this.sortOrder === 'name') return [...items].sort(byName);
    const sizes = new Map(await Promise.all(items.map(async (item) => [item, await sizeOf(item)] as const)));
    return [...items].sort((a, b) => (sizes.get(b) ?? 0) - (sizes.get(a) ?? 0) || byName(a, b));
  }

  private async entries(file: vscode.Uri, entries: readonly EntrySummary[], total: number): Promise<Node[]> {
    const sorted = await this.sorted(
      entries,
      ({ name }) => name,
      ({ size }) => size,
    );
    return sorted.map((entry) => ({ kind: 'entry', file, entry, total }));
  }

  /** What is in an image or in a folder of it, folders first. */
  private async listInside(file: vscode.Uri, path: string, from = 0): Promise<Node[]> {
    try {
      const { children, isCut, findings } = await this.engine.request('list', { file: fileOf(file), path, from });
      const isFolder = ({ kind }: PackageNode) => (kind === 'directory' ? 0 : 1);
      const bySize = this.sortOrder === 'size' ? (a: PackageNode, b: PackageNode) => b.size - a.size : () => 0;
      const sorted = [...children].sort((a, b) => isFolder(a) - isFolder(b) || bySize(a, b));
      const wrong = findings.map(
        ({ message }): Node => ({ kind: 'text', label: message, description: '', icon: 'warning' }),
      );
      const more: Node[] = isCut ? [{ kind: 'more', file, path, from: from + children.length }] : [];
      return [...wrong, ...sorted.map((inner): Node => ({ kind: 'inner', file, inner })), ...more];
    } catch (error) {
      return [{ kind: 'text', label: (error as Error).message, description: '', icon: 'error' }];
    }
  }

  private async childrenOf(file: vscode.Uri, summary: PackageSummary): Promise<Node[]> {
    const { t } = vscode.l10n;
    const { signer, arch, dependencies = [], volumes = [], manifest } = summary;
    const nodes: Node[] = summary.findings
      .filter((found) => found.severity === 'error')
      .map((found) => ({ kind: 'text', label: found.message, description: '', icon: 'error' }));
    if (arch)
      nodes.push({ kind: 'text', label: t('Architectures'), description: arch.join(', '), icon: 'circuit-board' });
    if (signer) {
      const tooltip = t('Public key {0}', signer.publicKey);
      nodes.push({
        kind: 'text',
        label: t('Signed by'),
        description: describeSigner(summary) ?? '',
        icon: 'key',
        tooltip,
      });
    }
    if (dependencies.length > 0) {
      const names = dependencies.map(({ id, optional }) => (optional ? `${id} (${t('optional')})` : id));
      nodes.push({ kind: 'text', label: t('Dependencies'), description: names.join(', '), icon: 'references' });
    }
    if (volumes.length > 0)
      nodes.push({ kind: 'text', label: t('Volumes'), description: volumes.join(', '), icon: 'database' });
    if (manifest) nodes.push({ kind: 'value', name: t('Manifest'), value: manifest, icon: 'json' });
    return [...nodes, ...(await this.entries(file, summary.entries, summary.size))];
  }

  async getTreeItem(node: Node): Promise<vscode.TreeItem> {
    switch (node.kind) {
      case 'package': {
        const file = node.resourceUri;
        const summary = await this.summaryOf(file);
        this.verifyBehind(file);
        const item = packageItem(file, summary, this.verificationOf(file));
        const isElsewhere = this.elsewhere().some((uri) => uri.toString() === file.toString());
        if (isElsewhere) item.contextValue = `${item.contextValue} elsewhere`;
        return item;
      }
      case 'text': {
        const item = new vscode.TreeItem(visibleText(node.label));
        item.description = visibleText(node.description);
        item.iconPath = new vscode.ThemeIcon(node.icon);
        item.tooltip = visibleText(node.tooltip ?? `${node.label} ${node.description}`.trim());
        return item;
      }
      case 'entry':
        return entryItem(node.file, node.entry, node.total, this.verificationOf(node.file));
      case 'inner':
        return innerItem(node.file, node.inner);
      case 'value':
        return valueItem(node.name, node.value, node.icon);
      case 'more':
        return new vscode.TreeItem(vscode.l10n.t('More…'), vscode.TreeItemCollapsibleState.Collapsed);
    }
  }

  private verificationOf(file: vscode.Uri): Verification | undefined {
    return this.known.get(file.toString());
  }

  /** Compares a package that is shown with its hashes, small files first, when those shown before it are done. */
  private verifyBehind(file: vscode.Uri): void {
    const key = file.toString();
    if (this.known.has(key) || !readConfig(file).verifyInBackground) return;
    const checked = new Map<string, boolean>();
    this.known.set(key, { stamp: '', problems: 0, checked });
    const run = async () => {
      const stamp = await stampOf(file);
      if (this.known.get(key)?.checked !== checked || stamp === '') return;
      if (!(await this.isReadUnasked(file))) {
        this.known.delete(key);
        return;
      }
      this.known.set(key, { stamp, problems: 0, checked });
      const answer = await this.engine.request('verify', aboutPackage(file), undefined, {
        onChecked: (path, isGood) => {
          checked.set(path, isGood);
          this.redrawSoon();
        },
      });
      // Somebody else may have verified it meanwhile, or the file may have changed.
      if (this.known.get(key)?.checked === checked) await this.setVerdict(file, stamp, answer);
    };
    this.verifying = this.verifying.then(run).catch(() => this.known.delete(key));
  }

  private redrawSoon(): void {
    this.redraw ??= setTimeout(() => {
      this.redraw = undefined;
      this.changed.fire();
    }, REDRAW_MS);
  }

  handleDrag(nodes: readonly Node[], data: vscode.DataTransfer): void {
    const uris = nodes.flatMap((node) => {
      if (node.kind === 'package') return [node.resourceUri];
      if (node.kind === 'entry') return node.entry.kind === 'missing' ? [] : [uriInPackage(node.file, node.entry.path)];
      return node.kind === 'inner' ? [uriInPackage(node.file, node.inner.path)] : [];
    });
    data.set(URI_LIST, new vscode.DataTransferItem(uris.map((uri) => uri.toString()).join('\r\n')));
  }

  async handleDrop(_target: Node | undefined, data: vscode.DataTransfer): Promise<void> {
    const text = (await data.get(URI_LIST)?.asString()) ?? '';
    const uris = text.split(/\r?\n/).filter((line) => line !== '' && !line.startsWith('#'));
    await this.add(
      uris.map((uri) => vscode.Uri.parse(uri)).filter((uri) => isWorkspaceFile(uri) && /\.s9pk$/i.test(uri.path)),
    );
  }

  private async summaryOf(file: vscode.Uri): Promise<PackageSummary> {
    const key = file.toString();
    const known = this.summaries.get(key);
    if (known) return known;
    if (await this.isReadUnasked(file)) return this.read(file);
    return { size: (await statFile(file))?.size ?? 0, opens: true, findings: [], entries: [] };
  }

  /** What is on no disk is read whole, over whatever there is between: if it is large, only for who wants to see it. */
  private async isReadUnasked(file: vscode.Uri): Promise<boolean> {
    if (isOnDisk(file) || this.asked.has(file.toString())) return true;
    return ((await statFile(file))?.size ?? 0) <= MAX_UNASKED;
  }

  private read(file: vscode.Uri): Promise<PackageSummary> {
    const key = file.toString();
    const known = this.summaries.get(key);
    if (known) return known;
    const summary = this.engine
      .request('describe', aboutPackage(file))
      .catch((error: Error) => unreadableSummary(error.message));
    this.summaries.set(key, summary);
    return summary;
  }

  dispose(): void {
    clearTimeout(this.redraw);
    this.watcher.dispose();
    this.changed.dispose();
    this.forgotten.dispose();
  }
}
