import { basename } from 'node:path';
import * as vscode from 'vscode';
import type { PackageNode } from '../../../engine/browse/package-browser.ts';
import { formatSize } from '../../../engine/format-size.ts';
import { visibleText } from '../../../engine/visible-text.ts';
import type { EntrySummary, PackageSummary, VerifyAnswer } from '../../../worker/protocol.ts';
import { fileOf } from '../../manifest/workspace-paths.ts';
import { markdown, markdownCode } from '../../say.ts';
import { uriInPackage } from '../files.ts';
import type { PackageFacts } from './summaries.ts';

/** What the sidebar shows of packages and of what is in them, as items. */

const VERDICT_ICON: Readonly<Record<VerifyAnswer['verdict'], [icon: string, color: string]>> = {
  verified: ['verified-filled', 'testing.iconPassed'],
  unusual: ['verified', 'list.warningForeground'],
  incomplete: ['warning', 'list.warningForeground'],
  damaged: ['error', 'list.errorForeground'],
  unreadable: ['error', 'list.errorForeground'],
};

/** The icon of file icon themes would be none in those that show no folders, and what is beside it would move. */
const FOLDER = new vscode.ThemeIcon('symbol-folder');

/** What is known of a package's bytes so far. */
export interface Verification {
  readonly verdict?: VerifyAnswer['verdict'];
  /** Errors and warnings that were found. */
  readonly problems: number;
  /** Files whose bytes were compared with their hash, by path. */
  readonly checked: ReadonlyMap<string, boolean>;
}

/** Whether a file has its signed bytes; undefined as long as nobody has looked. */
function isIntact(path: string, known: Verification | undefined): boolean | undefined {
  const hasLooked = known?.verdict !== undefined && known.verdict !== 'unreadable';
  return known?.checked.get(path) ?? (hasLooked || undefined);
}

/** What is shown of a package that could not be read at all. */
export function unreadableSummary(message: string): PackageSummary {
  const found = { code: 'not-s9pk', severity: 'error', message, where: {} } as const;
  return { size: 0, opens: false, entries: [], findings: [found] };
}

/** @param summary undefined as long as the package was not read */
export function packageItem(
  file: vscode.Uri,
  summary: PackageFacts | undefined,
  known: Verification | undefined,
): vscode.TreeItem {
  const { t } = vscode.l10n;
  const name = visibleText(
    summary?.title && summary.version ? `${summary.title} ${summary.version}` : basename(file.path),
  );
  const item = new vscode.TreeItem(name, vscode.TreeItemCollapsibleState.Collapsed);
  item.id = file.toString();
  item.resourceUri = file;
  const facts = summary ? [formatSize(summary.size), basename(file.path)] : [];
  if (summary?.startos !== undefined) facts.push(`StartOS ${summary.startos}`);
  if (summary?.newerSource !== undefined) facts.push(t('older than its sources'));
  if (known && known.problems > 0)
    facts.push(known.problems === 1 ? t('1 problem') : t('{0} problems', known.problems));
  item.description = visibleText(facts.join(', '));
  item.contextValue = summary?.startos === '0.3' ? 'package older' : 'package';
  const { verdict } = known ?? {};
  const [icon, color] = verdict
    ? VERDICT_ICON[verdict]
    : summary?.opens === false
      ? VERDICT_ICON.unreadable
      : ['package', undefined];
  item.iconPath = new vscode.ThemeIcon(icon, color === undefined ? undefined : new vscode.ThemeColor(color));
  item.tooltip = summary ? markdown(describe(file, summary)) : fileOf(file);
  item.accessibilityInformation = {
    label: [name, item.description, verdict && wordFor(verdict)].filter(Boolean).join(', '),
  };
  return item;
}

/** Who signed a package: the key, and what is known of it. */
export function describeSigner({ signer }: Pick<PackageSummary, 'signer'>): string | undefined {
  const { t } = vscode.l10n;
  return signer && `${signer.fingerprint} (${signer.isUnchecked ? t('not checked') : (signer.name ?? t('unknown'))})`;
}

export function wordFor(verdict: VerifyAnswer['verdict']): string {
  const { t } = vscode.l10n;
  const words = {
    verified: t('verified'),
    unusual: t('verified, but unusual'),
    incomplete: t('incomplete'),
    damaged: t('damaged'),
    unreadable: t('unreadable'),
  };
  return words[verdict];
}

export function isImage({ kind, name }: EntrySummary): boolean {
  return kind === 'file' && name.endsWith('.squashfs');
}

