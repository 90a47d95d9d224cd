import * as vscode from 'vscode';
import { FINDING_CODES } from '../engine/finding-codes.ts';
import type { ReadingServices } from './services.ts';

/** Opens the page that explains a finding's code; asks for the code if none is given. */
export async function explainFinding(
  { home }: Pick<ReadingServices, 'home'>,
  argument?: unknown,
): Promise<vscode.Uri | undefined> {
  const codes = Object.keys(FINDING_CODES).sort();
  const given = typeof argument === 'string' && codes.includes(argument) ? argument : undefined;
  const code = given ?? (await vscode.window.showQuickPick(codes, { title: vscode.l10n.t('Explain which finding?') }));
  if (code === undefined) return undefined;
  const page = vscode.Uri.joinPath(home, 'docs', 'findings', `${code}.md`);
  await vscode.commands.executeCommand('markdown.showPreview', page);
  return page;
}
