import assert from 'node:assert/strict';
import { cp, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import {
  CancellationTokenSource,
  CodeActionRequest,
  CompletionRequest,
  CompletionResolveRequest,
  DefinitionRequest,
  type Diagnostic,
  DidChangeWatchedFilesNotification,
  DidCloseTextDocumentNotification,
  DocumentLinkRequest,
  DocumentSymbolRequest,
  FileChangeType,
  type FileEvent,
  FoldingRangeRequest,
  HoverRequest,
  LSPErrorCodes,
  type Position,
  PrepareRenameRequest,
  ReferencesRequest,
  RenameRequest,
  type ResponseError,
  type TextDocumentEdit,
} from 'vscode-languageserver-protocol/node';
import { LspClient, uriOf } from '../../support/lsp-client.ts';
import { temporaryFolder } from '../../support/tools.ts';

/** A copy of an example, with one of its files open in an editor. */
async function session(example: string, file: string) {
  const temporary = await temporaryFolder();
  const folder = join(temporary.path, 'wrapper');
  await cp(`examples/${example}`, folder, { recursive: true, filter: (path) => !/node_modules|image.oci/.test(path) });
  const path = join(folder, file);
  const text = await readFile(path, 'utf8');
  const client = await LspClient.start();
  await client.open(path, text);
  const at = { textDocument: { uri: uriOf(path) } };
  /** Where a piece of the text begins, so many units further. */
  const positionOf = (piece: string, further = 1): Position => {
    const before = text.slice(0, text.indexOf(piece) + further);
    assert.ok(text.includes(piece));
    return { line: before.split('\n').length - 1, character: before.length - before.lastIndexOf('\n') - 1 };
  };
  const put = (piece: string, by: string) =>
    client.change(path, { start: positionOf(piece, 0), end: positionOf(piece, piece.length) }, by);
  return {
    ...{ client, folder, path, text, at, positionOf, put },
    async [Symbol.asyncDispose]() {
      await client[Symbol.asyncDispose]();
      await temporary[Symbol.asyncDispose]();
    },
  };
}

test('a session begins and ends as the protocol wants it', async () => {
  const client = await LspClient.start();
  assert.equal(client.initialized?.serverInfo?.name, 's9pk');
  assert.equal(client.initialized?.capabilities.positionEncoding, 'utf-16');
  await client.until(() => client.registered.includes('workspace/didChangeWatchedFiles'), 'files are watched');
  assert.equal(await client.end(), 0);
});

test('what is typed is checked at once, in UTF-16, and what is around when files come and go', async () => {
  await using at = await session('hello-world-0.3', 'manifest.yaml');
  const { client, path, folder, put, positionOf } = at;
  await client.until(() => client.diagnostics.has(path), 'it is checked');
  await put('title: Hello World', 'title: Hello World\nlicense: MIT');
  await client.until(() => client.codesOf(path).includes('manifest-key-twice'), 'a key twice');
  const [twice] = (client.diagnostics.get(path) ?? []).filter(({ code }) => code === 'manifest-key-twice');
  assert.match(twice?.codeDescription?.href ?? '', /docs\/findings\/manifest-key-twice\.md$/);
  const { line } = positionOf('title:');
  await client.change(path, { start: { line: line + 1, character: 0 }, end: { line: line + 2, character: 0 } }, '');
  await client.until(() => !client.codesOf(path).includes('manifest-key-twice'), 'it is mended');
  // Behind characters of two units each.
  const before = 'properties: {"𝔘𝔫": 1, type: ';
  await put('properties: null', `${before}dokcer}`);
  const isType = ({ message }: Diagnostic) => String(message).includes('dokcer');
  await client.until(() => client.diagnostics.get(path)?.some(isType) ?? false, 'a type that is none');
  const { line: there } = positionOf('properties: null', 0);
  assert.deepEqual(client.diagnostics.get(path)?.find(isType)?.range, {
    start: { line: there, character: before.length },
    end: { line: there, character: before.length + 'dokcer'.length },
  });

  await rm(join(folder, 'icon.svg'));
  const deleted: FileEvent = { uri: uriOf(join(folder, 'icon.svg')), type: FileChangeType.Deleted };
  await client.connection.sendNotification(DidChangeWatchedFilesNotification.type, { changes: [deleted] });
  await client.until(() => client.codesOf(path).includes('input-missing'), 'the icon is gone');
  const icon = () => (client.diagnostics.get(path) ?? []).find(({ code }) => code === 'input-missing');
  assert.equal(icon()?.range.start.line, positionOf('icon.svg').line);
  // Until the files are looked at again, what was found moves along.
  await client.change(path, { start: { line: 0, character: 0 }, end: { line: 0, character: 0 } }, '# one\n# two\n');
  await client.until(() => icon()?.range.start.line === positionOf('icon.svg').line + 2, 'it moves');

  await client.connection.sendNotification(DidCloseTextDocumentNotification.type, at.at);
  await client.until(() => client.codesOf(path).length === 0, 'what is closed is forgotten');
});

test('completion, hover, outline, links', async () => {
  await using at = await session('hello-world-0.3', 'manifest.yaml');
  const { client, positionOf } = at;
  const { connection } = client;
  const list = await connection.sendRequest(CompletionRequest.type, {
    ...at.at,
    position: positionOf('main: /data', 0),
  });
  const items = Array.isArray(list) ? list : (list?.items ?? []);
  assert.ok(items.length > 0);
  const symbols = await connection.sendRequest(DocumentSymbolRequest.type, at.at);
  assert.deepEqual(
    symbols?.slice(0, 3).map(({ name }) => name),
    ['id', 'title', 'version'],
  );
  const folding = await connection.sendRequest(FoldingRangeRequest.type, at.at);
  assert.ok(folding?.some(({ startLine }) => startLine === positionOf('health-checks:').line));
  const hover = await connection.sendRequest(HoverRequest.type, { ...at.at, position: positionOf('sigterm-timeout') });
  assert.match(JSON.stringify(hover?.contents), /\*\*main › sigterm-timeout\*\*/);
  const links = await connection.sendRequest(DocumentLinkRequest.type, at.at);
  assert.ok(links?.some(({ target }) => target === uriOf(join(at.folder, 'icon.svg'))));
  const [first] = items.filter(({ data }) => data !== undefined);
  assert.ok(first);
  const explained = await connection.sendRequest(CompletionResolveRequest.type, first);
  assert.notEqual(explained.documentation, undefined);
  const paths = await connection.sendRequest(CompletionRequest.type, { ...at.at, position: positionOf('icon.svg', 0) });
  const labels = (Array.isArray(paths) ? paths : []).map(({ label }) => label);
  assert.ok(labels.includes('icon.svg') && labels.includes('LICENSE'), labels.join());
});

test('editors without snippets are given none', async () => {
  await using temporary = await temporaryFolder();
  const path = join(temporary.path, 'manifest.yaml');
  const text = await readFile('examples/hello-world-0.3/manifest.yaml', 'utf8');
  await writeFile(path, `${text}\n`);
  await using client = await LspClient.start({});
  await client.open(path, `${text}\n`);
  const position = { line: text.split('\n').length - 1, character: 0 };
  const list = await client.connection.sendRequest(CompletionRequest.type, {
    textDocument: { uri: uriOf(path) },
    position,
  });
  const items = Array.isArray(list) ? list : [];
  assert.ok(items.length > 3);
  for (const { textEdit, insertTextFormat } of items) {
    assert.equal(insertTextFormat ?? 1, 1);
    assert.doesNotMatch(textEdit?.newText ?? '', /\$\{?\d/);
  }
  assert.deepEqual(client.registered, []);
});

test('definition, references and rename go through the code of a wrapper', async () => {
  await using at = await session('hello-world', 'startos/manifest/index.ts');
  const { client, folder, positionOf, text } = at;
  const { connection } = client;
  const main = join(folder, 'startos/main.ts');
  const code = await readFile(main, 'utf8');
  await client.open(main, code, 'typescript');
  const line = code.split('\n').findIndex((item) => item.includes("imageId: 'main'"));
  const position = { line, character: (code.split('\n')[line] ?? '').indexOf("'main'") + 2 };
  const definition = await connection.sendRequest(DefinitionRequest.type, {
    textDocument: { uri: uriOf(main) },
    position,
  });
  const declared = text.indexOf('main: {');
  const declaredAt = { line: text.slice(0, declared).split('\n').length - 1, character: 4 };
  assert.deepEqual(definition, [
    { uri: uriOf(at.path), range: { start: declaredAt, end: { ...declaredAt, character: 8 } } },
  ]);
  const references = await connection.sendRequest(ReferencesRequest.type, {
    ...at.at,
    position: declaredAt,
    context: { includeDeclaration: false },
  });
  assert.deepEqual(
    references?.map(({ uri, range }) => [uri, range.start.line]),
    [[uriOf(main), line]],
  );
  const prepared = await connection.sendRequest(PrepareRenameRequest.type, { ...at.at, position: declaredAt });
  assert.deepEqual(prepared, {
    range: { start: declaredAt, end: { ...declaredAt, character: 8 } },
    placeholder: 'main',
  });
  const edit = await connection.sendRequest(RenameRequest.type, { ...at.at, position: declaredAt, newName: 'server' });
  const edited = ((edit?.documentChanges ?? []) as TextDocumentEdit[]).map(({ textDocument, edits }) => [
    textDocument.uri,
    textDocument.version,
    ...edits.map((item) => ('newText' in item ? item.newText : '')),
  ]);
  assert.deepEqual(
    edited.sort(),
    [
      [uriOf(main), 1, "'server'"],
      [uriOf(at.path), 1, 'server'],
    ].sort(),
  );
  const refused = await connection
    .sendRequest(RenameRequest.type, { ...at.at, position: declaredAt, newName: 'Not an id' })
    .catch((error: ResponseError) => error.message);
  assert.match(String(refused), /is not an id/);
  const title = positionOf("title: 'Hello", 10);
  const nothing = await connection
    .sendRequest(PrepareRenameRequest.type, { ...at.at, position: title })
    .catch((error: ResponseError) => error.message);
  assert.match(String(nothing), /can be renamed/);
});

test('what is underlined can be mended, one by one and all at once', async () => {
  await using at = await session('hello-world-0.3', 'manifest.yaml');
  const { client, path, put, positionOf } = at;
  const { connection } = client;
  await put('ui: true', 'ui: yes');
  await client.until(() => client.codesOf(path).includes('manifest-type'), 'the mistake is found');
  const [wrong] = (client.diagnostics.get(path) ?? []).filter(({ code }) => code === 'manifest-type');
  assert.ok(wrong);
  const actions = await connection.sendRequest(CodeActionRequest.type, {
    ...at.at,
    range: wrong.range,
    context: { diagnostics: [wrong] },
  });
  const [fix] = (actions ?? []).filter(({ title }) => title === 'Change to true');
  assert.ok(fix && 'edit' in fix && fix.diagnostics?.length === 1);
  assert.deepEqual(fix.edit?.documentChanges?.[0], {
    textDocument: { uri: uriOf(path), version: 2 },
    edits: [{ range: wrong.range, newText: 'true' }],
  });
  const all = await connection.sendRequest(CodeActionRequest.type, {
    ...at.at,
    range: { start: positionOf('id:', 0), end: positionOf('id:', 0) },
    context: { diagnostics: [], only: ['source.fixAll'] },
  });
  assert.deepEqual(
    all?.map(({ title }) => title),
    ['Fix all safe problems of this manifest'],
  );
});

test('what is cancelled or overtaken by typing ends early', async () => {
  await using at = await session('hello-world', 'startos/manifest/index.ts');
  const { client, positionOf } = at;
  const asked = { ...at.at, position: positionOf('main: {'), context: { includeDeclaration: true } };
  const codeOf = (answer: Promise<unknown>) =>
    answer.then(
      () => 'answered',
      ({ code }: ResponseError) => code,
    );
  const source = new CancellationTokenSource();
  const cancelled = codeOf(client.connection.sendRequest(ReferencesRequest.type, asked, source.token));
  source.cancel();
  assert.equal(await cancelled, LSPErrorCodes.RequestCancelled);
  const overtaken = codeOf(client.connection.sendRequest(ReferencesRequest.type, asked));
  await client.change(at.path, { start: { line: 0, character: 0 }, end: { line: 0, character: 0 } }, '\n');
  assert.equal(await overtaken, LSPErrorCodes.ContentModified);
});

test('other files are left alone', async () => {
  await using temporary = await temporaryFolder();
  await using client = await LspClient.start();
  const path = join(temporary.path, 'composer.json');
  await client.open(path, '{"id": ');
  await client.connection.sendNotification(DidCloseTextDocumentNotification.type, {
    textDocument: { uri: 'untitled:1' },
  });
  const position = { line: 7, character: 900 };
  const hover = await client.connection.sendRequest(HoverRequest.type, {
    textDocument: { uri: uriOf(path) },
    position,
  });
  assert.equal(hover, null);
  assert.equal(client.diagnostics.size, 0);
});
