import { basename } from 'node:path';
import * as vscode from 'vscode';
import type { CompareAnswer } from '../../worker/protocol.ts';
import { runWithProgress } from '../engine/run-with-progress.ts';
import { fileOf } from '../manifest/workspace-paths.ts';
import type { ReadingServices } from '../services.ts';
import { choosePackage } from './choose-package.ts';

/** S9PK: Compare With…: the package it is called on is the newer one. Returns the answer, for callers such as tests. */
export async function compareCommand(
  services: ReadingServices,
  argument?: unknown,
  other?: unknown,
): Promise<CompareAnswer | undefined> {
  const { t } = vscode.l10n;
  const after = await choosePackage(argument, t('Compare which package?'));
  if (!after) return undefined;
  const before =
    other instanceof vscode.Uri
      ? other
      : await choosePackage(undefined, t('Compare {0} with which older package?', basename(after.path)), after);
  if (!before) return undefined;
  const answer = await runWithProgress(t('Comparing {0}', basename(after.path)), (token, onProgress) =>
    services.engine.request('compare', { before: fileOf(before), after: fileOf(after) }, token, { onProgress }),
  );
  if (answer) await services.comparison.show({ before, after, answer });
  return answer;
}
