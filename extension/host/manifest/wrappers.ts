import { basename, dirname } from 'node:path';
import * as vscode from 'vscode';
import { looksLike03, PLAIN_MANIFESTS } from '../../manifest/detect.ts';
import { plainLabel } from '../say.ts';
import { statFile } from '../stat-file.ts';

/** Files whose folder (or its parents, for those in `startos`) is a wrapper. */
export const WRAPPER_FILES =
  '**/{startos/manifest/index.ts,startos/manifest.ts,manifest.json,manifest.yaml,manifest.yml,manifest.toml}';

/**
 * The wrapper folder that a command is about: that of the file or folder it was called on, else that of the active
 * editor, else the one the user picks.
 * @returns `none` if there is no wrapper there; undefined if the user picked none
 */
export async function chooseWrapper(from?: vscode.Uri): Promise<vscode.Uri | 'none' | undefined> {
  const start = from ?? vscode.window.activeTextEditor?.document.uri;
  const around = start?.scheme === 'file' ? await findWrapperAbove(start) : undefined;
  if (around) return around;
  if (from) return 'none';
  const wrappers = await findWrappers();
  if (wrappers.length <= 1) return wrappers[0] ?? 'none';
  const items = wrappers.map((uri) => ({ label: plainLabel(vscode.workspace.asRelativePath(uri)), uri }));
  return (await vscode.window.showQuickPick(items, { title: vscode.l10n.t('Which wrapper?') }))?.uri;
}

/** The nearest folder at or above `uri`, inside the workspace, that is a wrapper. */
export async function findWrapperAbove(uri: vscode.Uri): Promise<vscode.Uri | undefined> {
  const top = vscode.workspace.getWorkspaceFolder(uri)?.uri.fsPath;
  if (top === undefined) return undefined;
  for (let path = uri.fsPath; path.startsWith(top); path = dirname(path)) {
    const folder = vscode.Uri.file(path);
    if (await isWrapper(folder)) return folder;
    if (path === dirname(path)) break;
  }
  return undefined;
}

/** Every wrapper of the workspace, by path. */
export async function findWrappers(): Promise<vscode.Uri[]> {
  const files = await vscode.workspace.findFiles(WRAPPER_FILES, '**/{node_modules,javascript}/**', 200);
  const folders = new Map<string, vscode.Uri>();
  for (const file of files) {
    // Wrappers elsewhere can be edited, but not packed.
    if (file.scheme !== 'file') continue;
    const folder = vscode.Uri.file(
      file.fsPath.replace(/[\\/](?:startos[\\/]manifest(?:[\\/]index)?\.ts|manifest\.(?:json|ya?ml|toml))$/, ''),
    );
    if (await isWrapper(folder)) folders.set(folder.fsPath, folder);
  }
  return [...folders.values()].sort((a, b) => (a.fsPath < b.fsPath ? -1 : 1));
}

/** Bytes of a manifest that are looked at. */
const MAX_MANIFEST = 1 << 20;

/** A folder with `startos/`, a plain manifest with a JavaScript bundle beside it, or one of StartOS 0.3. */
async function isWrapper(folder: vscode.Uri): Promise<boolean> {
  const has = (...path: string[]) => exists(vscode.Uri.joinPath(folder, ...path));
  if ((await has('startos', 'manifest')) || (await has('startos', 'manifest.ts'))) return true;
  const isPlain = (await Promise.all(PLAIN_MANIFESTS.map((name) => has(name)))).includes(true);
  return isPlain && ((await has('javascript')) || (await olderManifestIn(folder)) !== undefined);
}

/**
 * For which StartOS a wrapper is to be packed, where its folder holds a manifest for each: that of the file that is meant, else
 * what the user says.
 * @returns `only` if there is nothing to choose; undefined if the user chose nothing
 */
export async function chooseGeneration(
  wrapper: vscode.Uri,
  from: vscode.Uri | undefined,
): Promise<'0.3' | '0.4' | 'only' | undefined> {
  const older = await olderManifestIn(wrapper);
  const hasNewer =
    (await exists(vscode.Uri.joinPath(wrapper, 'startos', 'manifest'))) ||
    (await exists(vscode.Uri.joinPath(wrapper, 'startos', 'manifest.ts')));
  if (!older || !hasNewer) return 'only';
  const meant = from ?? vscode.window.activeTextEditor?.document.uri;
  if (meant?.fsPath === older.fsPath) return '0.3';
  if (meant?.fsPath.startsWith(vscode.Uri.joinPath(wrapper, 'startos').fsPath)) return '0.4';
  const { t } = vscode.l10n;
  const items = [
    { label: 'StartOS 0.4', description: 'startos/manifest', generation: '0.4' as const },
    { label: 'StartOS 0.3', description: plainLabel(basename(older.fsPath)), generation: '0.3' as const },
  ];
  return (await vscode.window.showQuickPick(items, { title: t('Pack for which StartOS?') }))?.generation;
}

/** The manifest for StartOS 0.3 in a folder. */
async function olderManifestIn(folder: vscode.Uri): Promise<vscode.Uri | undefined> {
  for (const name of PLAIN_MANIFESTS) {
    const file = vscode.Uri.joinPath(folder, name);
    const info = await statFile(file);
    if (!info) continue;
    if (info.size > MAX_MANIFEST) return undefined;
    return looksLike03(new TextDecoder().decode(await vscode.workspace.fs.readFile(file))) ? file : undefined;
  }
  return undefined;
}

/** The file in which the manifest of the wrapper at `folder` is edited; undefined if the folder is not a wrapper. */
export async function findManifestFile(folder: vscode.Uri): Promise<vscode.Uri | undefined> {
  if (!(await isWrapper(folder))) return undefined;
  for (const name of ['startos/manifest/index.ts', 'startos/manifest.ts', ...PLAIN_MANIFESTS]) {
    const file = vscode.Uri.joinPath(folder, name);
    if (await exists(file)) return file;
  }
  return undefined;
}

/** Tells menus which folders are wrappers, so that they offer our commands there and nowhere else. */
export async function markWrappers(): Promise<void> {
  const wrappers = await findWrappers();
  const paths = wrappers.map((uri) => uri.fsPath);
  await vscode.commands.executeCommand('setContext', 's9pk.wrapperFolders', paths);
  await vscode.commands.executeCommand('setContext', 's9pk.hasWrapper', paths.length > 0);
}

async function exists(uri: vscode.Uri): Promise<boolean> {
  return (await statFile(uri)) !== undefined;
}
