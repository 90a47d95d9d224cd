import { basename, dirname, join } from 'node:path';
import * as vscode from 'vscode';
import { pointer } from '../../engine/json/json-pointer.ts';
import { ARCHITECTURES } from '../../engine/package/parse-images.ts';
import { placeOf } from '../command-argument.ts';
import { aboutPackage } from '../config.ts';
import { runWithProgress } from '../engine/run-with-progress.ts';
import { findingsMessage, logFindings } from '../findings-message.ts';
import { plainLabel, say } from '../say.ts';
import type { Services } from '../services.ts';
import { choosePackageOnDisk } from './choose-package.ts';

/** What is made of a package on the disk: a folder, a changed package, an image. Each command takes the package, and for tests its answers. */

/** S9PK: Extract…: a package, or a file or folder of one, into a new folder. */
export async function extractCommand(
  { engine, log }: Services,
  argument?: unknown,
  target?: unknown,
): Promise<number | undefined> {
  const { t } = vscode.l10n;
  const place = placeOf(argument);
  const file = await choosePackageOnDisk(place?.file ?? argument, t('Extract which package?'));
  if (!file) return undefined;
  const path = place?.path ?? '';
  const name = basename(path === '' ? file.path.replace(/\.s9pk$/i, '') : path).replace(/\.squashfs$/, '');
  const output =
    target instanceof vscode.Uri
      ? target.fsPath
      : await folderFor(t('Extract into a new folder in'), dirname(file.fsPath), name);
  if (output === undefined) return undefined;
  const answer = await runWithProgress(t('Extracting {0}', name), (token, onProgress) =>
    engine.request('extract', { file: file.fsPath, path, output, intoImage: path.endsWith('.squashfs') }, token, {
      onProgress,
    }),
  );
  if (!answer) return undefined;
  logFindings(log, answer.findings);
  const left =
    answer.findings.length > 0 ? ` ${t('{0} were left out; the log says which.', answer.findings.length)}` : '';
  const show = t('Show');
  say
    .info(`${t('{0} files written to {1}.', answer.files, output)}${left}`, show)
    .then((choice) => choice && vscode.commands.executeCommand('revealFileInOS', vscode.Uri.file(output)));
  return answer.files;
}

/** A folder that the user chooses, and a name in it that is not taken. */
async function folderFor(title: string, start: string, name: string): Promise<string | undefined> {
  const chosen = await vscode.window.showOpenDialog({
    title,
    openLabel: vscode.l10n.t('Extract Here'),
    canSelectFiles: false,
    canSelectFolders: true,
    defaultUri: vscode.Uri.file(start),
  });
  const [parent] = chosen ?? [];
  if (!parent) return undefined;
  const taken = new Set((await vscode.workspace.fs.readDirectory(parent)).map(([entry]) => entry));
  for (let count = 1; ; count++) {
    const candidate = count === 1 ? name : `${name}-${count}`;
    if (!taken.has(candidate)) return join(parent.fsPath, candidate);
  }
}

/** S9PK: Sign Again…: with the nearest key, or with another one. */
export async function signAgain(services: Services, argument?: unknown, key?: unknown): Promise<boolean | undefined> {
  const { t } = vscode.l10n;
  const file = await choosePackageOnDisk(argument, t('Sign which package?'));
  if (!file) return undefined;
  let given = key instanceof vscode.Uri ? key : undefined;
  if (key === undefined) {
    const nearest = {
      label: t('The nearest key'),
      description: t('.startos/build.key.pem from the package up, else the identity key'),
      isFile: false,
    };
    const another = { label: t('Another key…'), description: t('a file in PEM'), isFile: true };
    const choice = await vscode.window.showQuickPick([nearest, another], { title: t('Sign with which key?') });
    if (!choice) return undefined;
    if (choice.isFile) {
      given = (await vscode.window.showOpenDialog({ title: t('Sign with which key?') }))?.[0];
      if (!given) return undefined;
    }
  }
  return edit(services, file, { changes: [], images: [], ...(given && { key: given.fsPath }) });
}

/** S9PK: Change a Value of the Manifest…: in the package itself, which is signed anew. */
export async function editManifest(
  services: Services,
  argument?: unknown,
  change?: { path: string; value: unknown },
): Promise<boolean | undefined> {
  const { t } = vscode.l10n;
  const file = await choosePackageOnDisk(argument, t('Change which package?'));
  if (!file) return undefined;
  const wanted = change ?? (await askForChange(services, file));
  return wanted && edit(services, file, { changes: [wanted], images: [] });
}

async function askForChange({ engine }: Services, file: vscode.Uri) {
  const { t } = vscode.l10n;
  const { manifest } = await engine.request('describe', aboutPackage(file));
  if (manifest === undefined) throw new Error(t('{0} has no manifest that can be read.', basename(file.path)));
  const values = leaves(manifest, '');
  const items = values.map(({ path, value }) => ({
    label: plainLabel(path),
    description: plainLabel(JSON.stringify(value)),
    path,
    value,
  }));
  const chosen = await vscode.window.showQuickPick(items, {
    title: t('Change which value?'),
    matchOnDescription: true,
  });
  if (!chosen) return undefined;
  const before = typeof chosen.value === 'string' ? chosen.value : JSON.stringify(chosen.value);
  const text = await vscode.window.showInputBox({
    title: chosen.label,
    value: before,
    prompt: t('A text, or JSON. The package is signed anew with your key.'),
  });
  if (text === undefined || text === before) return undefined;
  return { path: chosen.path, value: typeof chosen.value === 'string' ? text : parseOrText(text) };
}

