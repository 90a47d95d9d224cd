import { basename, dirname } from 'node:path';
import * as vscode from 'vscode';
import { blankAsksForValue, COMPLETION_TRIGGERS } from '../../manifest/editor-globs.ts';
import type { AskedAt, Completion, ManifestSymbol, Target } from '../../manifest/service.ts';
import { markdown } from '../say.ts';
import { statFile } from '../stat-file.ts';
import {
  DATA_MANIFESTS,
  type Manifests,
  type OpenManifest,
  rangeFrom,
  readText,
  toRange,
  WRAPPER_CODE,
} from './manifests.ts';
import { pathOfUri, uriOfPath } from './workspace-paths.ts';

/** What VS Code asks about manifests: each provider turns a question into one for `manifest/`, and the answer back. */
export function registerManifestLanguage(manifests: Manifests): vscode.Disposable[] {
  const everywhere = [DATA_MANIFESTS, WRAPPER_CODE].flat() as vscode.DocumentFilter[];
  const { languages } = vscode;
  return [
    languages.registerCompletionItemProvider(everywhere, new ManifestCompletion(manifests), ...COMPLETION_TRIGGERS),
    languages.registerHoverProvider(everywhere, {
      provideHover: (document, position) => provideHover(manifests, document, position),
    }),
    languages.registerDocumentSymbolProvider(
      // JSON and TypeScript have an outline of their own.
      { pattern: '**/manifest.{yaml,yml,toml}' },
      { provideDocumentSymbols: (document) => provideSymbols(manifests, document) },
      { label: 'StartOS manifest' },
    ),
    languages.registerFoldingRangeProvider(
      { pattern: '**/manifest.toml' },
      { provideFoldingRanges: (document) => provideFolding(manifests, document) },
    ),
    languages.registerDefinitionProvider(everywhere, {
      provideDefinition: (document, position) => provideDefinition(manifests, document, position),
    }),
    languages.registerReferenceProvider(everywhere, {
      provideReferences: (document, position, { includeDeclaration }) =>
        provideReferences(manifests, document, position, includeDeclaration),
    }),
    languages.registerRenameProvider(everywhere, new ManifestRename(manifests)),
    languages.registerDocumentLinkProvider(everywhere, {
      provideDocumentLinks: (document) => provideLinks(manifests, document),
    }),
  ];
}

const COMPLETION_KIND: Readonly<Record<Completion['kind'], vscode.CompletionItemKind>> = {
  key: vscode.CompletionItemKind.Property,
  value: vscode.CompletionItemKind.Value,
  snippet: vscode.CompletionItemKind.Snippet,
  reference: vscode.CompletionItemKind.Reference,
};

/** An item that still knows how to explain itself. */
class ManifestItem extends vscode.CompletionItem {
  document: (() => string) | undefined;
}

class ManifestCompletion implements vscode.CompletionItemProvider<ManifestItem> {
  private readonly manifests: Manifests;

  constructor(manifests: Manifests) {
    this.manifests = manifests;
  }

  async provideCompletionItems(
    document: vscode.TextDocument,
    position: vscode.Position,
    _token: vscode.CancellationToken,
    { triggerCharacter }: vscode.CompletionContext,
  ): Promise<ManifestItem[]> {
    const before = document.lineAt(position).text.slice(0, position.character);
    if (triggerCharacter === ' ' && !blankAsksForValue(before)) return [];
    const manifest = await this.manifests.readFor(document);
    if (!manifest) return [];
    const { service, reading } = manifest;
    const file = pathOfUri(document.uri);
    const offset = document.offsetAt(position);
    // TypeScript itself offers the keys of the SDK's type, once the SDK is installed.
    const hidesKeys = reading.usesSdk && (await statFile(uriOfPath(service.sdkMarker(reading)))) !== undefined;
    const items = service
      .complete(reading, file, offset)
      .filter((item) => !hidesKeys || item.kind !== 'key')
      .map((item) => toItem(document, item));
    return [...items, ...(await this.paths(manifest, document, offset))];
  }

  resolveCompletionItem(item: ManifestItem): ManifestItem {
    if (item.document) item.documentation = markdown(item.document());
    return item;
  }

  private async paths(
    { service, reading }: OpenManifest,
    document: vscode.TextDocument,
    offset: number,
  ): Promise<ManifestItem[]> {
    const context = service.pathContextAt(reading, pathOfUri(document.uri), offset);
    if (!context) return [];
    const folder = uriOfPath(service.folderTyped(reading, context));
    const entries = await vscode.workspace.fs.readDirectory(folder).then(
      (found) => found,
      () => [],
    );
    const range = new vscode.Range(
      document.positionAt(context.replace.start),
      document.positionAt(context.replace.end),
    );
    const named = entries.map(([name, type]) => ({ name, isFolder: (type & vscode.FileType.Directory) !== 0 }));
    return service.pathItems(context, named).map(({ label, isFolder, insert, sort }) => {
      const item = new ManifestItem(
        label,
        isFolder ? vscode.CompletionItemKind.Folder : vscode.CompletionItemKind.File,
      );
      item.insertText = insert;
      item.filterText = insert;
      item.range = range;
      item.sortText = sort;
      return item;
    });
  }
}

