import * as vscode from 'vscode';
import type { Finding } from '../engine/finding.ts';
import { type Log, say } from './say.ts';

/** Why something was not done, in a line: the first error, and how many more there are. */
export function reasonOf(findings: readonly Finding[]): string {
  const errors = findings.filter(({ severity }) => severity === 'error');
  const more = errors.length > 1 ? ` ${vscode.l10n.t('(and {0} more)', errors.length - 1)}` : '';
  return `${errors[0]?.message ?? vscode.l10n.t('see the log')}${more}`;
}

/** Says why something was not done: the first error, how many more there are, and where to read them. */
export async function findingsMessage(what: string, findings: readonly Finding[], log: Log): Promise<void> {
  const show = vscode.l10n.t('Show Log');
  if (await say.error(`${what}: ${reasonOf(findings)}`, show)) log.show();
}

/** Writes findings to the log, each on a line of its level. */
export function logFindings(
  log: Log,
  findings: readonly {
    severity: string;
    code: string;
    message: string;
    where: { file?: string; line?: number; path?: string };
  }[],
): void {
  for (const { severity, code, message, where } of findings) {
    const place = [where.file && `${where.file}${where.line ? `:${where.line}` : ''}`, where.path]
      .filter(Boolean)
      .join(' ');
    const line = `${place ? `${place}: ` : ''}${message} [${code}]`;
    if (severity === 'error') log.error(line);
    else if (severity === 'warning') log.warn(line);
    else log.info(line);
  }
}
