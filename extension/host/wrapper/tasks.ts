import { basename, isAbsolute, relative } from 'node:path';
import * as vscode from 'vscode';
import { ansi } from '../../engine/ansi.ts';
import type { Finding } from '../../engine/finding.ts';
import { formatSize } from '../../engine/format-size.ts';
import { LiveTree, type TerminalSize } from '../../engine/image/build/live-tree.ts';
import { ARCHITECTURES } from '../../engine/package/parse-images.ts';
import { visibleLines, visibleText } from '../../engine/visible-text.ts';
import { aboutPackage, readConfig } from '../config.ts';
import type { Listeners } from '../engine/client.ts';
import { formatProgress } from '../engine/format-progress.ts';
import { fileOf } from '../manifest/workspace-paths.ts';
import { findWrappers } from '../manifest/wrappers.ts';
import type { Services } from '../services.ts';
import { runInWrapper } from './run-in-wrapper.ts';

const TYPE = 's9pk';

/** What a task in tasks.json says; package.json describes it for IntelliSense. */
interface S9pkTask extends vscode.TaskDefinition {
  readonly type: typeof TYPE;
  readonly task: 'pack' | 'verify' | 'buildImages';
  /** Folder of the wrapper: absolute, or relative to the workspace folder. */
  readonly folder?: string;
  /** One architecture; all, if there is none. */
  readonly arch?: string;
  /** One image; all, if there is none. */
  readonly image?: string;
}

/** Tasks for every wrapper of the workspace: packing, verifying, and building its images. */
export class S9pkTasks implements vscode.TaskProvider {
  private readonly services: Services;

  constructor(services: Services) {
    this.services = services;
  }

  async provideTasks(): Promise<vscode.Task[]> {
    const tasks: vscode.Task[] = [];
    const isMultiple = (vscode.workspace.workspaceFolders?.length ?? 0) > 1;
    for (const wrapper of await findWrappers()) {
      const scope = vscode.workspace.getWorkspaceFolder(wrapper);
      if (!scope) continue;
      const inside = relative(scope.uri.fsPath, wrapper.fsPath);
      // VS Code tells tasks of several workspace folders apart by their definitions alone.
      const folder = inside === '' && isMultiple ? wrapper.fsPath : inside;
      for (const definition of await this.definitionsFor(wrapper)) {
        tasks.push(this.toTask({ ...definition, ...(folder !== '' && { folder }) }, scope));
      }
    }
    return tasks;
  }

  /** A task that somebody wrote into tasks.json. */
  resolveTask(task: vscode.Task): vscode.Task | undefined {
    const definition = task.definition as S9pkTask;
    const scope = typeof task.scope === 'object' ? task.scope : vscode.workspace.workspaceFolders?.[0];
    return scope && ['pack', 'verify', 'buildImages'].includes(definition.task)
      ? this.toTask(definition, scope)
      : undefined;
  }

  private async definitionsFor(wrapper: vscode.Uri): Promise<S9pkTask[]> {
    const manifest = await this.services.manifests.readWrapper(wrapper);
    const root = manifest?.reading.worlds[0].manifest;
    const images = manifest && root && manifest.service.nodeAt(root, '/images');
    const ids = images?.kind === 'object' ? images.properties.map(({ key }) => key) : [];
    const own = (id: string): readonly string[] => {
      const arch = manifest && root && manifest.service.nodeAt(root, `/images/${id}/arch`);
      const names =
        arch?.kind === 'array' ? arch.items.flatMap((item) => (item.kind === 'value' ? String(item.value) : [])) : [];
      return names.length > 0 ? names : ARCHITECTURES;
    };
    const used = new Set(ids.flatMap(own));
    return [
      { type: TYPE, task: 'pack' },
      ...[...used].map((arch): S9pkTask => ({ type: TYPE, task: 'pack', arch })),
      { type: TYPE, task: 'verify' },
      { type: TYPE, task: 'buildImages' },
      ...ids.flatMap((image) => own(image).map((arch): S9pkTask => ({ type: TYPE, task: 'buildImages', image, arch }))),
    ];
  }

  private toTask(definition: S9pkTask, scope: vscode.WorkspaceFolder): vscode.Task {
    const { folder: own = '' } = definition;
    const folder = isAbsolute(own) ? vscode.Uri.file(own) : vscode.Uri.joinPath(scope.uri, own);
    const execution = new vscode.CustomExecution(async () => new TaskTerminal(this.services, definition, folder));
    const task = new vscode.Task(definition, scope, nameOf(definition), TYPE, execution);
    task.group = definition.task === 'verify' ? vscode.TaskGroup.Test : vscode.TaskGroup.Build;
    task.presentationOptions = {
      reveal: vscode.TaskRevealKind.Always,
      panel: vscode.TaskPanelKind.Dedicated,
      clear: true,
    };
    return task;
  }
}

function nameOf({ task, arch, image, folder }: S9pkTask): string {
  const what = task === 'buildImages' ? (image === undefined ? 'build all images' : `build image ${image}`) : task;
  const where = folder === undefined || isAbsolute(folder) ? '' : ` in ${folder}`;
  return `${what}${arch === undefined ? '' : ` for ${arch}`}${where}`;
}

