import type { Readable, Writable } from 'node:stream';
import {
  CodeActionKind,
  type Connection,
  createConnection,
  DidChangeWatchedFilesNotification,
  type InitializeParams,
  type InitializeResult,
  PositionEncodingKind,
  ProposedFeatures,
  TextDocumentSyncKind,
} from 'vscode-languageserver/node';
import { COMPLETION_TRIGGERS, MANIFEST_FILES_GLOB, NAMED_FILES_GLOB } from '../manifest/editor-globs.ts';
import { TextLinter } from '../manifest/lint-text.ts';
import { OpenManifests } from '../manifest/open-manifests.ts';
import { Answers } from './answers.ts';
import { Checker } from './checker.ts';
import { FIX_ALL, Fixes } from './code-actions.ts';
import { Completer } from './completion.ts';
import { Documents, type OpenDocument } from './documents.ts';
import { Edits } from './edits.ts';
import { FindingBoard } from './finding-board.ts';
import { Log } from './log.ts';
import { Navigation } from './navigation.ts';
import { pathOfUri } from './places.ts';

/**
 * Serves an editor over the Language Server Protocol, until it says `exit` or the input ends: then the process ends, as the
 * protocol wants it. What is asked is answered by the functions of `manifest/`, as for VS Code.
 */
export function serve(input: Readable, output: Writable, version: string): void {
  const connection = createConnection(ProposedFeatures.all, input, output);
  const documents = new Documents();
  const manifests = new OpenManifests(documents);
  const board = new FindingBoard(connection, documents);
  const linter = new TextLinter(manifests.texts);
  const checker = new Checker(documents, manifests, linter, board, new Log(connection));
  const answers = new Answers();
  let canWatch = false;

  connection.onInitialize((params) => {
    canWatch = params.capabilities.workspace?.didChangeWatchedFiles?.dynamicRegistration === true;
    answerQuestions(connection, params, { documents, manifests, linter, board, answers });
    return describe(params, version);
  });
  connection.onInitialized(() => {
    if (!canWatch) return;
    const watchers = [MANIFEST_FILES_GLOB, NAMED_FILES_GLOB].map((globPattern) => ({ globPattern }));
    void connection.client.register(DidChangeWatchedFilesNotification.type, { watchers });
  });

  connection.onDidOpenTextDocument(({ textDocument: { uri, languageId, version: opened, text } }) => {
    const open = documents.open(uri, languageId, opened, text);
    if (open) checker.opened(open);
  });
  connection.onDidChangeTextDocument(({ textDocument: { uri, version: changed }, contentChanges }) => {
    const open = documents.get(uri);
    if (!open) return;
    answers.supersede(uri);
    for (const change of contentChanges) {
      if ('range' in change) board.follow(open.path, change.range, change.text);
    }
    documents.change(uri, changed, contentChanges);
    checker.changed(open.path);
  });
  connection.onDidSaveTextDocument(({ textDocument: { uri } }) => {
    const path = pathOfUri(uri);
    // Where the editor does not watch files, what it saves is all that is known of them.
    if (path !== undefined) checker.changedOnDisk([path]);
  });
  connection.onDidCloseTextDocument(({ textDocument: { uri } }) => {
    documents.close(uri);
    checker.closed();
  });
  connection.onDidChangeWatchedFiles(({ changes }) => {
    checker.changedOnDisk(changes.flatMap(({ uri }) => pathOfUri(uri) ?? []));
  });
  connection.onShutdown(() => checker.stop());
  connection.listen();
}

/** What the server can do. */
function describe({ capabilities }: InitializeParams, version: string): InitializeResult {
  const canPrepare = capabilities.textDocument?.rename?.prepareSupport === true;
  return {
    serverInfo: { name: 's9pk', version },
    capabilities: {
      // What every editor must know; the offsets of all texts here are the same.
      positionEncoding: PositionEncodingKind.UTF16,
      textDocumentSync: { openClose: true, change: TextDocumentSyncKind.Incremental, save: { includeText: false } },
      completionProvider: { triggerCharacters: [...COMPLETION_TRIGGERS], resolveProvider: true },
      hoverProvider: true,
      definitionProvider: true,
      referencesProvider: true,
      renameProvider: canPrepare ? { prepareProvider: true } : true,
      documentSymbolProvider: true,
      foldingRangeProvider: true,
      documentLinkProvider: { resolveProvider: false },
      codeActionProvider: { codeActionKinds: [CodeActionKind.QuickFix, FIX_ALL] },
    },
  };
}

interface Room {
  readonly documents: Documents;
  readonly manifests: OpenManifests;
  readonly linter: TextLinter;
  readonly board: FindingBoard;
  readonly answers: Answers;
}

function answerQuestions(
  connection: Connection,
  { capabilities }: InitializeParams,
  { documents, manifests, linter, board, answers }: Room,
): void {
  const takesSnippets = capabilities.textDocument?.completion?.completionItem?.snippetSupport === true;
  const completer = new Completer(manifests, takesSnippets);
  const edits = new Edits(documents, capabilities);
  const fixes = new Fixes(documents, manifests, linter, board, edits);
  const navigation = new Navigation(documents, manifests);
  /** Answers about a document; about one that is not open, or cannot be of a manifest, with nothing. */
  const about = <P extends { readonly textDocument: { readonly uri: string } }, R>(
    work: (open: OpenDocument, params: P, signal: AbortSignal) => Promise<R>,
  ) => {
    return (params: P, token: Parameters<Answers['give']>[1]) => {
      const open = documents.get(params.textDocument.uri);
      if (!open) return null;
      return answers.give(params.textDocument.uri, token, (signal) => work(open, params, signal));
    };
  };
  connection.onCompletion(about((open, params, signal) => completer.complete(open, params, signal)));
  connection.onCompletionResolve((item) => completer.explain(item));
  connection.onHover(about((open, { position }) => navigation.hover(open, position)));
  connection.onDefinition(about((open, { position }, signal) => navigation.definition(open, position, signal)));
  connection.onReferences(
    about((open, { position, context }, signal) =>
      navigation.references(open, position, context.includeDeclaration, signal),
    ),
  );
  connection.onPrepareRename(about((open, { position }, signal) => navigation.prepareRename(open, position, signal)));
  connection.onRenameRequest(
    about((open, { position, newName }, signal) => navigation.rename(open, position, newName, edits, signal)),
  );
  connection.onDocumentSymbol(about((open) => navigation.symbols(open)));
  connection.onFoldingRanges(about((open) => navigation.folding(open)));
  connection.onDocumentLinks(about((open, _, signal) => navigation.links(open, signal)));
  connection.onCodeAction(about((open, params, signal) => fixes.actions(open, params, signal)));
}
