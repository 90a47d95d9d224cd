import { stat } from 'node:fs/promises';
import type { TextDocumentContentChangeEvent } from 'vscode-languageserver/node';
import { TextDocument } from 'vscode-languageserver-textdocument';
import { isFile } from '../engine/io/path-kind.ts';
import { readText } from '../engine/io/whole-file.ts';
import { looksLikeManifest } from '../manifest/detect.ts';
import type { EditorFiles } from '../manifest/open-manifests.ts';
import { codeFilesIn } from '../manifest/wrapper/code-ids.ts';
import { pathOfUri, uriOfPath } from './places.ts';

/** A text that the editor has open, with its path. */
export interface OpenDocument {
  readonly path: string;
  readonly document: TextDocument;
}

/** The texts that the editor has open: those that may be of a manifest, by path. */
export class Documents implements EditorFiles {
  private readonly byPath = new Map<string, OpenDocument>();
  /** How often any of the texts was opened, changed or closed. */
  private edits = 0;

  /** @returns undefined if the document is on no disk, or cannot be of a manifest by its name */
  open(uri: string, languageId: string, version: number, text: string): OpenDocument | undefined {
    const path = pathOfUri(uri);
    if (path === undefined || !looksLikeManifest(path)) return undefined;
    const opened = { path, document: TextDocument.create(uri, languageId, version, text) };
    this.byPath.set(path, opened);
    this.edits++;
    return opened;
  }

  /** Applies changes, each to what the one before made of the text. */
  change(uri: string, version: number, changes: TextDocumentContentChangeEvent[]): OpenDocument | undefined {
    const open = this.get(uri);
    if (!open) return undefined;
    TextDocument.update(open.document, changes, version);
    this.edits++;
    return open;
  }

  close(uri: string): void {
    const path = pathOfUri(uri);
    if (path !== undefined && this.byPath.delete(path)) this.edits++;
  }

  get(uri: string): OpenDocument | undefined {
    const path = pathOfUri(uri);
    return path === undefined ? undefined : this.byPath.get(path);
  }

  at(path: string): OpenDocument | undefined {
    return this.byPath.get(path);
  }

  all(): OpenDocument[] {
    return [...this.byPath.values()];
  }

  /** The address of a path, as the editor writes it where it has the file open. */
  uriOf(path: string): string {
    return this.byPath.get(path)?.document.uri ?? uriOfPath(path);
  }

  readonly readText = async (file: string): Promise<string | undefined> =>
    this.byPath.get(file)?.document.getText() ?? readText(file);

  readonly versions = (): string => String(this.edits);

  readonly findCode = codeFilesIn;

  /** Whether a path is a file, open or on disk. */
  async isFile(path: string): Promise<boolean> {
    return this.byPath.has(path) || isFile(path);
  }
}

/** Whether there is anything at a path. */
export async function isThere(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}