/** @param total bytes of the package, of which the entry is a share */
export function entryItem(
  file: vscode.Uri,
  entry: EntrySummary,
  total: number,
  known: Verification | undefined,
): vscode.TreeItem {
  const { t } = vscode.l10n;
  const isFolder = entry.kind === 'directory' || isImage(entry) || entry.isLazy === true;
  const state = isFolder ? vscode.TreeItemCollapsibleState.Collapsed : vscode.TreeItemCollapsibleState.None;
  const item = new vscode.TreeItem(visibleText(entry.name), state);
  // With its address it has the icon of its type, and VS Code knows what is dragged.
  if (entry.kind !== 'missing') item.resourceUri = uriInPackage(file, entry.path);
  const checked = entry.kind === 'file' ? isIntact(entry.path, known) : undefined;
  const share = total > 0 ? (100 * entry.size) / total : 0;
  const parts = entry.kind === 'missing' ? [t('left out')] : [formatSize(entry.size)];
  if (entry.kind !== 'missing' && share >= 0.5) parts.push(`${Math.round(share)} %`);
  const words = checked === undefined ? [] : [checked ? t('intact') : t('damaged')];
  item.description = `${parts.join(', ')}${checked === undefined ? '' : checked ? ' ✓' : ' ✗'}`;
  item.iconPath =
    checked === false
      ? new vscode.ThemeIcon('error', new vscode.ThemeColor('list.errorForeground'))
      : isImage(entry)
        ? new vscode.ThemeIcon('layers')
        : isFolder
          ? FOLDER
          : vscode.ThemeIcon.File;
  item.accessibilityInformation = { label: visibleText([entry.name, ...parts, ...words].join(', ')) };
  item.contextValue = isImage(entry) ? 'image' : entry.kind === 'missing' ? 'missing' : 'entry';
  return item;
}

/** What is wanted of an entry's row once somebody points at it or opens it. */
export function resolveEntryItem(item: vscode.TreeItem, file: vscode.Uri, entry: EntrySummary): void {
  const { label } = item.accessibilityInformation ?? {};
  const folder = entry.path.slice(0, entry.path.length - entry.name.length);
  item.tooltip = visibleText(folder) + (label ?? visibleText(entry.name));
  if (entry.kind === 'file' && !isImage(entry) && entry.isLazy !== true) item.command = opening(file, entry.path);
}

export function innerItem(
  file: vscode.Uri,
  { name, path, kind, size, target, isImage: isInnerImage }: PackageNode,
): vscode.TreeItem {
  // Images are listed so in folders of packages with more names than are read at once.
  const isFolder = kind === 'directory' || isInnerImage;
  const state = isFolder ? vscode.TreeItemCollapsibleState.Collapsed : vscode.TreeItemCollapsibleState.None;
  const item = new vscode.TreeItem(visibleText(name), state);
  if (kind === 'file' || isFolder) item.resourceUri = uriInPackage(file, path);
  if (kind === 'file') item.description = formatSize(size);
  else if (kind === 'symlink') item.description = `→ ${visibleText(target ?? '')}`;
  else if (!isFolder) item.description = kind;
  const icon = kind === 'symlink' ? 'file-symlink-file' : kind === 'file' ? undefined : 'circuit-board';
  item.iconPath = isFolder ? FOLDER : icon ? new vscode.ThemeIcon(icon) : vscode.ThemeIcon.File;
  item.contextValue = isFolder ? 'innerFolder' : kind === 'file' ? 'innerFile' : 'innerOther';
  return item;
}

/** What is wanted of the row of something in an image once somebody points at it or opens it. */
export function resolveInnerItem(item: vscode.TreeItem, file: vscode.Uri, { path, kind, isImage }: PackageNode): void {
  item.tooltip = item.description === undefined ? `${item.label}` : `${item.label}, ${item.description}`;
  if ((kind === 'file' && !isImage) || kind === 'symlink') item.command = opening(file, path);
}

/** A value of the manifest: lists of plain values in a row, whatever else holds values as what can be opened. */
export function valueItem(name: string, value: unknown, icon?: string): vscode.TreeItem {
  const isPlain = (item: unknown) => typeof item !== 'object' || item === null;
  const isRow =
    isPlain(value) || (Array.isArray(value) && value.every(isPlain)) || Object.keys(Object(value)).length === 0;
  const { None, Collapsed } = vscode.TreeItemCollapsibleState;
  const item = new vscode.TreeItem(visibleText(name), isRow ? None : Collapsed);
  if (isPlain(value)) item.description = visibleText(String(value));
  else if (isRow) item.description = visibleText(Object.values(Object(value)).join(', ')) || '–';
  if (icon !== undefined) item.iconPath = new vscode.ThemeIcon(icon);
  item.contextValue = 'value';
  item.tooltip = isRow ? `${item.label}: ${item.description}` : visibleText(name);
  return item;
}

/** Opens a file of a package in the editor that fits it. */
function opening(file: vscode.Uri, path: string): vscode.Command {
  return { title: vscode.l10n.t('Open'), command: 'vscode.open', arguments: [uriInPackage(file, path)] };
}

function describe(file: vscode.Uri, summary: PackageFacts): string {
  const { t } = vscode.l10n;
  const rows = [
    [t('File'), fileOf(file)],
    [t('Id'), summary.id],
    [t('Version'), summary.version],
    [t('Size'), formatSize(summary.size)],
    [t('Architectures'), summary.arch?.join(', ')],
    [t('Root hash'), summary.rootSighash],
    [t('Signer'), describeSigner(summary)],
    [t('Newer than the package'), summary.newerSource],
  ];
  return rows.flatMap(([label, value]) => (value ? [`**${label}** ${markdownCode(value)}`] : [])).join('  \n');
}
