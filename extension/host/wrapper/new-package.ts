import * as vscode from 'vscode';
import {
  checkId,
  checkId03,
  type NewWrapper,
  type NewWrapperOptions,
  type Template,
  titleOf,
} from '../../engine/scaffold/new-wrapper.ts';
import { say } from '../say.ts';
import type { Services } from '../services.ts';

type Answers = Pick<NewWrapperOptions, 'folder' | 'template' | 'id' | 'title' | 'port'> & { readonly tag?: string };

/** S9PK: New Package…: a complete wrapper and a key, ready to be packed. Takes its answers from tests. */
export async function newPackage(services: Services, given?: Answers): Promise<NewWrapper | undefined> {
  const { t } = vscode.l10n;
  const answers = given ?? (await ask());
  if (!answers) return undefined;
  const made = await services.engine.request('newWrapper', {
    ...answers,
    templates: vscode.Uri.joinPath(services.home, 'templates').fsPath,
    year: new Date().getFullYear(),
  });
  services.log.info(`New package in ${made.folder}: ${made.files.join(', ')}`);
  if (given) return made;
  const folder = vscode.Uri.file(made.folder);
  const isInside = vscode.workspace.getWorkspaceFolder(folder) !== undefined;
  const manifest = vscode.Uri.joinPath(
    folder,
    ...(answers.template === 'os-03' ? ['manifest.yaml'] : ['startos', 'manifest', 'index.ts']),
  );
  if (isInside) {
    await vscode.window.showTextDocument(manifest);
    const pack = t('Pack');
    const message = t('{0} is made. Pack it, or change its manifest first.', answers.title);
    say.info(message, pack).then((choice) => {
      if (choice === pack) void vscode.commands.executeCommand('s9pk.pack', folder);
    });
    return made;
  }
  const open = t('Open');
  const choice = await say.info(t('{0} is made in {1}.', answers.title, made.folder), open);
  if (choice === open) await vscode.commands.executeCommand('vscode.openFolder', folder);
  return made;
}

async function ask(): Promise<Answers | undefined> {
  const { t } = vscode.l10n;
  const templates: (vscode.QuickPickItem & { template: Template })[] = [
    { label: `$(package) ${t('From a Dockerfile')}`, description: t('you build the image'), template: 'dockerfile' },
    { label: `$(tag) ${t('From a published image')}`, description: t('somebody else builds it'), template: 'tag' },
    {
      label: `$(extensions) ${t('With everything')}`,
      description: t('a Dockerfile, an action, a dependency, a health check'),
      template: 'dependency',
    },
    {
      label: `$(history) ${t('For StartOS 0.3')}`,
      description: t('a Dockerfile, a health check, a configuration'),
      template: 'os-03',
    },
  ];
  const template = (await vscode.window.showQuickPick(templates, { title: t('New package: from what?') }))?.template;
  if (!template) return undefined;
  const id = await vscode.window.showInputBox({
    title: t('Id of the package'),
    value: 'my-service',
    prompt: t('Lower-case letters, digits and dashes. It never changes once the package is published.'),
    validateInput: template === 'os-03' ? checkId03 : checkId,
  });
  if (!id) return undefined;
  const title = await vscode.window.showInputBox({
    title: t('Title'),
    value: titleOf(id),
    prompt: t('What users see.'),
  });
  if (!title) return undefined;
  const tag =
    template === 'tag'
      ? await vscode.window.showInputBox({ title: t('Tag of the image'), value: 'nginx:1.29-alpine' })
      : undefined;
  if (template === 'tag' && !tag) return undefined;
  const port = await vscode.window.showInputBox({
    title: t('Port of the web interface'),
    value: template === 'tag' ? '80' : '8080',
    prompt: t('The port on which the service listens in its container.'),
    validateInput: (text) =>
      /^[1-9]\d{0,4}$/.test(text) && Number(text) < 65_536 ? undefined : t('A port is a number up to 65535.'),
  });
  if (!port) return undefined;
  const parent = await vscode.window.showOpenDialog({
    title: t('In which folder?'),
    openLabel: t('Make {0} Here', `${id}-startos`),
    canSelectFiles: false,
    canSelectFolders: true,
    ...(vscode.workspace.workspaceFolders?.[0] && { defaultUri: vscode.workspace.workspaceFolders[0].uri }),
  });
  if (!parent?.[0]) return undefined;
  const folder = vscode.Uri.joinPath(parent[0], `${id}-startos`).fsPath;
  return { folder, template, id, title, port: Number(port), ...(tag && { tag }) };
}
