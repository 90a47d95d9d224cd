import * as vscode from 'vscode';
import type { PackageNode } from '../../../engine/browse/package-browser.ts';
import { visibleText } from '../../../engine/visible-text.ts';
import type { EntrySummary, PackageSummary, VerifyAnswer } from '../../../worker/protocol.ts';
import { aboutPackage } from '../../config.ts';
import type { EngineClient } from '../../engine/client.ts';
import { fileOf, isOnDisk, isWorkspaceFile } from '../../manifest/workspace-paths.ts';
import { statFile } from '../../stat-file.ts';
import { findPackages } from '../choose-package.ts';
import { uriInPackage } from '../files.ts';
import {
  describeSigner,
  entryItem,
  innerItem,
  isImage,
  packageItem,
  resolveEntryItem,
  resolveInnerItem,
  unreadableSummary,
  valueItem,
} from './items.ts';
import { Quiet } from './quiet.ts';
import { type PackageFacts, Summaries } from './summaries.ts';
import { Verifications } from './verifications.ts';

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

type UriParts = Parameters<typeof vscode.Uri.from>[0];

/** In place of the address of one package: all rows. */
const EVERYTHING = '';
const URI_LIST = 'text/uri-list';
/** Where the workspace remembers packages that are shown though they are not in it. */
const ELSEWHERE = 's9pk.packagesElsewhere';
/** Bytes of a package on no disk that is shown without having been asked for. */
const MAX_UNASKED = 64 << 20;
/** Changes one after the other are shown together. */
const REDRAW_MS = 300;
/** How long rows wait for what packages say of themselves; those of many packages are drawn again when it is known. */
const FIRST_LOOK_MS = 50;

