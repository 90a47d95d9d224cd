import * as vscode from 'vscode';
import { formatSize } from '../../engine/format-size.ts';
import type { DoctorAnswer } from '../../worker/protocol.ts';
import { resourceOf } from '../command-argument.ts';
import { readConfig } from '../config.ts';
import { runWithProgress } from '../engine/run-with-progress.ts';
import { chooseWrapper } from '../manifest/wrappers.ts';
import { say } from '../say.ts';
import type { Services } from '../services.ts';

const ICON = { fine: '$(pass)', wanting: '$(warning)', missing: '$(error)' } as const;

/** S9PK: Doctor: what packing may need, each with what mends it. Returns the answer, for callers such as tests. */
export async function doctorCommand(services: Services, argument?: unknown): Promise<DoctorAnswer | undefined> {
  // Programs are run in the folder, and on Windows a program of the same name there would be run instead.
  if (!vscode.workspace.isTrusted) {
    void say.warning(vscode.l10n.t('The doctor runs programs in this folder, so the folder must be trusted.'));
    return undefined;
  }
  const wrapper = await chooseWrapper(resourceOf(argument));
  const folder = wrapper instanceof vscode.Uri ? wrapper : vscode.workspace.workspaceFolders?.[0]?.uri;
  if (!folder) {
    void say.info(vscode.l10n.t('Open a folder first.'));
    return undefined;
  }
  const { builder } = readConfig(folder);
  const answer = await runWithProgress(vscode.l10n.t('Looking for what packing needs'), (token, onProgress) =>
    services.engine.request('doctor', { folder: folder.fsPath, ...(builder && { builder }) }, token, { onProgress }),
  );
  if (!answer) return undefined;
  for (const { what, state, detail, mend } of answer.checkups) {
    services.log.info(`${state}: ${what}: ${detail}${mend === undefined ? '' : ` (${mend})`}`);
  }
  const items = answer.checkups.map(({ what, state, detail, mend }) => ({
    label: `${ICON[state]} ${what}`,
    description: detail,
    ...(mend !== undefined && { detail: mend }),
    mend,
  }));
  // Not awaited: who called the command need not wait until somebody has read it.
  vscode.window
    .showQuickPick(items, {
      title: vscode.l10n.t('What packing needs'),
      placeHolder: vscode.l10n.t('Choose a line to copy what mends it'),
    })
    .then(async (chosen) => {
      if (chosen?.mend !== undefined) await vscode.env.clipboard.writeText(chosen.mend);
    });
  return answer;
}

/** S9PK: Clear Image Cache. Returns how many bytes were removed. */
export async function clearCacheCommand({ engine }: Services): Promise<number> {
  const { removed } = await engine.request('clearCache', {});
  void say.info(vscode.l10n.t('The image cache is empty now: {0} removed.', formatSize(removed)));
  return removed;
}
