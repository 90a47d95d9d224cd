import { sep } from 'node:path';
import { Debouncer, FILES_PAUSE_MS, TYPING_PAUSE_MS } from '../manifest/debouncer.ts';
import { areTogether, isWrapperCode, wrapperOf } from '../manifest/detect.ts';
import { wrapperFolder } from '../manifest/fixes.ts';
import type { TextLinter, TextReport } from '../manifest/lint-text.ts';
import type { OpenManifests } from '../manifest/open-manifests.ts';
import { lintWrapper } from '../manifest/wrapper/lint-wrapper.ts';
import type { Documents, OpenDocument } from './documents.ts';
import type { FindingBoard } from './finding-board.ts';
import type { Log } from './log.ts';

/** Checks manifests while they are typed, and the files around them: what an editor underlines. Nothing is executed. */
export class Checker {
  private readonly documents: Documents;
  private readonly manifests: OpenManifests;
  private readonly linter: TextLinter;
  private readonly board: FindingBoard;
  private readonly debouncer: Debouncer;
  /** What ends the check of a wrapper that is under way. */
  private readonly running = new Map<string, AbortController>();
  /** The files of each manifest that was checked, and the wrapper of each open document. */
  private readonly parts = new Map<string, readonly string[]>();
  private readonly wrappers = new Map<string, string>();

  constructor(documents: Documents, manifests: OpenManifests, linter: TextLinter, board: FindingBoard, log: Log) {
    this.documents = documents;
    this.manifests = manifests;
    this.linter = linter;
    this.board = board;
    this.debouncer = new Debouncer((error) => log.error(error));
  }

  /** A document was opened or saved: it is checked at once. */
  opened(open: OpenDocument): void {
    this.debouncer.later(`text ${open.path}`, 0, () => this.checkText(open));
  }

  /** A document was changed: so may be what is said about others of its wrapper. */
  changed(path: string): void {
    for (const open of this.documents.all())
      if (areTogether(open.path, path))
        this.debouncer.later(`text ${open.path}`, TYPING_PAUSE_MS, () => this.checkText(open));
  }

  /** Something of these paths was changed on disk. */
  changedOnDisk(paths: readonly string[]): void {
    this.manifests.forget();
    for (const open of this.documents.all()) {
      const folder = this.wrappers.get(open.path);
      if (folder === undefined || paths.some((path) => path.startsWith(`${folder}${sep}`)))
        this.debouncer.later(`text ${open.path}`, TYPING_PAUSE_MS, () => this.checkText(open));
    }
  }

  /** Forgets manifests and wrappers of which no part is open any more. */
  closed(): void {
    const isOpen = (path: string) => this.documents.at(path) !== undefined;
    for (const path of this.wrappers.keys()) if (!isOpen(path)) this.wrappers.delete(path);
    for (const [manifest, files] of this.parts) if (!files.some(isOpen)) this.parts.delete(manifest);
    const wanted = new Set([
      ...[...this.parts.keys()].map((file) => `manifest:${file}`),
      ...this.documents.all().map(({ path }) => `code:${path}`),
      ...[...this.wrappers.values()].map((folder) => `wrapper:${folder}`),
    ]);
    this.board.keepOnly((run) => wanted.has(run));
  }

  /** Ends what is under way. */
  stop(): void {
    this.debouncer.stop();
    for (const controller of this.running.values()) controller.abort();
  }

  /** Checks the manifest that a document is or is a part of. */
  private async checkText({ path, document }: OpenDocument): Promise<void> {
    const { version } = document;
    const reading = await this.manifests.readFor(path);
    const report = reading && (await this.linter.lint(path, this.documents.readText));
    // It was changed meanwhile, so it is checked anew; or it was closed.
    const isCurrent = () => this.documents.at(path)?.document === document && document.version === version;
    if (!isCurrent()) return;
    const folder = reading ? wrapperFolder(reading) : folderOfCode(path);
    if (folder === undefined) this.wrappers.delete(path);
    else {
      this.wrappers.set(path, folder);
      this.debouncer.later(`files ${folder}`, FILES_PAUSE_MS, () => this.checkWrapper(folder, path));
    }
    if (!report) this.parts.delete(path);
    else await this.show(path, report);
    this.closed();
  }

  private async show(path: string, { manifest, files, findings, inCode }: TextReport): Promise<void> {
    if (isWrapperCode(path)) await this.board.replace(`code:${path}`, inCode, path);
    if (!files.includes(path)) return;
    this.parts.set(manifest, files);
    await this.board.replace(`manifest:${manifest}`, findings, manifest);
  }

  /** Checks the files around a wrapper's manifest. @param fallback the document for what is about no file */
  private async checkWrapper(folder: string, fallback: string): Promise<void> {
    this.running.get(folder)?.abort();
    const controller = new AbortController();
    this.running.set(folder, controller);
    const { signal } = controller;
    try {
      const { around, manifestFile } = await lintWrapper(folder, {
        readText: this.documents.readText,
        cache: this.manifests.texts,
        signal,
      });
      signal.throwIfAborted();
      await this.board.replace(`wrapper:${folder}`, around, manifestFile ?? fallback);
      this.closed();
    } catch (error) {
      if (!signal.aborted) throw error;
    } finally {
      if (this.running.get(folder) === controller) this.running.delete(folder);
    }
  }
}

/** The wrapper whose code a file is, by its path. */
function folderOfCode(path: string): string | undefined {
  return isWrapperCode(path) ? wrapperOf(path) : undefined;
}
