import * as vscode from 'vscode';
import type { Finding } from '../engine/finding.ts';
import { followEdit } from '../manifest/language/ranges.ts';
import { shownMessage } from '../manifest/language/shown-message.ts';
import { rangeOf } from './manifest/manifests.ts';
import { uriOfPath } from './manifest/workspace-paths.ts';
import { statFile } from './stat-file.ts';

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
  private readonly findings = new Map<string, readonly Finding[]>();
  /** How often each run was replaced or cleared. */
  private readonly turns = new Map<string, number>();
  private readonly edits = vscode.workspace.onDidChangeTextDocument((event) => this.follow(event));

  /**
   * Shows the findings of a run, and nothing of the last run with the same key.
   * @param run what was done, a colon, and the path of the file or folder that it was done with
   * @param fallback file for findings that have none, or a folder
   */
  async replace(
    run: string,
    findings: readonly Finding[],
    fallback: vscode.Uri,
    { withInfo = false } = {},
  ): Promise<void> {
    // A run that is slow to place its findings must not overwrite a later one.
    const turn = (this.turns.get(run) ?? 0) + 1;
    this.turns.set(run, turn);
    const isFile = await this.areFiles(findings);
    if (this.turns.get(run) !== turn) return;
    this.findings.set(run, findings);
    const byFile = new Map<string, vscode.Diagnostic[]>();
    for (const found of findings) {
      // Information about a run is for the log; about a text that is being written it is for the writer.
      if (found.severity === 'info' && !withInfo) continue;
      const uri =
        found.where.file !== undefined && isFile.has(found.where.file) ? uriOfPath(found.where.file) : fallback;
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
    this.turns.set(run, (this.turns.get(run) ?? 0) + 1);
    const before = this.runs.get(run);
    this.runs.delete(run);
    this.findings.delete(run);
    this.publish([...(before?.keys() ?? [])]);
  }

  /** Forgets the runs with a prefix whose subjects are not among those. */
  keepOnly(prefix: string, subjects: ReadonlySet<string>): void {
    for (const run of [...this.runs.keys()]) {
      if (run.startsWith(prefix) && !subjects.has(run.slice(prefix.length))) this.clear(run);
    }
  }

  /** Forgets the runs whose subject, a file or a folder, was deleted, moved or renamed. */
  async forgetGone(): Promise<void> {
    for (const run of [...this.runs.keys()]) {
      const subject = run.slice(run.indexOf(':') + 1);
      if (!(await statFile(uriOfPath(subject)))) this.clear(run);
    }
  }

  /** What a run found last, as it was then. */
  findingsOf(run: string): readonly Finding[] {
    return this.findings.get(run) ?? [];
  }

  /** Which of the places that findings name are files. */
  private async areFiles(findings: readonly Finding[]): Promise<ReadonlySet<string>> {
    const paths = new Set(findings.flatMap(({ where }) => where.file ?? []));
    const checked = await Promise.all(
      [...paths].map(async (path) => {
        const info = await statFile(uriOfPath(path));
        return info && (info.type & vscode.FileType.Directory) === 0 ? [path] : [];
      }),
    );
    return new Set(checked.flat());
  }

  private publish(files: readonly string[]): void {
    for (const file of new Set(files)) {
      // Packing says again what is underlined already; once is enough.
      const all = new Map<string, vscode.Diagnostic>();
      for (const run of this.runs.values()) {
        for (const item of run.get(file) ?? [])
          all.set(`${codeOf(item)} ${item.range.start.line}:${item.range.start.character} ${item.message}`, item);
      }
      this.collection.set(vscode.Uri.parse(file), [...all.values()]);
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
  return followEdit(diagnostics, edited, text, (diagnostic, lines) => {
    const { start, end } = diagnostic.range;
    const range = new vscode.Range(start.line + lines, start.character, end.line + lines, end.character);
    return Object.assign(new vscode.Diagnostic(range, diagnostic.message, diagnostic.severity), {
      source: diagnostic.source,
      code: diagnostic.code,
    });
  });
}

/** The stable code of one of our diagnostics. */
export function codeOf({ code }: vscode.Diagnostic): string {
  return String(typeof code === 'object' ? code.value : code);
}

function toDiagnostic(found: Finding): vscode.Diagnostic {
  const { code, severity, where } = found;
  const diagnostic = new vscode.Diagnostic(rangeOf(where), shownMessage(found), SEVERITY[severity]);
  diagnostic.source = 's9pk';
  const explain = `command:s9pk.explainFinding?${encodeURIComponent(JSON.stringify([code]))}`;
  diagnostic.code = { value: code, target: vscode.Uri.parse(explain) };
  return diagnostic;
}
