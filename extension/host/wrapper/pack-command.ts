import { basename } from 'node:path';
import * as vscode from 'vscode';
import { formatSize } from '../../engine/format-size.ts';
import { ARCHITECTURES } from '../../engine/package/parse-images.ts';
import type { PackAnswer } from '../../worker/protocol.ts';
import { resourceOf } from '../command-argument.ts';
import { readConfig } from '../config.ts';
import { runWithProgress } from '../engine/run-with-progress.ts';
import { logFindings, reasonOf } from '../findings-message.ts';
import { chooseGeneration, chooseWrapper } from '../manifest/wrappers.ts';
import { verifyFile } from '../packages/verify-command.ts';
import { say } from '../say.ts';
import type { Services } from '../services.ts';
import { doctorCommand } from './doctor-command.ts';
import { NotRunError, runInWrapper, trustProblem } from './run-in-wrapper.ts';

/** S9PK: Pack. Returns the answer, for callers such as tests. */
export async function packCommand(services: Services, argument?: unknown): Promise<PackAnswer | undefined> {
  return packWrapper(services, resourceOf(argument), []);
}

/** S9PK: Pack for Architecture… */
export async function packForArchitecture(
  services: Services,
  argument?: unknown,
  given?: unknown,
): Promise<PackAnswer | undefined> {
  const arch =
    typeof given === 'string'
      ? given
      : await vscode.window.showQuickPick([...ARCHITECTURES], { title: vscode.l10n.t('Pack for which architecture?') });
  return arch === undefined ? undefined : packWrapper(services, resourceOf(argument), [arch]);
}

export async function packWrapper(
  services: Services,
  from: vscode.Uri | undefined,
  arch: readonly string[],
): Promise<PackAnswer | undefined> {
  if (!(await checkTrust())) return undefined;
  const wrapper = await chooseWrapper(from);
  if (!wrapper) return undefined;
  if (wrapper === 'none') {
    void say.warning(
      vscode.l10n.t(
        'There is no StartOS wrapper here: a folder with startos/manifest, or with a manifest in YAML, TOML or JSON.',
      ),
    );
    return undefined;
  }
  try {
    const generation = await chooseGeneration(wrapper, from);
    if (generation === undefined) return undefined;
    return await runInWrapper(wrapper, () => packFolder(services, wrapper, arch, generation));
  } catch (error) {
    if (!(error instanceof NotRunError)) throw error;
    void say.warning(error.message);
    return undefined;
  }
}

async function packFolder(
  services: Services,
  wrapper: vscode.Uri,
  arch: readonly string[],
  generation: '0.3' | '0.4' | 'only',
): Promise<PackAnswer | undefined> {
  const config = readConfig(wrapper);
  services.log.info(`Packing ${wrapper.fsPath}${arch.length > 0 ? ` for ${arch.join(', ')}` : ''}`);
  const answer = await runWithProgress(vscode.l10n.t('Packing {0}', basename(wrapper.fsPath)), (token, onProgress) =>
    services.engine.request(
      'pack',
      {
        folder: wrapper.fsPath,
        arch,
        images: config.images,
        dependencyIcons: config.dependencyIcons,
        build: config.buildBundle,
        ...(config.keyFile && { key: config.keyFile }),
        ...(config.builder && { builder: config.builder }),
        ...(generation !== 'only' && { generation }),
        ...(config.compressor && { compressor: config.compressor }),
      },
      token,
      { onProgress },
    ),
  );
  if (!answer) {
    services.log.info('Packing was cancelled');
    return undefined;
  }
  logFindings(services.log, answer.findings);
  const fallback = vscode.Uri.file(answer.manifestFile ?? wrapper.fsPath);
  await services.problems.replace(`pack:${wrapper.fsPath}`, answer.findings, fallback);
  void (answer.made ? offerNext(services, answer.made) : explainFailure(services, answer, wrapper));
  return answer;
}

/** Offers to trust the workspace where that is what is missing. */
async function checkTrust(): Promise<boolean> {
  const problem = trustProblem();
  if (problem === undefined) return true;
  const manage = vscode.l10n.t('Manage Workspace Trust');
  if ((await say.warning(problem, manage)) === manage) await vscode.commands.executeCommand('workbench.trust.manage');
  return false;
}

async function offerNext(services: Services, made: NonNullable<PackAnswer['made']>): Promise<void> {
  const message = vscode.l10n.t(
    'Packed {0} {1}: {2}, {3}.',
    made.title,
    made.version,
    basename(made.path),
    formatSize(made.size),
  );
  services.log.info(message);
  const { t } = vscode.l10n;
  const [show, verify, log] = [t('Reveal'), t('Verify'), t('Show Log')];
  const choice = await say.info(message, show, verify, log);
  const file = vscode.Uri.file(made.path);
  if (choice === show) await reveal(file);
  else if (choice === verify) await verifyFile(services, file);
  else if (choice === log) services.log.show();
}

/** In the file manager; where there is none (a browser, a remote host), in the explorer. */
async function reveal(file: vscode.Uri): Promise<void> {
  const isLocalDesktop = vscode.env.uiKind === vscode.UIKind.Desktop && vscode.env.remoteName === undefined;
  await vscode.commands.executeCommand(isLocalDesktop ? 'revealFileInOS' : 'revealInExplorer', file);
}

async function explainFailure(services: Services, answer: PackAnswer, wrapper: vscode.Uri): Promise<void> {
  const errors = answer.findings.filter((found) => found.severity === 'error');
  const needsKey = errors.some((found) => found.code === 'key-missing');
  const { t } = vscode.l10n;
  const create = t('Create Signing Key');
  const needsDoctor = errors.some((found) => /^(?:engine|buildx|emulation)-|^build-disk-full$/.test(found.code));
  const doctor = t('Doctor');
  const [problems, log] = [t('Show Problems'), t('Show Log')];
  const actions = [...(needsKey ? [create] : []), ...(needsDoctor ? [doctor] : []), problems, log];
  const choice = await say.error(t('Not packed: {0}', reasonOf(answer.findings)), ...actions);
  if (choice === create) await vscode.commands.executeCommand('s9pk.createSigningKey', wrapper);
  else if (choice === doctor) await doctorCommand(services, wrapper);
  else if (choice === problems) await vscode.commands.executeCommand('workbench.actions.view.problems');
  else if (choice === log) services.log.show();
}
