import { readdir } from 'node:fs/promises';
import {
  type CompletionItem,
  CompletionItemKind,
  type CompletionParams,
  InsertTextFormat,
  InsertTextMode,
  MarkupKind,
} from 'vscode-languageserver/node';
import { blankAsksForValue } from '../manifest/editor-globs.ts';
import { withoutPlaceholders } from '../manifest/edits/render.ts';
import { type Completion, complete, pathContextAt } from '../manifest/language/complete.ts';
import { folderTyped, pathItems, sdkMarker } from '../manifest/language/path-items.ts';
import { rangeOfSpan } from '../manifest/language/ranges.ts';
import type { ManifestReading } from '../manifest/lint-manifest.ts';
import type { OpenManifests } from '../manifest/open-manifests.ts';
import { isThere, type OpenDocument } from './documents.ts';

const KIND: Readonly<Record<Completion['kind'], CompletionItemKind>> = {
  key: CompletionItemKind.Property,
  value: CompletionItemKind.Value,
  snippet: CompletionItemKind.Snippet,
  reference: CompletionItemKind.Reference,
};

/** What may be typed: items whose explanations are made when somebody looks at them. */
export class Completer {
  private readonly manifests: OpenManifests;
  /** Whether the editor knows snippets. */
  private readonly takesSnippets: boolean;
  /** The explanations of the last list; `data` of its items says which list and which place in it. */
  private explanations: readonly (Completion['document'] | undefined)[] = [];
  private list = 0;

  constructor(manifests: OpenManifests, takesSnippets: boolean) {
    this.manifests = manifests;
    this.takesSnippets = takesSnippets;
  }

  async complete(
    { path, document }: OpenDocument,
    { position, context }: CompletionParams,
    signal: AbortSignal,
  ): Promise<CompletionItem[]> {
    const text = document.getText();
    const offset = document.offsetAt(position);
    const before = text.slice(offset - position.character, offset);
    if (context?.triggerCharacter === ' ' && !blankAsksForValue(before)) return [];
    const reading = await this.manifests.readFor(path);
    signal.throwIfAborted();
    if (!reading) return [];
    // TypeScript itself offers the keys of the SDK's type, once the SDK is installed.
    const hidesKeys = reading.usesSdk && (await isThere(sdkMarker(reading)));
    const found = complete(reading, path, offset).filter((item) => !hidesKeys || item.kind !== 'key');
    const paths = await this.paths(reading, path, offset, text);
    this.explanations = found.map((item) => item.document);
    const list = ++this.list;
    return [...found.map((item, index) => this.toItem(item, text, { list, index })), ...paths];
  }

  explain(item: CompletionItem): CompletionItem {
    const { list, index } = (item.data ?? {}) as { list?: number; index?: number };
    const explanation = list === this.list ? this.explanations[index ?? -1] : undefined;
    return explanation ? { ...item, documentation: { kind: MarkupKind.Markdown, value: explanation() } } : item;
  }

  private toItem(
    { label, kind, detail, insert, replace, comma, sort }: Completion,
    text: string,
    data: { readonly list: number; readonly index: number },
  ): CompletionItem {
    const quote = /^["']/.exec(text.slice(replace.start, replace.end))?.[0];
    return {
      label,
      kind: KIND[kind],
      textEdit: {
        range: rangeOfSpan(text, replace),
        newText: this.takesSnippets ? insert : withoutPlaceholders(insert),
      },
      insertTextFormat: this.takesSnippets ? InsertTextFormat.Snippet : InsertTextFormat.PlainText,
      // Lines are indented already.
      insertTextMode: InsertTextMode.asIs,
      sortText: sort,
      filterText: `${quote ?? ''}${label}`,
      data,
      ...(detail !== undefined && { detail }),
      ...(comma !== undefined && {
        additionalTextEdits: [{ range: rangeOfSpan(text, { start: comma, end: comma }), newText: ',' }],
      }),
    };
  }

  private async paths(reading: ManifestReading, path: string, offset: number, text: string): Promise<CompletionItem[]> {
    const context = pathContextAt(reading, path, offset);
    if (!context) return [];
    const entries = await readdir(folderTyped(reading, context), { withFileTypes: true }).catch(() => []);
    const named = entries.map((entry) => ({ name: entry.name, isFolder: entry.isDirectory() }));
    return pathItems(context, named).map(({ label, isFolder, insert, replace, sort }) => ({
      label,
      kind: isFolder ? CompletionItemKind.Folder : CompletionItemKind.File,
      textEdit: { range: rangeOfSpan(text, replace), newText: insert },
      filterText: insert,
      sortText: sort,
    }));
  }
}
