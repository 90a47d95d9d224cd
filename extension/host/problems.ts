import * as vscode from 'vscode';
import type { Finding } from '../engine/finding.ts';

const SEVERITY = {
  error: vscode.DiagnosticSeverity.Error,
  warning: vscode.DiagnosticSeverity.Warning,
  info: vscode.DiagnosticSeverity.Information,
} as const;

/** Diagnostics of one run, by file. */
type RunDiagnostics = ReadonlyMap<string, readonly vscode.Diagnostic[]>;

/**
 * Findings as problem markers. Each run (packing a folder, verifying a file) replaces what its last run found, and
 * editing a line takes away what was said about it, so nothing stale stays.
 */
export class Problems implements vscode.Disposable {
  private readonly collection = vscode.languages.createDiagnosticCollection('s9pk');
  private readonly runs = new Map<string, RunDiagnostics>();
  private readonly edits = vscode.workspace.onDidChangeTextDocument((event) => this.follow(event));

  /**
   * Shows the findings of a run, and nothing of the last run with the same key.
   * @param fallback file for findings that have none, or a folder
   */
  async replace(run: string, findings: readonly Finding[], fallback: vscode.Uri): Promise<void> {
    const byFile = new Map<string, vscode.Diagnostic[]>();
    for (const found of findings) {
      // Information is for the log; a problem is something to mend.
      if (found.severity === 'info') continue;
      const uri = await this.fileOf(found, fallback);
      const list = byFile.get(uri.toString()) ?? [];
      list.push(toDiagnostic(found));
      byFile.set(uri.toString(), list);
    }
    const before = this.runs.get(run);
    this.runs.set(run, byFile);
    this.publish([...(before?.keys() ?? []), ...byFile.keys()]);
  }

  /** Forgets a run: its subject is gone. */
  clear(run: string): void {
    const before = this.runs.get(run);
    this.runs.delete(run);
    this.publish([...(before?.keys() ?? [])]);
  }

  private async fileOf(found: Finding, fallback: vscode.Uri): Promise<vscode.Uri> {
    if (found.where.file === undefined) return fallback;
    const uri = vscode.Uri.file(found.where.file);
    const isFile = await vscode.workspace.fs.stat(uri).then(
      (info) => (info.type & vscode.FileType.Directory) === 0,
      () => false,
    );
    return isFile ? uri : fallback;
  }

  private publish(files: readonly string[]): void {
    for (const file of new Set(files)) {
      const all = [...this.runs.values()].flatMap((run) => run.get(file) ?? []);
      this.collection.set(vscode.Uri.parse(file), all);
    }
  }

  /** Moves markers along with edits above them, and drops those whose own lines are edited. */
  private follow({ document, contentChanges }: vscode.TextDocumentChangeEvent): void {
    const file = document.uri.toString();
    let changed = false;
    for (const [run, byFile] of this.runs) {
      const diagnostics = byFile.get(file);
      if (!diagnostics?.length || contentChanges.length === 0) continue;
      const moved = contentChanges.reduce<readonly vscode.Diagnostic[]>(moveDiagnostics, diagnostics);
      this.runs.set(run, new Map([...byFile, [file, moved]]));
      changed = true;
    }
    if (changed) this.publish([file]);
  }

  dispose(): void {
    this.edits.dispose();
    this.collection.dispose();
  }
}

function moveDiagnostics(
  diagnostics: readonly vscode.Diagnostic[],
  { range: edited, text }: vscode.TextDocumentContentChangeEvent,
): vscode.Diagnostic[] {
  const lines = text.split('\n').length - 1 - (edited.end.line - edited.start.line);
  return diagnostics.flatMap((diagnostic) => {
    if (diagnostic.range.end.line < edited.start.line) return [diagnostic];
    if (diagnostic.range.start.line <= edited.end.line) return [];
    const { start, end } = diagnostic.range;
    const range = new vscode.Range(start.line + lines, start.character, end.line + lines, end.character);
    const moved = Object.assign(new vscode.Diagnostic(range, diagnostic.message, diagnostic.severity), {
      source: diagnostic.source,
      code: diagnostic.code,
    });
    return [moved];
  });
}

function toDiagnostic({ code, severity, message, where }: Finding): vscode.Diagnostic {
  const line = (where.line ?? 1) - 1;
  const column = (where.column ?? 1) - 1;
  const end =
    where.endLine === undefined
      ? new vscode.Position(line, Number.MAX_SAFE_INTEGER)
      : new vscode.Position(where.endLine - 1, (where.endColumn ?? 1) - 1);
  const inside = where.path && !where.path.startsWith('/') ? `${where.path}: ` : '';
  const text = message.includes(where.path ?? '\0') ? message : inside + message;
  const diagnostic = new vscode.Diagnostic(
    new vscode.Range(new vscode.Position(line, column), end),
    text,
    SEVERITY[severity],
  );
  diagnostic.source = 's9pk';
  diagnostic.code = code;
  return diagnostic;
}
