import * as vscode from 'vscode';
import { isAddress } from '../../worker/protocol.ts';

/** Set for each bundle: browsers have files of the scheme `file` too, which lie on no disk that a worker could read. */
declare const HAS_DISK: boolean;

/**
 * Manifests know files by their paths. On a disk those are paths of it; in a browser, or where the workspace is a repository
 * elsewhere, they are the paths of the workspace's own addresses.
 */
function elsewhere(): vscode.Uri | undefined {
  const folder = vscode.workspace.workspaceFolders?.[0]?.uri;
  return folder && folder.scheme !== 'file' ? folder : undefined;
}

/** Addresses that were given out: printing one changes the case of its authority, and reading that is another address. */
const given = new Map<string, vscode.Uri>();

/** How the worker knows a package: by its path on the disk, by its address elsewhere. */
export function fileOf(uri: vscode.Uri): string {
  if (isOnDisk(uri)) return uri.fsPath;
  const address = uri.toString();
  given.set(address, uri);
  return address;
}

/** Whether a file lies on a disk of this machine, where it can be changed. */
export function isOnDisk({ scheme }: vscode.Uri): boolean {
  return HAS_DISK && scheme === 'file';
}

/** The address of a path, or of what is an address already. */
export function uriOfPath(path: string): vscode.Uri {
  if (isAddress(path)) return given.get(path) ?? vscode.Uri.parse(path);
  // A drive, or a share: paths of addresses have neither.
  if (/^(?:[a-z]:|\\\\)/i.test(path)) return vscode.Uri.file(path);
  return elsewhere()?.with({ path, query: '', fragment: '' }) ?? vscode.Uri.file(path);
}

/** The path of an address, as `uriOfPath` takes it. */
export function pathOfUri(uri: vscode.Uri): string {
  // In browsers on Windows, fsPath would have its backslashes, and there is no disk.
  return isOnDisk(uri) ? uri.fsPath : uri.path;
}

/** Whether an address is a file of the workspace, or of the disk: not one in a package, in a commit, or nowhere yet. */
export function isWorkspaceFile({ scheme, authority }: vscode.Uri): boolean {
  if (scheme === 'file') return true;
  const folders = vscode.workspace.workspaceFolders ?? [];
  return folders.some(({ uri }) => uri.scheme === scheme && uri.authority === authority);
}
