import * as vscode from 'vscode';
import type { Checkup } from '../../engine/doctor.ts';
import { visibleLines, visibleText } from '../../engine/visible-text.ts';
import type { Step, StepName } from '../../manifest/wrapper/step.ts';
import { readConfig } from '../config.ts';
import type { EngineClient } from '../engine/client.ts';
import { findWrappers } from '../manifest/wrappers.ts';

type Node =
  | { readonly kind: 'wrapper'; readonly folder: vscode.Uri }
  | { readonly kind: 'step'; readonly folder: vscode.Uri; readonly step: Step }
  | { readonly kind: 'doctor'; readonly folder: vscode.Uri }
  | { readonly kind: 'checkup'; readonly checkup: Checkup };

const ICON = {
  done: ['pass-filled', 'testing.iconPassed'],
  fine: ['pass-filled', 'testing.iconPassed'],
  attention: ['warning', 'list.warningForeground'],
  wanting: ['warning', 'list.warningForeground'],
  todo: ['circle-large-outline', undefined],
  missing: ['error', 'list.errorForeground'],
} as const;

/** Changes come in bursts: a save, a build, a git command. */
const SETTLE_MS = 700;

/** The wrapper that is being made: what is done, what is missing, each with the way to it; and what the doctor says. */
export class WrapperView implements vscode.TreeDataProvider<Node>, vscode.Disposable {
  private readonly changed = new vscode.EventEmitter<void>();
  readonly onDidChangeTreeData = this.changed.event;
  private readonly view: vscode.TreeView<Node>;
  /** Made when the view is shown first: who never looks at it pays for no events. */
  private watcher: vscode.FileSystemWatcher | undefined;
  /** Something changed while nobody looked. */
  private isStale = false;
  private readonly engine: EngineClient;
  private timer: NodeJS.Timeout | undefined;

  constructor(engine: EngineClient) {
    this.engine = engine;
    this.view = vscode.window.createTreeView('s9pk.wrapper', { treeDataProvider: this });
    this.view.onDidChangeVisibility(({ visible }) => {
      if (visible && this.isStale) this.refresh();
    });
  }

  private watch(): void {
    if (this.watcher) return;
    const watcher = vscode.workspace.createFileSystemWatcher('**/*');
    this.watcher = watcher;
    for (const event of [watcher.onDidChange, watcher.onDidCreate, watcher.onDidDelete]) {
      event(({ path }) => {
        if (!/\/(?:node_modules|\.git)\/|\.tmp-/.test(path)) this.refreshSoon();
      });
    }
  }

  refresh(): void {
    this.isStale = false;
    this.changed.fire();
  }

  private refreshSoon(): void {
    this.isStale = true;
    if (!this.view.visible) return;
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.refresh(), SETTLE_MS);
  }

  async getChildren(node?: Node): Promise<Node[]> {
    if (!node) {
      this.watch();
      const wrappers = await findWrappers();
      const [only] = wrappers;
      if (only && wrappers.length === 1) return this.getChildren({ kind: 'wrapper', folder: only });
      return wrappers.map((folder) => ({ kind: 'wrapper', folder }));
    }
    if (node.kind === 'wrapper') {
      const { folder } = node;
      const params = { folder: folder.fsPath, mayRun: vscode.workspace.isTrusted };
      const { steps } = await this.engine.request('checklist', params);
      return [...steps.map((step): Node => ({ kind: 'step', folder, step })), { kind: 'doctor', folder }];
    }
    if (node.kind === 'doctor' && vscode.workspace.isTrusted) {
      const { builder } = readConfig(node.folder);
      const request = { folder: node.folder.fsPath, ...(builder && { builder }) };
      const { checkups } = await this.engine.request('doctor', request);
      return checkups.map((checkup) => ({ kind: 'checkup', checkup }));
    }
    return [];
  }

  getTreeItem(node: Node): vscode.TreeItem {
    const { t } = vscode.l10n;
    const { None, Collapsed, Expanded } = vscode.TreeItemCollapsibleState;
    switch (node.kind) {
      case 'wrapper': {
        const item = new vscode.TreeItem(vscode.workspace.asRelativePath(node.folder), Expanded);
        item.resourceUri = node.folder;
        item.contextValue = 'wrapper';
        return item;
      }
      case 'doctor': {
        const item = new vscode.TreeItem(t('Tools on this machine'), vscode.workspace.isTrusted ? Collapsed : None);
        item.iconPath = new vscode.ThemeIcon('pulse');
        if (!vscode.workspace.isTrusted) item.description = t('looked at in trusted folders only');
        return item;
      }
      case 'checkup': {
        const { what, state, detail, mend } = node.checkup;
        const item = new vscode.TreeItem(what, None);
        item.description = visibleText(detail);
        item.iconPath = iconOf(state);
        item.tooltip = visibleLines(mend === undefined ? detail : `${detail}\n${mend}`);
        item.accessibilityInformation = { label: `${what}: ${detail}${mend === undefined ? '' : `. ${mend}`}` };
        return item;
      }
      case 'step':
        return stepItem(node.folder, node.step);
    }
  }

  dispose(): void {
    clearTimeout(this.timer);
    this.view.dispose();
    this.watcher?.dispose();
    this.changed.dispose();
  }
}

function iconOf(state: keyof typeof ICON): vscode.ThemeIcon {
  const [icon, color] = ICON[state];
  return new vscode.ThemeIcon(icon, color === undefined ? undefined : new vscode.ThemeColor(color));
}

function stepItem(folder: vscode.Uri, { name, state, detail, more, file, line }: Step): vscode.TreeItem {
  const { t } = vscode.l10n;
  const labels: Readonly<Record<StepName, string>> = {
    manifest: t('Manifest'),
    icon: t('Icon'),
    license: t('License'),
    instructions: t('Instructions'),
    images: t('Images'),
    bundle: t('JavaScript bundle'),
    prepare: 'prepare.sh',
    programs: t('Programs of the image'),
    migrations: t('Migrations'),
    key: t('Signing key'),
    git: t('Commit'),
    workspace: t('Workspace'),
  };
  const words = { done: t('done'), attention: t('look at it'), todo: t('to do') };
  const item = new vscode.TreeItem(labels[name]);
  item.description =
    visibleText(detail ?? '') || (name === 'bundle' && state === 'attention' ? t('built when packing') : words[state]);
  item.iconPath = iconOf(state);
  item.tooltip = more === undefined ? `${labels[name]}: ${item.description}` : `${labels[name]}\n${more}`;
  item.accessibilityInformation = { label: `${labels[name]}, ${words[state]}. ${detail ?? ''}` };
  const action = actionOf(folder, {
    name,
    state,
    ...(file !== undefined && { file }),
    ...(line !== undefined && { line }),
  });
  if (action) item.command = action;
  return item;
}

/** What a click on a step does: go where the problem is, or make what is missing. */
function actionOf(folder: vscode.Uri, { name, state, file, line }: Step): vscode.Command | undefined {
  const { t } = vscode.l10n;
  if (name === 'key' && state === 'todo')
    return { title: t('Create Signing Key'), command: 's9pk.createSigningKey', arguments: [folder] };
  if (name === 'git') return { title: t('Source Control'), command: 'workbench.view.scm' };
  if (name === 'key' || file === undefined) return undefined;
  const position = line === undefined ? undefined : new vscode.Range(line - 1, 0, line - 1, 0);
  const options = position ? [{ selection: position }] : [];
  return { title: t('Open'), command: 'vscode.open', arguments: [vscode.Uri.file(file), ...options] };
}
