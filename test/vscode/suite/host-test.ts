import * as vscode from 'vscode';

export interface HostTest {
  readonly name: string;
  /** Milliseconds; 90 seconds if not given. */
  readonly timeoutMs?: number;
  run(): Promise<void>;
}

/** A path in the folder that holds the workspace's folders. */
export function inWorkspace(...path: string[]): vscode.Uri {
  const folder = vscode.workspace.workspaceFolders?.[0]?.uri;
  if (!folder) throw new Error('no folder is open');
  return vscode.Uri.joinPath(folder, '..', ...path);
}

/** Waits until `condition` gives something, polling; fails with `what` after some seconds. */
export async function eventually<T>(what: string, condition: () => T | undefined | false, seconds = 10): Promise<T> {
  for (const end = Date.now() + seconds * 1000; Date.now() < end; ) {
    const value = condition();
    if (value) return value;
    await new Promise((done) => setTimeout(done, 50));
  }
  throw new Error(`did not happen: ${what}`);
}

/** The errors that we marked on a file. */
export function errorsOf(file: vscode.Uri): vscode.Diagnostic[] {
  return vscode.languages.getDiagnostics(file).filter(isOurError);
}

export function isOurError({ source, severity }: vscode.Diagnostic): boolean {
  return source === 's9pk' && severity === vscode.DiagnosticSeverity.Error;
}

/** The stable code of a diagnostic. */
export function codeOf({ code }: vscode.Diagnostic): string {
  return String(typeof code === 'object' ? code.value : code);
}
