import { basename } from 'node:path';
import * as vscode from 'vscode';
import { BUDGET } from '../../engine/budget.ts';
import type { Place } from '../../engine/finding.ts';
import { positionOf } from '../../engine/package/line-table.ts';
import type { EntityMention, ManifestReading, ManifestSurroundings } from '../../manifest/service.ts';
import { isWorkspaceFile, pathOfUri, uriOfPath } from './workspace-paths.ts';

type Service = typeof import('../../manifest/service.ts');

/** Documents that are plain manifests by their name; their content decides. */
export const DATA_MANIFESTS: vscode.DocumentSelector = { pattern: '**/manifest.{yaml,yml,json,toml}' };
/** A wrapper's TypeScript. */
export const WRAPPER_CODE: vscode.DocumentSelector = { pattern: '**/startos/**/*.ts' };

/** How long what was found around a manifest holds, in milliseconds. */
const SURROUNDINGS_MS = 5000;

/** The manifest that a document is, or is part of. */
export interface OpenManifest {
  readonly service: Service;
  readonly reading: ManifestReading;
}

/** Reads manifests as they are in the editor, saved or not, each version once. */
export class Manifests implements vscode.Disposable {
  /** Files that change what a manifest says or is. */
  private readonly watcher = vscode.workspace.createFileSystemWatcher(
    '**/{startos/**/*.ts,manifest.{yaml,yml,json,toml},package.json}',
  );
  private readonly changed = new vscode.EventEmitter<vscode.Uri>();
  /** One of them changed on disk. */
  readonly onDidChange = this.changed.event;
  private readonly codeMentions = new Map<string, { text: string; mentions: EntityMention[] }>();
  private service: Promise<Service> | undefined;
  private cache: InstanceType<Service['ParseCache']> | undefined;
  private textLinter: InstanceType<Service['TextLinter']> | undefined;
  private readonly readings = new Map<string, { versions: string; reading: Promise<ManifestReading | undefined> }>();
  private readonly surroundings = new Map<string, { until: number; found: Promise<ManifestSurroundings> }>();

  constructor() {
    const onFile = (uri: vscode.Uri) => {
      this.readings.clear();
      this.surroundings.clear();
      this.changed.fire(uri);
    };
    this.watcher.onDidChange(onFile);
    this.watcher.onDidCreate(onFile);
    this.watcher.onDidDelete(onFile);
  }

  dispose(): void {
    this.watcher.dispose();
    this.changed.dispose();
  }

  /** What knows manifests, loaded at the first use. */
  load(): Promise<Service> {
    this.service ??= import('../../manifest/service.ts');
    return this.service;
  }

  /** The manifest in a document; undefined if it holds none. */
  async read(document: vscode.TextDocument): Promise<OpenManifest | undefined> {
    const service = await this.load();
    const file = pathOfUri(document.uri);
    if (!isWorkspaceFile(document.uri) || !service.mayBeManifest(file)) return undefined;
    const reading = await this.readFile(file);
    return reading && { service, reading };
  }

  /** The manifest that a file of a wrapper's code belongs to, or that it is. */
  async readFor(document: vscode.TextDocument): Promise<OpenManifest | undefined> {
    const own = await this.read(document);
    if (own) return own;
    if (!isWorkspaceFile(document.uri)) return undefined;
    const service = await this.load();
    for (const file of service.manifestsFor(pathOfUri(document.uri))) {
      const reading = await this.readFile(file);
      if (reading) return { service, reading };
    }
    return undefined;
  }

  /** The manifest of a wrapper's folder. */
  async readWrapper(folder: vscode.Uri): Promise<OpenManifest | undefined> {
    const service = await this.load();
    for (const name of [
      'startos/manifest/index.ts',
      'startos/manifest.ts',
      'manifest.json',
      'manifest.yaml',
      'manifest.yml',
      'manifest.toml',
    ]) {
      const reading = await this.readFile(pathOfUri(vscode.Uri.joinPath(folder, name)));
      if (reading) return { service, reading };
    }
    return undefined;
  }

  private async readFile(file: string): Promise<ManifestReading | undefined> {
    const versions = versionsOfTexts();
    const known = this.readings.get(file);
    if (known?.versions === versions) return known.reading;
    const reading = this.readNow(file);
    this.readings.set(file, { versions, reading });
    // What failed once is tried again.
    reading.catch(() => this.readings.delete(file));
    return reading;
  }