function toItem(
  document: vscode.TextDocument,
  { label, kind, detail, insert, replace, comma, sort, document: describe }: Completion,
): ManifestItem {
  const item = new ManifestItem(label, COMPLETION_KIND[kind]);
  item.range = new vscode.Range(document.positionAt(replace.start), document.positionAt(replace.end));
  item.insertText = new vscode.SnippetString(insert);
  // Lines are indented already.
  item.keepWhitespace = true;
  if (comma !== undefined) item.additionalTextEdits = [vscode.TextEdit.insert(document.positionAt(comma), ',')];
  item.sortText = sort;
  item.document = describe;
  if (detail !== undefined) item.detail = detail;
  const quote = /^["']/.exec(document.getText(item.range))?.[0];
  if (quote) item.filterText = `${quote}${label}`;
  return item;
}

async function provideHover(
  manifests: Manifests,
  document: vscode.TextDocument,
  position: vscode.Position,
): Promise<vscode.Hover | undefined> {
  const manifest = await manifests.readFor(document);
  const found = manifest?.service.hover(manifest.reading, pathOfUri(document.uri), document.offsetAt(position));
  return found && new vscode.Hover(markdown(found.markdown), toRange(document.getText(), found.span));
}

const SYMBOL_KIND: Readonly<Record<ManifestSymbol['kind'], vscode.SymbolKind>> = {
  object: vscode.SymbolKind.Module,
  array: vscode.SymbolKind.Array,
  string: vscode.SymbolKind.String,
  number: vscode.SymbolKind.Number,
  boolean: vscode.SymbolKind.Boolean,
  null: vscode.SymbolKind.Null,
};

async function provideSymbols(manifests: Manifests, document: vscode.TextDocument): Promise<vscode.DocumentSymbol[]> {
  const manifest = await manifests.read(document);
  if (!manifest) return [];
  const text = document.getText();
  const convert = ({ name, detail, kind, span, nameSpan, children }: ManifestSymbol): vscode.DocumentSymbol => {
    const symbol = new vscode.DocumentSymbol(
      name,
      detail,
      SYMBOL_KIND[kind],
      toRange(text, span),
      toRange(text, nameSpan),
    );
    symbol.children = children.map(convert);
    return symbol;
  };
  return manifest.service.documentSymbols(manifest.reading, pathOfUri(document.uri)).map(convert);
}

async function provideFolding(manifests: Manifests, document: vscode.TextDocument): Promise<vscode.FoldingRange[]> {
  const manifest = await manifests.read(document);
  if (!manifest) return [];
  return manifest.service.foldingSpans(manifest.reading, pathOfUri(document.uri)).map((span) => {
    const { start, end } = toRange(document.getText(), span);
    return new vscode.FoldingRange(start.line, end.line);
  });
}

/** What `manifest/` is asked about a position. */
async function askedAt(
  manifests: Manifests,
  document: vscode.TextDocument,
  position: vscode.Position,
): Promise<{ service: OpenManifest['service']; asked: AskedAt } | undefined> {
  const manifest = await manifests.readFor(document);
  if (!manifest) return undefined;
  const mentions = await manifests.mentionsIn(manifest);
  const { service, reading } = manifest;
  return {
    service,
    asked: { reading, mentions, file: pathOfUri(document.uri), offset: document.offsetAt(position) },
  };
}

function toLocation({ file, range }: Target): vscode.Location {
  return new vscode.Location(uriOfPath(file), rangeFrom(range));
}

async function provideDefinition(
  manifests: Manifests,
  document: vscode.TextDocument,
  position: vscode.Position,
): Promise<vscode.Location[]> {
  const found = await askedAt(manifests, document, position);
  return found ? found.service.definitionAt(found.asked).map(toLocation) : [];
}

async function provideReferences(
  manifests: Manifests,
  document: vscode.TextDocument,
  position: vscode.Position,
  withDeclaration: boolean,
): Promise<vscode.Location[]> {
  const found = await askedAt(manifests, document, position);
  return found ? found.service.referencesAt(found.asked, withDeclaration).map(toLocation) : [];
}

class ManifestRename implements vscode.RenameProvider {
  private readonly manifests: Manifests;

  constructor(manifests: Manifests) {
    this.manifests = manifests;
  }

  async prepareRename(document: vscode.TextDocument, position: vscode.Position) {
    const found = await askedAt(this.manifests, document, position);
    const mention = found?.service.mentionAt(found.asked.mentions, found.asked.file, found.asked.offset);
    if (!found || !mention) throw new Error(found?.service.NOT_RENAMED ?? 'There is no manifest here');
    return { range: toRange(document.getText(), mention.span), placeholder: mention.id };
  }

  async provideRenameEdits(
    document: vscode.TextDocument,
    position: vscode.Position,
    id: string,
  ): Promise<vscode.WorkspaceEdit> {
    const found = await askedAt(this.manifests, document, position);
    const edit = new vscode.WorkspaceEdit();
    const edits = found ? await found.service.renameAt(found.asked, id, readText) : [];
    for (const { file, range, text } of edits) edit.replace(uriOfPath(file), rangeFrom(range), text);
    return edit;
  }
}

async function provideLinks(manifests: Manifests, document: vscode.TextDocument): Promise<vscode.DocumentLink[]> {
  const manifest = await manifests.readFor(document);
  if (!manifest) return [];
  const text = document.getText();
  const links: vscode.DocumentLink[] = [];
  for (const { file, span, target } of manifest.service.linksOf(manifest.reading)) {
    // The editor itself makes links of URLs.
    if (file !== pathOfUri(document.uri) || !('path' in target)) continue;
    const uri = uriOfPath(target.path);
    const info = await statFile(uri);
    const isThere = info !== undefined && (info.type & vscode.FileType.Directory) === 0;
    if (!isThere) continue;
    const link = new vscode.DocumentLink(toRange(text, span), uri);
    link.tooltip = vscode.l10n.t('Open {0}', `${basename(dirname(target.path))}/${basename(target.path)}`);
    links.push(link);
  }
  return links;
}
