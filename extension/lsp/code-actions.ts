import { type CodeAction, CodeActionKind, type CodeActionParams, type Diagnostic } from 'vscode-languageserver/node';
import type { Finding } from '../engine/finding.ts';
import { combineFixes, safeFixes } from '../manifest/combine-fixes.ts';
import { type Fix, fixesFor, wrapperFolder } from '../manifest/fixes.ts';
import { rangeOfPlace, type TextPosition, type TextRange } from '../manifest/language/ranges.ts';
import type { ManifestReading } from '../manifest/lint-manifest.ts';
import type { TextLinter } from '../manifest/lint-text.ts';
import type { OpenManifests } from '../manifest/open-manifests.ts';
import type { Documents, OpenDocument } from './documents.ts';
import type { Edits } from './edits.ts';
import type { FindingBoard } from './finding-board.ts';

export const FIX_ALL = `${CodeActionKind.SourceFixAll}.s9pk`;

/** Ways to mend what is underlined, and all safe ones at once. */
export class Fixes {
  private readonly documents: Documents;
  private readonly manifests: OpenManifests;
  private readonly linter: TextLinter;
  private readonly board: FindingBoard;
  private readonly edits: Edits;

  constructor(documents: Documents, manifests: OpenManifests, linter: TextLinter, board: FindingBoard, edits: Edits) {
    this.documents = documents;
    this.manifests = manifests;
    this.linter = linter;
    this.board = board;
    this.edits = edits;
  }

  async actions(
    { path }: OpenDocument,
    { range, context: { only, diagnostics } }: CodeActionParams,
    signal: AbortSignal,
  ): Promise<CodeAction[]> {
    const reading = await this.manifests.readFor(path);
    signal.throwIfAborted();
    if (!reading) return [];
    const wants = (kind: string) => !only || only.some((asked) => kind === asked || kind.startsWith(`${asked}.`));
    const findings = await this.findingsIn(path, reading, signal);
    const actions: CodeAction[] = [];
    for (const found of wants(CodeActionKind.QuickFix) ? findings : []) {
      if (!touches(found, range)) continue;
      const mended = diagnostics.filter((item) => isAbout(item, found));
      for (const [index, fix] of fixesFor(found, reading).entries()) {
        const edit = await this.editOf([fix], reading);
        if (!edit) continue;
        actions.push({
          title: fix.title,
          kind: CodeActionKind.QuickFix,
          edit,
          diagnostics: mended,
          ...(index === 0 && fix.isSafe && { isPreferred: true }),
        });
      }
    }
    const isAsked = only?.some((kind) => kind === FIX_ALL || FIX_ALL.startsWith(`${kind}.`)) ?? false;
    if (!isAsked && (actions.length === 0 || !wants(FIX_ALL))) return actions;
    const all = await this.editOf(safeFixes(findings, reading), reading);
    if (!all) return actions;
    return [...actions, { title: 'Fix all safe problems of this manifest', kind: FIX_ALL, edit: all }];
  }

  private async editOf(fixes: readonly Fix[], reading: ManifestReading) {
    return this.edits.ofFixes(await combineFixes(fixes, reading, this.documents.readText));
  }

  /** What is wrong with the document now: its own findings as they are shown, those about the files around as they were last found. */
  private async findingsIn(path: string, reading: ManifestReading, signal: AbortSignal): Promise<Finding[]> {
    const { findings = [] } = (await this.linter.lint(path, this.documents.readText, signal)) ?? {};
    const around = this.board.findingsOf(`wrapper:${wrapperFolder(reading)}`);
    return [...findings, ...around].filter(({ where }) => where.file === path && where.line !== undefined);
  }
}

function touches({ where }: Finding, { start: from, end: to }: TextRange): boolean {
  const { start, end } = rangeOfPlace(where);
  return isBeforeOrAt(start, to) && (end === undefined || isBeforeOrAt(from, end));
}

function isBeforeOrAt(a: TextPosition, b: TextPosition): boolean {
  return a.line < b.line || (a.line === b.line && a.character <= b.character);
}

function isAbout({ code, range }: Diagnostic, found: Finding): boolean {
  const { start } = rangeOfPlace(found.where);
  return code === found.code && range.start.line === start.line && range.start.character === start.character;
}
