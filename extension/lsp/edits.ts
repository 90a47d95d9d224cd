import type {
  ClientCapabilities,
  CreateFile,
  TextDocumentEdit,
  TextEdit,
  WorkspaceEdit,
} from 'vscode-languageserver/node';
import type { CombinedFix } from '../manifest/combine-fixes.ts';
import type { TextRange } from '../manifest/language/ranges.ts';
import { type Documents, isThere } from './documents.ts';

/** Makes edits in the form that an editor takes. */
export class Edits {
  private readonly documents: Documents;
  private readonly takesVersions: boolean;
  private readonly takesFiles: boolean;

  constructor(documents: Documents, { workspace }: ClientCapabilities) {
    this.documents = documents;
    this.takesVersions = workspace?.workspaceEdit?.documentChanges === true;
    this.takesFiles = this.takesVersions && (workspace?.workspaceEdit?.resourceOperations?.includes('create') ?? false);
  }

  /** Changes of texts; of those that are open, for the version that is open now. */
  ofTexts(
    edits: readonly { readonly file: string; readonly range: TextRange; readonly text: string }[],
  ): WorkspaceEdit {
    const byPath = new Map<string, TextEdit[]>();
    for (const { file, range, text } of edits) {
      const list = byPath.get(file) ?? [];
      list.push({ range, newText: text });
      byPath.set(file, list);
    }
    if (!this.takesVersions) {
      const changes = [...byPath].map(([path, list]) => [this.documents.uriOf(path), list] as const);
      return { changes: Object.fromEntries(changes) };
    }
    return { documentChanges: [...byPath].map(([path, list]) => this.ofDocument(path, list)) };
  }

  /** What fixes do; undefined if that is nothing, or nothing that the editor can do. */
  async ofFixes({ creates, edits }: CombinedFix): Promise<WorkspaceEdit | undefined> {
    const made: (CreateFile | TextDocumentEdit)[] = [];
    for (const { file, text } of this.takesFiles ? creates : []) {
      if (await isThere(file)) continue;
      const start = { line: 0, character: 0 };
      made.push({ kind: 'create', uri: this.documents.uriOf(file), options: { ignoreIfExists: true } });
      made.push(this.ofDocument(file, [{ range: { start, end: start }, newText: text }]));
    }
    const texts = this.ofTexts(edits);
    if (made.length > 0) return { documentChanges: [...made, ...(texts.documentChanges ?? [])] };
    return edits.length > 0 ? texts : undefined;
  }

  private ofDocument(path: string, edits: TextEdit[]): TextDocumentEdit {
    const version = this.documents.at(path)?.document.version ?? null;
    return { textDocument: { uri: this.documents.uriOf(path), version }, edits };
  }
}
