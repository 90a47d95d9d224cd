import { basename } from 'node:path';
import * as vscode from 'vscode';
import type { Difference, ManifestDifference } from '../../engine/browse/compare.ts';
import { formatSize } from '../../engine/format-size.ts';
import { visibleLines, visibleText } from '../../engine/visible-text.ts';
import type { CompareAnswer } from '../../worker/protocol.ts';
import { uriInPackage } from './files.ts';

type Node =
  | { readonly kind: 'group'; readonly label: string; readonly description: string; readonly children: readonly Node[] }
  | { readonly kind: 'value'; readonly difference: ManifestDifference }
  | { readonly kind: 'file'; readonly difference: Difference };

interface Shown {
  readonly before: vscode.Uri;
  readonly after: vscode.Uri;
  readonly answer: CompareAnswer;
}

const ICON = {
  added: ['diff-added', 'gitDecoration.addedResourceForeground'],
  removed: ['diff-removed', 'gitDecoration.deletedResourceForeground'],
  changed: ['diff-modified', 'gitDecoration.modifiedResourceForeground'],
} as const;

/** The view of what differs between two packages: the manifest by meaning, files down to those in images. */
export class Comparison implements vscode.TreeDataProvider<Node>, vscode.Disposable {
  private readonly changed = new vscode.EventEmitter<void>();
  readonly onDidChangeTreeData = this.changed.event;
  private readonly view: vscode.TreeView<Node>;
  private shown: Shown | undefined;
  private groups: readonly Node[] = [];

  constructor() {
    this.view = vscode.window.createTreeView('s9pk.comparison', { treeDataProvider: this, showCollapseAll: true });
  }

  async show(shown: Shown): Promise<void> {
    this.shown = shown;
    this.groups = groupsOf(shown.answer);
    this.view.description = `${basename(shown.before.path)} → ${basename(shown.after.path)}`;
    await vscode.commands.executeCommand('setContext', 's9pk.hasComparison', true);
    this.changed.fire();
    await vscode.commands.executeCommand('s9pk.comparison.focus');
    const [first] = this.groups;
    if (first) await this.view.reveal(first, { focus: true, select: false });
  }

  async close(): Promise<void> {
    this.shown = undefined;
    this.groups = [];
    await vscode.commands.executeCommand('setContext', 's9pk.hasComparison', false);
    this.changed.fire();
  }

  getChildren(node?: Node): Node[] {
    if (!node) return [...this.groups];
    return node.kind === 'group' ? [...node.children] : [];
  }

  /** Only groups are revealed, and they are in nothing. */
  getParent(): undefined {
    return undefined;
  }

  getTreeItem(node: Node): vscode.TreeItem {
    if (node.kind === 'group') {
      const { None, Expanded, Collapsed } = vscode.TreeItemCollapsibleState;
      const count = node.children.length;
      const item = new vscode.TreeItem(
        visibleText(node.label),
        count === 0 ? None : count <= 100 ? Expanded : Collapsed,
      );
      item.description = visibleText(node.description);
      return item;
    }
    return node.kind === 'value' ? valueItem(node.difference) : this.fileItem(node.difference);
  }

  private fileItem(difference: Difference): vscode.TreeItem {
    const { path, change, what, before, after } = difference;
    const image = imageOf(path);
    const item = new vscode.TreeItem(
      (image === undefined ? path : path.slice(image.length + 1)).split('/').map(visibleText).join('/'),
    );
    const sizes = [before, after].flatMap((size) => (size === undefined ? [] : formatSize(size)));
    const why = what.filter((reason) => reason !== 'content').join(', ');
    item.description = [sizes.join(' → '), why].filter((text) => text !== '').join(', ');
    const [icon, color] = ICON[change];
    item.iconPath = new vscode.ThemeIcon(icon, new vscode.ThemeColor(color));
    item.tooltip = `${visibleText(path)}\n${wordFor(change)} ${item.description}`;
    item.accessibilityInformation = { label: `${wordFor(change)}: ${path}, ${item.description}` };
    const command = this.shown && opening(this.shown, difference);
    if (command) item.command = command;
    return item;
  }

