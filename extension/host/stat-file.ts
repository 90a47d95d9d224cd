import * as vscode from 'vscode';

/** What is known of a file or folder; undefined if it is not there, or cannot be asked about. */
export async function statFile(uri: vscode.Uri): Promise<vscode.FileStat | undefined> {
  return vscode.workspace.fs.stat(uri).then(
    (found) => found,
    () => undefined,
  );
}

/** What tells one state of a file from another; empty if it is gone. */
export async function stampOf(uri: vscode.Uri): Promise<string> {
  const info = await statFile(uri);
  return info ? `${info.mtime} ${info.size}` : '';
}