/** The sidebar's tree: every package of the workspace, and those that were opened or dropped, with what is in them. */
export class PackagesTree
  implements vscode.TreeDataProvider<Node>, vscode.TreeDragAndDropController<Node>, vscode.Disposable
{
  readonly dragMimeTypes = [URI_LIST];
  readonly dropMimeTypes = [URI_LIST];
  private readonly changed = new vscode.EventEmitter<Node[] | undefined>();
  readonly onDidChangeTreeData = this.changed.event;
  private readonly forgotten = new vscode.EventEmitter<vscode.Uri>();
  /** Fires when what is known about a package no longer holds: it changed, or it is gone. */
  readonly onDidForget = this.forgotten.event;
  private readonly summaries: Summaries<vscode.Uri>;
  private readonly verifications: Verifications;
  /** The packages of the workspace, until one is made or goes. */
  private found: Promise<vscode.Uri[]> | undefined;
  /** The rows of packages that are shown, by address: VS Code knows them by the objects that they are. */
  private rows = new Map<string, Node>();
  private readonly watcher = vscode.workspace.createFileSystemWatcher('**/*.s9pk');
  private readonly folders: vscode.Disposable;
  private readonly quiet = new Quiet();
  private readonly engine: EngineClient;
  private readonly memory: vscode.Memento;
  /** Packages that somebody opened: they are read, however large and far away they are. */
  private readonly asked = new Set<string>();
  private sortOrder: SortOrder = 'name';
  private redraw: NodeJS.Timeout | undefined;
  /** Packages whose rows are drawn again next. */
  private readonly stale = new Set<string>();

  constructor(engine: EngineClient, memory: vscode.Memento) {
    this.engine = engine;
    this.memory = memory;
    this.summaries = new Summaries(
      (file) =>
        engine.request('describe', aboutPackage(file)).catch((error: Error) => unreadableSummary(error.message)),
      this.quiet,
    );
    this.verifications = new Verifications(
      engine,
      (file) => this.isReadUnasked(file),
      (file) => this.redrawSoon(file),
      this.quiet,
    );
    const onList = () => {
      this.found = undefined;
      this.redrawSoon();
    };
    this.watcher.onDidChange((uri) => void this.forget(uri));
    for (const event of [this.watcher.onDidCreate, this.watcher.onDidDelete]) {
      event((uri) => {
        onList();
        void this.forget(uri);
      });
    }
    this.folders = vscode.workspace.onDidChangeWorkspaceFolders(onList);
  }

  refresh(): void {
    this.summaries.clear();
    this.verifications.clear();
    this.found = undefined;
    this.changed.fire(undefined);
  }

  async sort(order: SortOrder): Promise<void> {
    this.sortOrder = order;
    await vscode.commands.executeCommand('setContext', 's9pk.sortOrder', order);
    this.changed.fire(undefined);
  }

  /** Shows a package from anywhere, until it is removed from the list. */
  async add(files: readonly vscode.Uri[]): Promise<void> {
    const inside = new Set((await this.inWorkspace()).map((uri) => uri.toString()));
    const all = [...this.elsewhere(), ...files.filter((uri) => !inside.has(uri.toString()))];
    await this.remember(new Map(all.map((uri) => [uri.toString(), uri])).values());
    this.changed.fire(undefined);
  }

  async remove(file: vscode.Uri): Promise<void> {
    await this.remember(this.elsewhere().filter((uri) => uri.toString() !== file.toString()));
    this.changed.fire(undefined);
  }

  private inWorkspace(): Promise<vscode.Uri[]> {
    this.found ??= findPackages();
    // What failed once is tried again.
    this.found.catch(() => {
      this.found = undefined;
    });
    return this.found;
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
  async setVerdict(file: vscode.Uri, stamp: string, answer: VerifyAnswer): Promise<void> {
    if (!(await this.verifications.set(file, stamp, answer))) await this.forget(file);
  }

  /** Takes back what is known of a package; nothing is read of any other. */
  private async forget(file: vscode.Uri): Promise<void> {
    this.summaries.forget(file);
    if (await this.verifications.forget(file)) this.forgotten.fire(file);
    this.redrawSoon(file);
  }

  async getChildren(node?: Node): Promise<Node[]> {
    if (!node) {
      const elsewhere = this.elsewhere();
      const there = await Promise.all(elsewhere.map(async (uri) => (await statFile(uri)) !== undefined));
      const all = [...(await this.inWorkspace()), ...elsewhere.filter((_, index) => there[index])];
      const files = [...new Map(all.map((uri) => [uri.toString(), uri])).values()];
      const sizeOf = async (uri: vscode.Uri) => (await statFile(uri))?.size ?? 0;
      const sorted = await this.sorted(files, (uri) => uri.path, sizeOf);
      this.rows = new Map(sorted.map((resourceUri) => [resourceUri.toString(), { kind: 'package', resourceUri }]));
      return [...this.rows.values()];
    }
    this.quiet.disturb();
    if (node.kind === 'package') {
      const file = node.resourceUri;
      this.asked.add(file.toString());
      const wasKnown = this.summaries.known(file) !== undefined;
      const children = this.childrenOf(file, await this.summaries.of(file));
      this.verifications.behind(file, true);
      // Its name is known from now on.
      if (!wasKnown) this.redrawSoon(file);
      return children;
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
    const more: Node[] = summary.isCut ? [{ kind: 'more', file, path: '', from: summary.entries.length }] : [];
    return [...nodes, ...(await this.entries(file, summary.entries, summary.size)), ...more];
  }

  async getTreeItem(node: Node): Promise<vscode.TreeItem> {
    switch (node.kind) {
      case 'package': {
        const file = node.resourceUri;
        const facts = await this.factsSoon(file);
        this.verifications.behind(file, this.asked.has(file.toString()));
        const item = packageItem(file, facts, this.verifications.of(file));
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
      // Without ids of their own: with them a row once did not open, perhaps since VS Code refuses ids that it still knows.
      case 'entry':
        return entryItem(node.file, node.entry, node.total, this.verifications.of(node.file));
      case 'inner':
        return innerItem(node.file, node.inner);
      case 'value':
        return valueItem(node.name, node.value, node.icon);
      case 'more':
        return new vscode.TreeItem(vscode.l10n.t('More…'), vscode.TreeItemCollapsibleState.Collapsed);
    }
  }

  /** Rows of images come by the thousand: what is not seen of them is made for those that somebody points at or opens. */
  resolveTreeItem(item: vscode.TreeItem, node: Node): vscode.TreeItem {
    if (node.kind === 'entry') resolveEntryItem(item, node.file, node.entry);
    else if (node.kind === 'inner') resolveInnerItem(item, node.file, node.inner);
    return item;
  }

  /** Draws the row of a package again, and what is open below it, or all rows: with others that change meanwhile. */
  private redrawSoon(file?: vscode.Uri): void {
    const key = file?.toString();
    // What is on no list yet may belong on one, and sizes decide about places.
    const isRow = key !== undefined && this.rows.has(key) && this.sortOrder !== 'size';
    this.stale.add(isRow ? key : EVERYTHING);
    this.redraw ??= setTimeout(() => {
      this.redraw = undefined;
      const rows = [...this.stale].flatMap((stale) => this.rows.get(stale) ?? []);
      const isAll = this.stale.has(EVERYTHING);
      this.stale.clear();
      this.changed.fire(isAll ? undefined : rows);
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

  /** What is known of a package by now or in a moment; its row is drawn again once more is. */
  private async factsSoon(file: vscode.Uri): Promise<PackageFacts | undefined> {
    const known = this.summaries.known(file);
    if (known) return known;
    if (!(await this.isReadUnasked(file))) return { size: (await statFile(file))?.size ?? 0, opens: true };
    let isLate = false;
    const facts = this.summaries.factsOf(file).then((read) => {
      if (isLate) this.redrawSoon(file);
      return read;
    });
    const late = new Promise<undefined>((done) => {
      setTimeout(() => {
        isLate = true;
        done(undefined);
      }, FIRST_LOOK_MS);
    });
    return Promise.race([facts, late]);
  }

  /** What is on no disk is read whole, over whatever there is between: if it is large, only for who wants to see it. */
  private async isReadUnasked(file: vscode.Uri): Promise<boolean> {
    if (isOnDisk(file) || this.asked.has(file.toString())) return true;
    return ((await statFile(file))?.size ?? 0) <= MAX_UNASKED;
  }

  dispose(): void {
    clearTimeout(this.redraw);
    this.watcher.dispose();
    this.folders.dispose();
    this.changed.dispose();
    this.forgotten.dispose();
  }
}