/** A terminal that shows what a task does, and stops it when it is closed. */
class TaskTerminal implements vscode.Pseudoterminal {
  private readonly written = new vscode.EventEmitter<string>();
  private readonly ended = new vscode.EventEmitter<number>();
  private readonly cancellation = new vscode.CancellationTokenSource();
  readonly onDidWrite = this.written.event;
  readonly onDidClose = this.ended.event;
  private readonly services: Services;
  private readonly definition: S9pkTask;
  private readonly folder: vscode.Uri;
  private readonly tree = new LiveTree(
    (text) => this.written.fire(text),
    () => this.size,
    ansi,
  );
  /** What a terminal has that never said how large it is. */
  private size: TerminalSize = { columns: 80, rows: 24 };

  constructor(services: Services, definition: S9pkTask, folder: vscode.Uri) {
    this.services = services;
    this.definition = definition;
    this.folder = folder;
  }

  open(size: vscode.TerminalDimensions | undefined): void {
    if (size) this.setDimensions(size);
    this.run().then(
      (code) => this.ended.fire(code),
      (error: Error) => {
        this.tree.end();
        const isCancelled = error instanceof vscode.CancellationError;
        this.line(isCancelled ? vscode.l10n.t('Cancelled') : visibleText(vscode.l10n.t('Failed: {0}', error.message)));
        this.ended.fire(isCancelled ? 130 : 1);
      },
    );
  }

  setDimensions(size: vscode.TerminalDimensions): void {
    this.size = size;
  }

  close(): void {
    this.cancellation.cancel();
    this.tree.end();
  }

  /** Ctrl+C. */
  handleInput(data: string): void {
    if (data === '\u0003') this.cancellation.cancel();
  }

  private line(text: string): void {
    this.tree.print(text.replaceAll('\n', '\r\n'));
  }

  /** Building and packing run the wrapper's code, under the same conditions as the commands. */
  private run(): Promise<number> {
    const work = () => this.runTask();
    return this.definition.task === 'verify' ? work() : runInWrapper(this.folder, work);
  }

  private async runTask(): Promise<number> {
    const { engine, problems } = this.services;
    const { task, arch, image } = this.definition;
    const folder = this.folder.fsPath;
    const config = readConfig(this.folder);
    const common = {
      folder,
      images: config.images,
      ...(config.builder && { builder: config.builder }),
      ...(config.compressor && { compressor: config.compressor }),
    };
    const listeners: Listeners = {
      onProgress: (progress) => this.tree.say(formatProgress(progress)),
      onLine: (line) => this.line(visibleText(line)),
      onBuild: (update) => this.tree.take(update),
    };
    const more = [this.cancellation.token, listeners] as const;
    const arches = arch === undefined ? [] : [arch];
    if (task === 'pack') {
      const key = config.keyFile && { key: config.keyFile };
      const answer = await engine.request(
        'pack',
        { ...common, dependencyIcons: config.dependencyIcons, arch: arches, build: config.buildBundle, ...key },
        ...more,
      );
      await problems.replace(`pack:${folder}`, answer.findings, vscode.Uri.file(answer.manifestFile ?? folder));
      const made =
        answer.made &&
        vscode.l10n.t(
          'Packed {0} {1}: {2}, {3}.',
          answer.made.title,
          answer.made.version,
          answer.made.path,
          formatSize(answer.made.size),
        );
      return this.conclude(answer.findings, made ?? vscode.l10n.t('Not packed'));
    }
    if (task === 'buildImages') {
      const ids = image === undefined ? [] : [image];
      const answer = await engine.request('buildImages', { ...common, ids, arch: arches }, ...more);
      await problems.replace(`pack:${folder}`, answer.findings, this.folder);
      const made = answer.built.map(({ id, arch: name, size }) => `${id} for ${name}: ${formatSize(size)}`);
      return this.conclude(answer.findings, made.join('\n') || vscode.l10n.t('No image was made'));
    }
    const packages = await vscode.workspace.findFiles(new vscode.RelativePattern(this.folder, '*.s9pk'));
    if (packages.length === 0) this.line(vscode.l10n.t('There is no package yet'));
    let code = packages.length === 0 ? 1 : 0;
    for (const file of packages) {
      const answer = await engine.request('verify', aboutPackage(file), ...more);
      await problems.replace(`verify:${fileOf(file)}`, answer.findings, file);
      code = Math.max(code, this.conclude(answer.findings, `${basename(file.fsPath)}: ${answer.verdict}`));
    }
    return code;
  }

  /** Prints findings and the result. @returns the exit code */
  private conclude(findings: readonly Finding[], result: string): number {
    this.tree.end();
    const colour = { error: 'red', warning: 'yellow', info: 'blue' } as const;
    for (const { severity, code, message, where } of findings) {
      const place =
        where.file === undefined
          ? ''
          : `${where.file}${where.line === undefined ? '' : `:${where.line}:${where.column ?? 1}`}: `;
      this.line(`${ansi(colour[severity], severity)} ${visibleLines(`${place}${message}`)} [${code}]`);
    }
    this.line(visibleLines(result));
    return findings.some(({ severity }) => severity === 'error') ? 1 : 0;
  }
}