  private async readNow(file: string): Promise<ManifestReading | undefined> {
    const service = await this.load();
    const [modules, surroundings] = await Promise.all([
      service.Modules.load(file, readEdited, await this.parsed()),
      this.surroundingsOf(service.folderOfManifest(file), service),
    ]);
    return modules && service.readManifest(modules, surroundings);
  }

  private async parsed(): Promise<InstanceType<Service['ParseCache']>> {
    const service = await this.load();
    this.cache ??= new service.ParseCache();
    return this.cache;
  }

  /** Checks texts in this thread, for those that the worker cannot read; each is parsed once for that and for the cursor. */
  async linter(): Promise<InstanceType<Service['TextLinter']>> {
    const service = await this.load();
    this.textLinter ??= new service.TextLinter(await this.parsed());
    return this.textLinter;
  }

  private surroundingsOf(folder: string, service: Service): Promise<ManifestSurroundings> {
    const known = this.surroundings.get(folder);
    if (known && known.until > Date.now()) return known.found;
    const found = service.surroundingsOf(folder, readText);
    this.surroundings.set(folder, { until: Date.now() + SURROUNDINGS_MS, found });
    return found;
  }

  /** Where a wrapper's manifest and code name volumes, images and the like. */
  async mentionsIn({ service, reading }: OpenManifest): Promise<EntityMention[]> {
    const mentions = service.entitiesOf(reading);
    if (!reading.usesSdk) return mentions;
    const folder = uriOfPath(service.wrapperFolder(reading));
    const files = await vscode.workspace.findFiles(new vscode.RelativePattern(folder, 'startos/**/*.ts'), null, 500);
    for (const file of files) {
      const path = pathOfUri(file);
      const text = await readText(path);
      if (text !== undefined) mentions.push(...this.mentionsOfCode(service, path, text));
    }
    return mentions;
  }

  private mentionsOfCode(service: Service, file: string, text: string): EntityMention[] {
    const known = this.codeMentions.get(file);
    if (known?.text === text) return known.mentions;
    const mentions = service.mentionsInCode(file, text);
    this.codeMentions.set(file, { text, mentions });
    return mentions;
  }
}

/**
 * One state of all texts in the editor: what is typed anywhere may change what a manifest says, by way of its imports.
 */
export function versionsOfTexts(): string {
  const texts = vscode.workspace.textDocuments.filter(({ uri }) => isWorkspaceFile(uri));
  return texts.map(({ uri, version }) => `${uri.path} ${version}`).join('\n');
}

/** Texts that are read in this thread; longer ones, which nobody writes by hand, would keep it. */
async function readEdited(file: string): Promise<string | undefined> {
  const text = await readText(file);
  return text !== undefined && text.length <= BUDGET.editedTextLength ? text : undefined;
}

/** The text of a file as the editor has it, else as it is on disk. */
export async function readText(file: string): Promise<string | undefined> {
  const open = vscode.workspace.textDocuments.find(({ uri }) => isWorkspaceFile(uri) && pathOfUri(uri) === file);
  if (open) return open.getText();
  return vscode.workspace.fs.readFile(uriOfPath(file)).then(
    (bytes) => new TextDecoder().decode(bytes),
    () => undefined,
  );
}

/** The range of offsets in a text. */
export function toRange(text: string, { start, end }: { start: number; end: number }): vscode.Range {
  return new vscode.Range(positionAt(text, start), positionAt(text, end));
}

function positionAt(text: string, offset: number): vscode.Position {
  const { line, column } = positionOf(text, offset);
  return new vscode.Position(line - 1, column - 1);
}

/** The range of a finding's place. */
export function rangeOf(where: Place): vscode.Range {
  const line = (where.line ?? 1) - 1;
  const start = new vscode.Position(line, (where.column ?? 1) - 1);
  const isWhole = where.endLine === undefined;
  const end = isWhole
    ? new vscode.Position(line, Number.MAX_SAFE_INTEGER)
    : new vscode.Position((where.endLine ?? 1) - 1, (where.endColumn ?? 1) - 1);
  return new vscode.Range(start, end);
}

/** Whether a document may hold a manifest, by its name alone. */
export function looksLikeManifest({ uri }: vscode.TextDocument): boolean {
  if (!isWorkspaceFile(uri)) return false;
  return /^manifest\.(?:ya?ml|json|toml)$/i.test(basename(pathOfUri(uri))) || isWrapperCode(uri);
}

export function isWrapperCode(uri: vscode.Uri): boolean {
  return isWorkspaceFile(uri) && /[\\/]startos[\\/].*\.ts$/i.test(pathOfUri(uri));
}
