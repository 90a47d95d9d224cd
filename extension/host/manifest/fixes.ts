import * as vscode from 'vscode';
import type { Finding } from '../../engine/finding.ts';
import type { Fix } from '../../manifest/service.ts';
import { codeOf, type Problems } from '../problems.ts';
import { say } from '../say.ts';
import {
  DATA_MANIFESTS,
  type Manifests,
  type OpenManifest,
  rangeOf,
  readText,
  toRange,
  WRAPPER_CODE,
} from './manifests.ts';
import type { TextLints } from './text-lints.ts';
import { pathOfUri, uriOfPath } from './workspace-paths.ts';

const FIX_ALL = vscode.CodeActionKind.SourceFixAll.append('s9pk');

/** Light bulbs: ways to mend what is underlined, and all safe ones at once. */
export class ManifestFixes implements vscode.CodeActionProvider {
  static register(manifests: Manifests, lints: TextLints, problems: Problems): vscode.Disposable {
    const selector = [DATA_MANIFESTS, WRAPPER_CODE].flat() as vscode.DocumentFilter[];
    const providedCodeActionKinds = [vscode.CodeActionKind.QuickFix, FIX_ALL];
    const fixes = new ManifestFixes(manifests, lints, problems);
    return vscode.languages.registerCodeActionsProvider(selector, fixes, { providedCodeActionKinds });
  }

  private readonly manifests: Manifests;
  private readonly lints: TextLints;
  private readonly problems: Problems;

  constructor(manifests: Manifests, lints: TextLints, problems: Problems) {
    this.manifests = manifests;
    this.lints = lints;
    this.problems = problems;
  }

  async provideCodeActions(
    document: vscode.TextDocument,
    range: vscode.Range,
    context: vscode.CodeActionContext,
  ): Promise<vscode.CodeAction[]> {
    const manifest = await this.manifests.readFor(document);
    if (!manifest) return [];
    const findings = await this.findingsIn(document, manifest);
    const actions: vscode.CodeAction[] = [];
    for (const found of findings.filter(({ where }) => rangeOf(where).intersection(range))) {
      const fixes = manifest.service.fixesFor(found, manifest.reading);
      for (const [index, fix] of fixes.entries()) {
        const action = new vscode.CodeAction(fix.title, vscode.CodeActionKind.QuickFix);
        action.edit = await toEdit([fix], manifest);
        action.isPreferred = index === 0 && fix.isSafe;
        action.diagnostics = context.diagnostics.filter(
          (item) => codeOf(item) === found.code && item.range.isEqual(rangeOf(found.where)),
        );
        actions.push(action);
      }
    }
    const safe = safeFixes(findings, manifest);
    if (safe.length > 0 && (actions.length > 0 || context.only?.contains(FIX_ALL))) {
      const all = new vscode.CodeAction(vscode.l10n.t('Fix all safe problems of this manifest'), FIX_ALL);
      all.edit = await toEdit(safe, manifest);
      actions.push(all);
      if (actions.length > 1) {
        const shown = new vscode.CodeAction(all.title, vscode.CodeActionKind.QuickFix);
        shown.edit = all.edit;
        actions.push(shown);
      }
    }
    return actions;
  }

  /** What is wrong with the document now: its own findings afresh, those about the files around as they were last found. */
  private async findingsIn(
    document: vscode.TextDocument,
    { service, reading }: OpenManifest,
  ): Promise<readonly Finding[]> {
    const file = pathOfUri(document.uri);
    const own = await this.lints.of(document);
    const around = this.problems.findingsOf(`wrapper:${service.wrapperFolder(reading)}`);
    return [...(own?.findings ?? []), ...around].filter(({ where }) => where.file === file && where.line !== undefined);
  }
}

/** The fixes that cannot be wrong, one a finding. */
function safeFixes(findings: readonly Finding[], { service, reading }: OpenManifest): Fix[] {
  return findings.flatMap((found) => service.fixesFor(found, reading).find(({ isSafe }) => isSafe) ?? []);
}

/** The edits of fixes, for the texts as they were read: what was changed since is left alone. */
async function toEdit(fixes: readonly Fix[], { reading }: OpenManifest): Promise<vscode.WorkspaceEdit> {
  const texts = new Map(reading.modules.all().map(({ file, text }) => [file, text.text]));
  const edit = new vscode.WorkspaceEdit();
  const taken: { file: string; start: number; end: number }[] = [];
  for (const { edits, create } of fixes) {
    if (create) {
      const uri = uriOfPath(create.file);
      edit.createFile(uri, { contents: new TextEncoder().encode(create.text), ignoreIfExists: true });
    }
    // Two fixes for one place cannot both be applied; the second is found again afterwards.
    const overlaps = edits.some(({ file, start, end }) =>
      taken.some((other) => other.file === file && start <= other.end && other.start <= end),
    );
    if (overlaps) continue;
    taken.push(...edits);
    for (const { file, text, ...span } of edits) {
      const source = texts.get(file);
      if (source !== undefined && source === (await readText(file)))
        edit.replace(uriOfPath(file), toRange(source, span), text);
    }
  }
  return edit;
}

/** S9PK: Fix All Safe Problems in Manifest. Returns how many there were. */
export async function fixAllCommand(manifests: Manifests, lints: TextLints): Promise<number> {
  const document = vscode.window.activeTextEditor?.document;
  const manifest = document && (await manifests.readFor(document));
  if (!manifest) {
    void say.info(vscode.l10n.t('Open a manifest first.'));
    return 0;
  }
  const report = await lints.of(document);
  const fixes = safeFixes(report?.findings ?? [], manifest);
  if (fixes.length > 0) await vscode.workspace.applyEdit(await toEdit(fixes, manifest));
  else void say.info(vscode.l10n.t('There is nothing in this manifest that can be fixed without asking.'));
  return fixes.length;
}
