import { basename, dirname } from 'node:path';
import {
  type DocumentLink,
  type DocumentSymbol,
  type FoldingRange,
  type Hover,
  type Location,
  MarkupKind,
  type Position,
  type Range,
  SymbolKind,
  type WorkspaceEdit,
} from 'vscode-languageserver/node';
import { mentionAt } from '../manifest/language/entities.ts';
import { hover } from '../manifest/language/hover.ts';
import { linksOf } from '../manifest/language/links.ts';
import {
  type AskedAt,
  definitionAt,
  NOT_RENAMED,
  referencesAt,
  renameAt,
  type Target,
} from '../manifest/language/navigate.ts';
import { rangeOfSpan } from '../manifest/language/ranges.ts';
import { documentSymbols, foldingSpans, type ManifestSymbol } from '../manifest/language/symbols.ts';
import type { OpenManifests } from '../manifest/open-manifests.ts';
import type { Documents, OpenDocument } from './documents.ts';
import type { Edits } from './edits.ts';

const SYMBOL_KIND: Readonly<Record<ManifestSymbol['kind'], SymbolKind>> = {
  object: SymbolKind.Module,
  array: SymbolKind.Array,
  string: SymbolKind.String,
  number: SymbolKind.Number,
  boolean: SymbolKind.Boolean,
  null: SymbolKind.Null,
};

/** Going through a manifest: what something means, where it is declared and named, what it leads to. */
export class Navigation {
  private readonly documents: Documents;
  private readonly manifests: OpenManifests;

  constructor(documents: Documents, manifests: OpenManifests) {
    this.documents = documents;
    this.manifests = manifests;
  }

  async hover({ path, document }: OpenDocument, position: Position): Promise<Hover | null> {
    const reading = await this.manifests.readFor(path);
    const found = reading && hover(reading, path, document.offsetAt(position));
    if (!found) return null;
    return {
      contents: { kind: MarkupKind.Markdown, value: found.markdown },
      range: rangeOfSpan(document.getText(), found.span),
    };
  }

  async definition(open: OpenDocument, position: Position, signal: AbortSignal): Promise<Location[]> {
    const asked = await this.askedAt(open, position, signal);
    return asked ? definitionAt(asked).map((target) => this.toLocation(target)) : [];
  }

  async references(
    open: OpenDocument,
    position: Position,
    withDeclaration: boolean,
    signal: AbortSignal,
  ): Promise<Location[]> {
    const asked = await this.askedAt(open, position, signal);
    return asked ? referencesAt(asked, withDeclaration).map((target) => this.toLocation(target)) : [];
  }

  /** @throws Error if nothing can be renamed there */
  async prepareRename(
    open: OpenDocument,
    position: Position,
    signal: AbortSignal,
  ): Promise<{ range: Range; placeholder: string }> {
    const asked = await this.askedAt(open, position, signal);
    const mention = asked && mentionAt(asked.mentions, asked.file, asked.offset);
    if (!mention) throw new Error(NOT_RENAMED);
    return { range: rangeOfSpan(open.document.getText(), mention.span), placeholder: mention.id };
  }

  /** @throws Error if the thing cannot be renamed, or not to that */
  async rename(
    open: OpenDocument,
    position: Position,
    name: string,
    edits: Edits,
    signal: AbortSignal,
  ): Promise<WorkspaceEdit> {
    const asked = await this.askedAt(open, position, signal);
    if (!asked) throw new Error(NOT_RENAMED);
    return edits.ofTexts(await renameAt(asked, name, this.documents.readText));
  }

  async symbols({ path, document }: OpenDocument): Promise<DocumentSymbol[]> {
    const reading = await this.manifests.read(path);
    // TypeScript has an outline of its own.
    if (!reading || reading.usesSdk) return [];
    const text = document.getText();
    const convert = ({ name, detail, kind, span, nameSpan, children }: ManifestSymbol): DocumentSymbol => ({
      name,
      detail,
      kind: SYMBOL_KIND[kind],
      range: rangeOfSpan(text, span),
      selectionRange: rangeOfSpan(text, nameSpan),
      children: children.map(convert),
    });
    return documentSymbols(reading, path).map(convert);
  }

  async folding({ path, document }: OpenDocument): Promise<FoldingRange[]> {
    const reading = await this.manifests.read(path);
    if (!reading || reading.usesSdk) return [];
    return foldingSpans(reading, path).map((span) => {
      const { start, end } = rangeOfSpan(document.getText(), span);
      return { startLine: start.line, endLine: end.line };
    });
  }

  /** The files that a manifest names. Editors themselves make links of URLs. */
  async links({ path, document }: OpenDocument, signal: AbortSignal): Promise<DocumentLink[]> {
    const reading = await this.manifests.readFor(path);
    const links: DocumentLink[] = [];
    for (const { file, span, target } of reading ? linksOf(reading) : []) {
      signal.throwIfAborted();
      if (file !== path || !('path' in target) || !(await this.documents.isFile(target.path))) continue;
      links.push({
        range: rangeOfSpan(document.getText(), span),
        target: this.documents.uriOf(target.path),
        tooltip: `Open ${basename(dirname(target.path))}/${basename(target.path)}`,
      });
    }
    return links;
  }

  private async askedAt(
    { path, document }: OpenDocument,
    position: Position,
    signal: AbortSignal,
  ): Promise<AskedAt | undefined> {
    const reading = await this.manifests.readFor(path);
    if (!reading) return undefined;
    signal.throwIfAborted();
    const mentions = await this.manifests.mentionsIn(reading);
    signal.throwIfAborted();
    return { reading, mentions, file: path, offset: document.offsetAt(position) };
  }

  private toLocation({ file, range }: Target): Location {
    return { uri: this.documents.uriOf(file), range };
  }
}
