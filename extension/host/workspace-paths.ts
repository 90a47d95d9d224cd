import * as vscode from 'vscode';
import { isAddress } from '../worker/protocol.ts';

/**
 * Manifests know files by their paths. On a disk those are paths of it; in a browser, or where the workspace is a repository
 * elsewhere, they are the paths of the workspace's own addresses.
 */
function elsewhere(): vscode.Uri | undefined {
  const folder = vscode.workspace.workspaceFolders?.[0]?.uri;
  return folder && folder.scheme !== 'file' ? folder : undefined;
}

/** The address of a path, or of what is an address already. */
export function uriOfPath(path: string): vscode.Uri {
  if (isAddress(path)) return vscode.Uri.parse(path);
  return elsewhere()?.with({ path, query: '', fragment: '' }) ?? vscode.Uri.file(path);
}

/** The path of an address, as `uriOfPath` takes it. */
export function pathOfUri(uri: vscode.Uri): string {
  return uri.scheme === 'file' ? uri.fsPath : uri.path;
}

/** Whether an address is a file of the workspace, or of the disk: not one in a package, in a commit, or nowhere yet. */
export function isWorkspaceFile({ scheme, authority }: vscode.Uri): boolean {
  if (scheme === 'file') return true;
  const folder = elsewhere();
  return folder !== undefined && folder.scheme === scheme && folder.authority === authority;
}
