import * as vscode from 'vscode';
import { BUDGET } from '../../engine/budget.ts';
import type { Place } from '../../engine/finding.ts';
import * as detect from '../../manifest/detect.ts';
import { DATA_MANIFEST_GLOB, MANIFEST_FILES_GLOB, WRAPPER_CODE_GLOB } from '../../manifest/editor-globs.ts';
import { rangeOfPlace, rangeOfSpan, type TextRange } from '../../manifest/language/ranges.ts';
import type { EntityMention, ManifestReading } from '../../manifest/service.ts';
import { isWorkspaceFile, pathOfUri, uriOfPath } from './workspace-paths.ts';

type Service = typeof import('../../manifest/service.ts');

/** Documents that are plain manifests by their name; their content decides. */
export const DATA_MANIFESTS: vscode.DocumentSelector = { pattern: DATA_MANIFEST_GLOB };
/** A wrapper's TypeScript. */
export const WRAPPER_CODE: vscode.DocumentSelector = { pattern: WRAPPER_CODE_GLOB };

/** The manifest that a document is, or is part of. */
export interface OpenManifest {
  readonly service: Service;
  readonly reading: ManifestReading;
}

interface Loaded {
  readonly service: Service;
  readonly open: InstanceType<Service['OpenManifests']>;
  readonly linter: InstanceType<Service['TextLinter']>;
}

/** Reads manifests as they are in the editor, saved or not, each version once. */
export class Manifests implements vscode.Disposable {
  private readonly watcher = vscode.workspace.createFileSystemWatcher(MANIFEST_FILES_GLOB);
  private readonly changed = new vscode.EventEmitter<vscode.Uri>();
  /** One of the files that change what a manifest says or is changed on disk. */
  readonly onDidChange = this.changed.event;
  private loaded: Promise<Loaded> | undefined;

  constructor() {
    const onFile = async (uri: vscode.Uri) => {
      (await this.loaded)?.open.forget();
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
  private load(): Promise<Loaded> {
    this.loaded ??= import('../../manifest/service.ts').then((service) => {
      const open = new service.OpenManifests({ readText: readEdited, versions: versionsOfTexts, findCode });
      return { service, open, linter: new service.TextLinter(open.texts) };
    });
    return this.loaded;
  }

  /** Checks texts in this thread, for those that the worker cannot read; each is parsed once for that and for the cursor. */
  async linter(): Promise<Loaded['linter']> {
    return (await this.load()).linter;
  }

  /** The manifest in a document; undefined if it holds none. */
  async read(document: vscode.TextDocument): Promise<OpenManifest | undefined> {
    const { service, open } = await this.load();
    const reading = isWorkspaceFile(document.uri) ? await open.read(pathOfUri(document.uri)) : undefined;
    return reading && { service, reading };
  }

  /** The manifest that a file of a wrapper's code belongs to, or that it is. */
  async readFor(document: vscode.TextDocument): Promise<OpenManifest | undefined> {
    const { service, open } = await this.load();
    const reading = isWorkspaceFile(document.uri) ? await open.readFor(pathOfUri(document.uri)) : undefined;
    return reading && { service, reading };
  }

  /** The manifest of a wrapper's folder. */
  async readWrapper(folder: vscode.Uri): Promise<OpenManifest | undefined> {
    const { service, open } = await this.load();
    const reading = await open.readWrapper(pathOfUri(folder));
    return reading && { service, reading };
  }

  /** Where a wrapper's manifest and code name volumes, images and the like. */
  async mentionsIn({ reading }: OpenManifest): Promise<EntityMention[]> {
    return (await this.load()).open.mentionsIn(reading);
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

async function findCode(folder: string): Promise<string[]> {
  const pattern = new vscode.RelativePattern(uriOfPath(folder), 'startos/**/*.ts');
  return (await vscode.workspace.findFiles(pattern, null, BUDGET.codeFiles)).map(pathOfUri);
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
export function toRange(text: string, span: { start: number; end: number }): vscode.Range {
  return rangeFrom(rangeOfSpan(text, span));
}

export function rangeFrom({ start, end }: TextRange): vscode.Range {
  return new vscode.Range(start.line, start.character, end.line, end.character);
}

/** The range of a finding's place. */
export function rangeOf(where: Place): vscode.Range {
  const { start, end = { line: start.line, character: Number.MAX_SAFE_INTEGER } } = rangeOfPlace(where);
  return rangeFrom({ start, end });
}

/** Whether a document may hold a manifest, by its name alone. */
export function looksLikeManifest({ uri }: vscode.TextDocument): boolean {
  return isWorkspaceFile(uri) && detect.looksLikeManifest(pathOfUri(uri));
}

export function isWrapperCode(uri: vscode.Uri): boolean {
  return isWorkspaceFile(uri) && detect.isWrapperCode(pathOfUri(uri));
}
