import * as vscode from 'vscode';
import type { Finding } from '../engine/finding.ts';

/** Says why something was not done: the first error, how many more there are, and where to read them. */
export async function findingsMessage(
  what: string,
  findings: readonly Finding[],
  log: vscode.LogOutputChannel,
): Promise<void> {
  const errors = findings.filter(({ severity }) => severity === 'error');
  const more = errors.length > 1 ? ` ${vscode.l10n.t('(and {0} more)', errors.length - 1)}` : '';
  const show = vscode.l10n.t('Show Log');
  const reason = errors[0]?.message ?? vscode.l10n.t('see the log');
  if (await vscode.window.showErrorMessage(`${what}: ${reason}${more}`, show)) log.show();
}
