import * as vscode from 'vscode';
import { resourceOf } from '../command-argument.ts';
import { isOnDisk } from '../manifest/workspace-paths.ts';
import { plainLabel, say } from '../say.ts';

/** Every package of the workspace. */
export async function findPackages(): Promise<vscode.Uri[]> {
  return vscode.workspace.findFiles('**/*.s9pk', '**/node_modules/**');
}

/** The package that a command is about: the one it was called on, else one of the workspace or of the disk. */
export async function choosePackage(
  argument: unknown,
  title: string,
  except?: vscode.Uri,
): Promise<vscode.Uri | undefined> {
  const given = resourceOf(argument);
  if (given) return given;
  const found = await findPackages();
  const times = await Promise.all(found.map(async (uri) => (await vscode.workspace.fs.stat(uri)).mtime));
  const files = found
    .map((uri, index) => ({ uri, mtime: times[index] ?? 0 }))
    .filter(({ uri }) => uri.toString() !== except?.toString())
    .sort((a, b) => b.mtime - a.mtime);
  const [only] = files;
  if (only && files.length === 1 && !except) return only.uri;
  const another = { label: `$(folder-opened) ${vscode.l10n.t('Another file…')}`, uri: undefined };
  const items = files.map(({ uri, mtime }) => ({
    label: plainLabel(vscode.workspace.asRelativePath(uri)),
    description: new Date(mtime).toLocaleString(vscode.env.language),
    uri,
  }));
  const chosen = items.length === 0 ? another : await vscode.window.showQuickPick([...items, another], { title });
  if (!chosen) return undefined;
  if (chosen.uri) return chosen.uri;
  return choosePackageFile(title);
}

/** A package that the user picks in a dialog, from anywhere. */
export async function choosePackageFile(title: string): Promise<vscode.Uri | undefined> {
  const filters = { [vscode.l10n.t('StartOS packages')]: ['s9pk'] };
  return (await vscode.window.showOpenDialog({ filters, title }))?.[0];
}

/** The same for what changes or writes, which only packages on a disk can be: of another, it says so. */
export async function choosePackageOnDisk(argument: unknown, title: string): Promise<vscode.Uri | undefined> {
  const file = await choosePackage(argument, title);
  if (!file || isOnDisk(file)) return file;
  void say.info(vscode.l10n.t('{0} is on no disk of this computer; save it there first.', file.path));
  return undefined;
}
