import { type Connection, type Diagnostic, DiagnosticSeverity } from 'vscode-languageserver/node';
import type { Finding } from '../engine/finding.ts';
import type { Severity } from '../engine/finding-codes.ts';
import { pageOfCode } from '../engine/finding-page.ts';
import { followEdit, rangeOfPlace, type TextRange } from '../manifest/language/ranges.ts';
import { shownMessage } from '../manifest/language/shown-message.ts';
import type { Documents } from './documents.ts';

const SEVERITY: Readonly<Record<Severity, DiagnosticSeverity>> = {
  error: DiagnosticSeverity.Error,
  warning: DiagnosticSeverity.Warning,
  info: DiagnosticSeverity.Information,
};

/**
 * Findings as diagnostics of the editor. Each run (checking a text, checking what is around it) replaces what its last
 * run found.
 */
export class FindingBoard {
  private readonly connection: Connection;
  private readonly documents: Documents;
  /** Diagnostics of each run, by path. */
  private readonly runs = new Map<string, ReadonlyMap<string, readonly Diagnostic[]>>();
  private readonly found = new Map<string, readonly Finding[]>();
  /** The last turn of each run: of all that were ever begun, its number. */
  private readonly turns = new Map<string, number>();
  private lastTurn = 0;

  constructor(connection: Connection, documents: Documents) {
    this.connection = connection;
    this.documents = documents;
  }

  /**
   * Shows the findings of a run, and nothing of the last run with the same name.
   * @param fallback the file for findings that are about none
   */
  async replace(run: string, findings: readonly Finding[], fallback: string): Promise<void> {
    const turn = ++this.lastTurn;
    this.turns.set(run, turn);
    const byPath = new Map<string, Diagnostic[]>();
    for (const found of findings) {
      const { file } = found.where;
      const path = file !== undefined && (await this.documents.isFile(file)) ? file : fallback;
      const list = byPath.get(path) ?? [];
      list.push(toDiagnostic(found, await this.rangeOf(found, path)));
      byPath.set(path, list);
    }
    // A run that is slow to place its findings must not overwrite a later one.
    if (this.turns.get(run) !== turn) return;
    this.found.set(run, findings);
    const before = this.runs.get(run);
    this.runs.set(run, byPath);
    this.publish([...(before?.keys() ?? []), ...byPath.keys()]);
  }

  /** Forgets the runs that are not wanted any more. */
  keepOnly(isWanted: (run: string) => boolean): void {
    for (const run of [...this.turns.keys()]) {
      if (isWanted(run)) continue;
      const before = this.runs.get(run);
      this.runs.delete(run);
      this.found.delete(run);
      // What is under way has lost its turn.
      this.turns.delete(run);
      this.publish([...(before?.keys() ?? [])]);
    }
  }

  /** What a run found last, as it was then. */
  findingsOf(run: string): readonly Finding[] {
    return this.found.get(run) ?? [];
  }

  /** Moves what is about a text along with an edit of it. */
  follow(path: string, edited: TextRange, text: string): void {
    for (const [run, byPath] of this.runs) {
      const diagnostics = byPath.get(path);
      if (!diagnostics?.length) continue;
      this.runs.set(run, new Map([...byPath, [path, followEdit(diagnostics, edited, text, moved)]]));
    }
  }

  /** Of a place without an end, the rest of its line. */
  private async rangeOf({ where }: Finding, path: string): Promise<TextRange> {
    const { start, end } = rangeOfPlace(where);
    if (end) return { start, end };
    const line = (await this.documents.readText(path))?.split('\n', start.line + 1)[start.line] ?? '';
    return { start, end: { line: start.line, character: Math.max(start.character, line.trimEnd().length) } };
  }

  private publish(paths: readonly string[]): void {
    for (const path of new Set(paths)) {
      // What two runs say is shown once.
      const all = new Map<string, Diagnostic>();
      for (const byPath of this.runs.values()) {
        for (const item of byPath.get(path) ?? []) {
          const { line, character } = item.range.start;
          all.set(`${item.code} ${line}:${character} ${item.message}`, item);
        }
      }
      const version = this.documents.at(path)?.document.version;
      void this.connection.sendDiagnostics({
        uri: this.documents.uriOf(path),
        diagnostics: [...all.values()],
        ...(version !== undefined && { version }),
      });
    }
  }
}

function toDiagnostic(found: Finding, range: TextRange): Diagnostic {
  const { code, severity } = found;
  return {
    range,
    severity: SEVERITY[severity],
    code,
    codeDescription: { href: pageOfCode(code) },
    source: 's9pk',
    message: shownMessage(found),
  };
}

function moved(diagnostic: Diagnostic, lines: number): Diagnostic {
  const { start, end } = diagnostic.range;
  return {
    ...diagnostic,
    range: { start: { ...start, line: start.line + lines }, end: { ...end, line: end.line + lines } },
  };
}
