import { basename } from 'node:path';
import * as vscode from 'vscode';
import { SYSTEM_IMAGES } from '../../engine/docker-images/system-images.ts';
import { formatSize } from '../../engine/format-size.ts';
import type { ConvertSectionsAnswer } from '../../worker/protocol.ts';
import { readConfig } from '../config.ts';
import { runWithProgress } from '../engine/run-with-progress.ts';
import { findingsMessage, logFindings } from '../findings-message.ts';
import { say } from '../say.ts';
import type { Services } from '../services.ts';
import { choosePackageOnDisk } from './choose-package.ts';
import { isOlder } from './older-packages.ts';

/**
 * S9PK: Convert Package to 0.4: a package for StartOS 0.3 becomes one for 0.4 beside it, signed with the user's key.
 * @param target where it goes, for callers that do not want to be asked
 */
export async function convertCommand(
  services: Services,
  argument?: unknown,
  target?: unknown,
): Promise<ConvertSectionsAnswer | undefined> {
  const { t } = vscode.l10n;
  const file = await choosePackageOnDisk(argument, t('Convert which package?'));
  if (!file) return undefined;
  const name = basename(file.path);
  if (!(await isOlder(file.fsPath))) {
    void say.info(t('{0} is no package for StartOS 0.3.', name));
    return undefined;
  }
  const output = target instanceof vscode.Uri ? target : await askForTarget(file);
  if (!output) return undefined;
  const { images, keyFile, compressor } = readConfig(vscode.Uri.joinPath(file, '..'));
  // The others that are set are those of a wrapper, and no package's.
  const missing = images.filter(({ id }) => SYSTEM_IMAGES.includes(id));
  const answer = await runWithProgress(t('Converting {0}', name), (token, onProgress) =>
    services.engine.request(
      'convertSections',
      {
        ...{ file: file.fsPath, output: output.fsPath, images: missing },
        ...(keyFile && { key: keyFile }),
        ...(compressor && { compressor }),
      },
      token,
      { onProgress },
    ),
  );
  if (!answer) return undefined;
  logFindings(services.log, answer.findings);
  const problems = answer.findings.filter(({ severity }) => severity !== 'info');
  await services.problems.replace(`convert:${file.fsPath}`, problems, file);
  if (answer.made) void offerNext(services, file, answer.made, answer.changes);
  else void findingsMessage(t('{0} was not converted', name), answer.findings, services.log);
  return answer;
}

/** Beside the package, which stays: its author's signature cannot be made again. */
async function askForTarget(file: vscode.Uri): Promise<vscode.Uri | undefined> {
  const { t } = vscode.l10n;
  const name = basename(file.path).replace(/\.s9pk$/i, '');
  return vscode.window.showSaveDialog({
    title: t('Convert {0} to', basename(file.path)),
    defaultUri: vscode.Uri.joinPath(file, '..', `${name}_0.4.s9pk`),
    filters: { [t('StartOS packages')]: ['s9pk'] },
  });
}

async function offerNext(
  { log }: Services,
  file: vscode.Uri,
  { path, size, title, version }: NonNullable<ConvertSectionsAnswer['made']>,
  changes: number,
): Promise<void> {
  const { t } = vscode.l10n;
  const made = vscode.Uri.file(path);
  const message = t(
    'Converted to {0} {1}: {2}, {3}. The log lists {4} values that were changed or left out.',
    title,
    version,
    basename(path),
    formatSize(size),
    changes,
  );
  const [compare, show] = [t('Compare'), t('Show Log')];
  const choice = await say.info(message, compare, show);
  if (choice === compare) await vscode.commands.executeCommand('s9pk.compare', made, file);
  else if (choice === show) log.show();
}
