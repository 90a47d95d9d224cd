import { basename, dirname } from 'node:path';
import * as vscode from 'vscode';
import { describePlan } from '../../manifest/wrapper/migrating/describe-plan.ts';
import type { MigrationPlan } from '../../manifest/wrapper/migrating/migrate-folder.ts';
import { resourceOf } from '../command-argument.ts';
import { runWithProgress } from '../engine/run-with-progress.ts';
import { chooseWrapper } from '../manifest/wrappers.ts';
import { showReport } from '../packages/reports.ts';
import { say } from '../say.ts';
import type { Services } from '../services.ts';

/** What tests answer in the user's place. */
interface Answers {
  /** The folder of the new wrapper; beside the old manifest if there is none. */
  readonly into?: string;
  /** Files that are there and differ are replaced. */
  readonly overwrite?: boolean;
}

/** S9PK: Start 0.4 Wrapper from manifest.yaml…: says what will be made first, makes it, and opens the new manifest. */
export async function migrateCommand(
  services: Services,
  argument?: unknown,
  given?: Answers,
): Promise<MigrationPlan | undefined> {
  const { t } = vscode.l10n;
  const folder = await folderOf(argument);
  if (!folder) return undefined;
  const templates = vscode.Uri.joinPath(services.home, 'templates').fsPath;
  const options = { folder: folder.fsPath, templates };
  const plan = await runWithProgress(t('Looking at {0}', basename(folder.fsPath)), (token) =>
    services.engine.request('planMigration', options, token),
  );
  if (!plan) return undefined;
  const answers = given ?? (await ask(plan, folder, templates));
  if (!answers) return undefined;
  const made = await runWithProgress(t('Making the wrapper of {0}', plan.title), (token) =>
    services.engine.request('migrate', { ...options, ...answers }, token),
  );
  if (!made) return undefined;
  services.log.info(describePlan(made.plan));
  if (!given) await showMade(made.plan);
  return made.plan;
}

/** The folder of the manifest that the command was called on, with what is typed there saved. */
async function folderOf(argument: unknown): Promise<vscode.Uri | undefined> {
  const resource = resourceOf(argument) ?? vscode.window.activeTextEditor?.document.uri;
  const isManifest = resource !== undefined && /^manifest\.(?:toml|ya?ml|json)$/i.test(basename(resource.path));
  const folder = isManifest ? vscode.Uri.file(dirname(resource.fsPath)) : await chooseWrapper(resourceOf(argument));
  if (folder === 'none') {
    say.warning(vscode.l10n.t('There is no manifest for StartOS 0.3 here.'));
    return undefined;
  }
  const unsaved = vscode.workspace.textDocuments.filter(
    ({ isDirty, uri }) => isDirty && folder !== undefined && uri.fsPath.startsWith(folder.fsPath),
  );
  for (const document of unsaved) await document.save();
  return folder;
}

/** Shows what will be made, and asks where. Files that differ are replaced only where that was said. */
async function ask(plan: MigrationPlan, folder: vscode.Uri, templates: string): Promise<Answers | undefined> {
  const { t } = vscode.l10n;
  const inTheWay = plan.files.filter(({ state }) => state === 'differs');
  const written = plan.files.filter(({ state }) => state !== 'same');
  const make = inTheWay.length === 0 ? t('Make Wrapper') : t('Replace {0} Files', inTheWay.length);
  const elsewhere = t('In Another Folder…');
  const show = t('Show All');
  const message = t(
    '{0} {1} for StartOS 0.3 becomes a wrapper for 0.4 with the version {2}.',
    plan.title,
    plan.version.old,
    plan.version.now,
  );
  const detail = [
    t('{0} files are written into {1}; nothing is deleted.', written.length, plan.target),
    ...(inTheWay.length > 0 ? [t('Other files are there: {0}', namesOf(inTheWay))] : []),
    t('{0} things are left for you to decide. They will be in the Problems panel.', plan.decisions.length),
  ].join('\n\n');
  let choice = await say.ask(message, detail, make, elsewhere, show);
  if (choice === show) {
    await showReport(folder, { kind: 'migration', templates });
    choice = await say.info(message, make, elsewhere);
  }
  if (choice === make) return { overwrite: inTheWay.length > 0 };
  if (choice !== elsewhere) return undefined;
  const picked = await vscode.window.showOpenDialog({
    title: t('In which folder?'),
    canSelectFiles: false,
    canSelectFolders: true,
    defaultUri: vscode.Uri.file(dirname(folder.fsPath)),
  });
  if (!picked?.[0]) return undefined;
  const named = vscode.Uri.joinPath(picked[0], `${plan.id}-startos`).fsPath;
  return { into: named === folder.fsPath ? `${named}-04` : named };
}

function namesOf(files: MigrationPlan['files']): string {
  const names = files.slice(0, 8).map(({ path }) => path);
  return files.length > names.length ? `${names.join(', ')} …` : names.join(', ');
}

async function showMade({ target, title, decisions }: MigrationPlan): Promise<void> {
  const { t } = vscode.l10n;
  const folder = vscode.Uri.file(target);
  const manifest = vscode.Uri.joinPath(folder, 'startos', 'manifest', 'index.ts');
  await vscode.window.showTextDocument(manifest);
  const problems = t('Show Problems');
  const open = t('Open');
  const isInside = vscode.workspace.getWorkspaceFolder(folder) !== undefined;
  const message = t('{0} has a wrapper for StartOS 0.4. Left to be decided: {1}.', title, decisions.length);
  // Not awaited: the wrapper is made, whether or not somebody reads this.
  say.info(message, isInside ? problems : open).then((choice) => {
    if (choice === problems) void vscode.commands.executeCommand('workbench.actions.view.problems');
    if (choice === open) void vscode.commands.executeCommand('vscode.openFolder', folder);
  });
}