function parseOrText(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

/** Values that hold no others, by their JSON pointers. */
function leaves(value: unknown, path: string): { path: string; value: unknown }[] {
  if (typeof value !== 'object' || value === null || Object.keys(value).length === 0) return [{ path, value }];
  return Object.entries(value).flatMap(([key, item]) => leaves(item, pointer(path, key)));
}

/** S9PK: Put In an Image…: from disk, for one architecture. */
export async function addImage(services: Services, argument?: unknown): Promise<boolean | undefined> {
  const { t } = vscode.l10n;
  const file = await choosePackageOnDisk(argument, t('Put an image into which package?'));
  if (!file) return undefined;
  const id = await vscode.window.showInputBox({ title: t('Id of the image'), value: 'main' });
  const arch = id && (await vscode.window.showQuickPick([...ARCHITECTURES], { title: t('For which architecture?') }));
  const [image] =
    (arch &&
      (await vscode.window.showOpenDialog({
        title: t('Which image? A root tar, an OCI layout, what docker save writes, or squashfs'),
      }))) ||
    [];
  if (!id || !arch || !image) return undefined;
  return edit(services, file, { changes: [], images: [{ id, arch, path: image.fsPath }] });
}

async function edit(
  { engine, log, problems }: Services,
  file: vscode.Uri,
  request: {
    changes: { path: string; value: unknown }[];
    images: { id: string; arch: string; path: string }[];
    key?: string;
  },
): Promise<boolean | undefined> {
  const { t } = vscode.l10n;
  const name = basename(file.path);
  const answer = await runWithProgress(t('Changing {0}', name), (token, onProgress) =>
    engine.request('edit', { file: file.fsPath, ...request }, token, { onProgress }),
  );
  if (!answer) return undefined;
  logFindings(log, answer.findings);
  await problems.replace(
    `edit:${file.fsPath}`,
    answer.findings.filter(({ severity }) => severity === 'error'),
    file,
  );
  if (answer.made) void say.info(t('{0} is signed anew.', name));
  else void findingsMessage(t('{0} is as it was', name), answer.findings, log);
  return answer.made !== undefined;
}

/** S9PK: Convert to Streaming Order: what devices read first comes first; the signature stays. */
export async function convertOrder({ engine }: Services, argument?: unknown): Promise<boolean | undefined> {
  const { t } = vscode.l10n;
  const file = await choosePackageOnDisk(argument, t('Convert which package?'));
  if (!file) return undefined;
  const name = basename(file.path);
  const answer = await runWithProgress(t('Converting {0}', name), (token, onProgress) =>
    engine.request('convert', { file: file.fsPath, order: 'priority' }, token, { onProgress }),
  );
  if (!answer) return undefined;
  void say.info(
    answer.changed ? t('{0} is in streaming order now.', name) : t('{0} was in streaming order already.', name),
  );
  return answer.changed;
}

/** S9PK: Export Image…: an image of a package as a root file system or an OCI layout. */
export async function exportImageCommand({ engine }: Services, argument?: unknown): Promise<string | undefined> {
  const { t } = vscode.l10n;
  const place = placeOf(argument);
  const file = await choosePackageOnDisk(place?.file ?? argument, t('Export an image of which package?'));
  if (!file) return undefined;
  const { images } = await engine.request('page', aboutPackage(file));
  const items = images
    .filter(({ isMissing }) => !isMissing)
    .map((image) => ({ label: plainLabel(image.id), description: plainLabel(image.arch), image }));
  const own = items.find(({ image }) => image.path === place?.path);
  const chosen = own ?? (await vscode.window.showQuickPick(items, { title: t('Export which image?') }));
  if (!chosen) return undefined;
  const formats = [
    {
      label: t('OCI layout'),
      description: t('a folder that container tools load, with its configuration'),
      format: 'oci' as const,
    },
    { label: t('Root file system'), description: t('a tar'), format: 'tar' as const },
  ];
  const format = (await vscode.window.showQuickPick(formats, { title: t('Export as what?') }))?.format;
  if (!format) return undefined;
  const { id, arch } = chosen.image;
  const suffix = format === 'tar' ? '.tar' : '';
  const defaultUri = vscode.Uri.joinPath(file, '..', `${id}-${arch}${suffix}`);
  const target = await vscode.window.showSaveDialog({ title: t('Export to'), defaultUri });
  if (!target) return undefined;
  const answer = await runWithProgress(t('Exporting {0} for {1}', id, arch), (token, onProgress) =>
    engine.request('exportImage', { file: file.fsPath, id, arch, format, output: target.fsPath }, token, {
      onProgress,
    }),
  );
  if (!answer) return undefined;
  void say.info(t('Exported to {0}.', target.fsPath));
  return target.fsPath;
}
