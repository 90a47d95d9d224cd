import { basename } from 'node:path';
import * as vscode from 'vscode';
import type { VerifyAnswer } from '../../worker/protocol.ts';
import { aboutPackage } from '../config.ts';
import { runWithProgress } from '../engine/run-with-progress.ts';
import { logFindings } from '../findings-message.ts';
import { fileOf } from '../manifest/workspace-paths.ts';
import { findManifestFile } from '../manifest/wrappers.ts';
import { say } from '../say.ts';
import type { ReadingServices } from '../services.ts';
import { stampOf } from '../stat-file.ts';
import { choosePackage } from './choose-package.ts';

/** What came out, as a sentence about the file. */
function sentence(verdict: VerifyAnswer['verdict'], name: string): string {
  const { t } = vscode.l10n;
  const sentences: Readonly<Record<VerifyAnswer['verdict'], string>> = {
    verified: t('{0} is intact and complete.', name),
    unusual: t('{0} is intact and complete, but no packer writes it this way.', name),
    incomplete: t('{0} is intact, but not a complete package.', name),
    damaged: t('{0} is damaged.', name),
    unreadable: t('{0} cannot be opened.', name),
  };
  return sentences[verdict];
}

/** S9PK: Verify. Returns the answer, for callers such as tests. */
export async function verifyCommand(services: ReadingServices, argument?: unknown): Promise<VerifyAnswer | undefined> {
  const file = await choosePackage(argument, vscode.l10n.t('Verify which package?'));
  return file && verifyFile(services, file);
}

/** Verifies one package, marks its problems and says what came out. */
export async function verifyFile(services: ReadingServices, file: vscode.Uri): Promise<VerifyAnswer | undefined> {
  const manifestFile = await findManifestFile(vscode.Uri.joinPath(file, '..'));
  services.log.info(`Verifying ${fileOf(file)}`);
  const stamp = await stampOf(file);
  const answer = await runWithProgress(vscode.l10n.t('Verifying {0}', basename(file.path)), (token, onProgress) =>
    services.engine.request(
      'verify',
      {
        ...aboutPackage(file),
        ...(manifestFile?.scheme === 'file' && { manifestFile: manifestFile.fsPath }),
      },
      token,
      { onProgress },
    ),
  );
  if (!answer) return undefined;
  logFindings(services.log, answer.findings);
  await services.problems.replace(`verify:${fileOf(file)}`, answer.findings, file);
  await services.packages.setVerdict(file, stamp, answer);
  void report(services, file, answer);
  return answer;
}

async function report(
  services: ReadingServices,
  file: vscode.Uri,
  { verdict, signer, findings }: VerifyAnswer,
): Promise<void> {
  const { t } = vscode.l10n;
  const who = signer?.name
    ? t('Signed by {0}.', signer.name)
    : t('Signed by an unknown key, {0}.', signer?.fingerprint ?? '');
  const by = signer ? ` ${who}` : '';
  const message = `${sentence(verdict, basename(file.path))}${by}`;
  const isGood =
    (verdict === 'verified' || verdict === 'unusual') && !findings.some((found) => found.severity === 'error');
  const hasProblems = findings.some((found) => found.severity !== 'info');
  const [problems, log] = [t('Show Problems'), t('Show Log')];
  const actions = [...(hasProblems ? [problems] : []), log];
  const show = isGood ? say.info : say.error;
  const choice = await show(message, ...actions);
  if (choice === problems) await vscode.commands.executeCommand('workbench.actions.view.problems');
  else if (choice === log) services.log.show();
}