  dispose(): void {
    this.view.dispose();
    this.changed.dispose();
  }
}

/** The manifest, the files of the package itself, and each image that has differences. */
function groupsOf({ manifest, files, isCut, findings }: CompareAnswer): Node[] {
  const { t } = vscode.l10n;
  const values = manifest.map((difference): Node => ({ kind: 'value', difference }));
  const groups: Node[] = [];
  if (values.length > 0)
    groups.push({
      kind: 'group',
      label: t('Manifest'),
      description: t('{0} values', values.length),
      children: values,
    });
  for (const [root, differences] of byImage(files)) {
    const children = differences.map((difference): Node => ({ kind: 'file', difference }));
    groups.push({ kind: 'group', label: root, description: summarize(differences), children });
  }
  for (const { message, where } of findings)
    groups.push({ kind: 'group', label: `${where.path}: ${message}`, description: '', children: [] });
  if (groups.length === 0)
    return [{ kind: 'group', label: t('There is no difference.'), description: '', children: [] }];
  if (isCut)
    groups.push({
      kind: 'group',
      label: t('There are more differences than are shown.'),
      description: '',
      children: [],
    });
  return groups;
}

/** Opens two states of a file side by side, or the one there is; undefined for what is no file. */
function opening({ before, after }: Shown, { path, paths }: Difference): vscode.Command | undefined {
  const old = paths.before === undefined ? undefined : uriInPackage(before, paths.before);
  const fresh = paths.after === undefined ? undefined : uriInPackage(after, paths.after);
  const title = vscode.l10n.t('Open');
  if (old && fresh) {
    const name = `${basename(path)} (${basename(before.path)} ↔ ${basename(after.path)})`;
    return { title, command: 'vscode.diff', arguments: [old, fresh, name] };
  }
  const only = fresh ?? old;
  return only && { title, command: 'vscode.open', arguments: [only] };
}

function valueItem({ path, before, after }: ManifestDifference): vscode.TreeItem {
  const item = new vscode.TreeItem(visibleText(path));
  const nothing = vscode.l10n.t('nothing');
  item.description = visibleText(`${before ?? nothing} → ${after ?? nothing}`);
  const change = before === undefined ? 'added' : after === undefined ? 'removed' : 'changed';
  const [icon, color] = ICON[change];
  item.iconPath = new vscode.ThemeIcon(icon, new vscode.ThemeColor(color));
  item.tooltip = visibleLines(`${path}\n${before ?? nothing}\n→ ${after ?? nothing}`);
  item.accessibilityInformation = { label: `${wordFor(change)}: ${path}, ${item.description}` };
  return item;
}

function wordFor(change: Difference['change']): string {
  const words = { added: vscode.l10n.t('Added'), removed: vscode.l10n.t('Removed'), changed: vscode.l10n.t('Changed') };
  return words[change];
}

/** Differences by the image that they are in; what is in none stands first. */
function byImage(files: readonly Difference[]): Map<string, Difference[]> {
  const groups = new Map<string, { readonly label: string; readonly differences: Difference[] }>();
  for (const difference of files) {
    const label = imageOf(difference.path) ?? vscode.l10n.t('Files of the package');
    // The same image has two names, if one package is for 0.3 and the other for 0.4.
    const key = label.replace(/\.squashfs$/, '');
    const group = groups.get(key);
    if (group) group.differences.push(difference);
    else groups.set(key, { label, differences: [difference] });
  }
  return new Map([...groups.values()].map(({ label, differences }) => [label, differences]));
}

/** The image that a path leads into: a squashfs image, or one of a package for 0.3 as it is laid out for comparing. */
function imageOf(path: string): string | undefined {
  return /^(?:.*?\.squashfs|images\/[^/]+\/[^/]+)(?=\/)/s.exec(path)?.[0];
}

function summarize(differences: readonly Difference[]): string {
  const count = (change: Difference['change']) => differences.filter((one) => one.change === change).length;
  return (['added', 'removed', 'changed'] as const)
    .flatMap((change) => (count(change) === 0 ? [] : `${count(change)} ${wordFor(change).toLowerCase()}`))
    .join(', ');
}
