import assert from 'node:assert/strict';
import * as vscode from 'vscode';
import { codeOf, eventually, type HostTest, inWorkspace } from './host-test.ts';

const OLDER = () => inWorkspace('older', 'manifest.yaml');
const NEWER = () => inWorkspace('hello-world', 'startos', 'manifest', 'index.ts');

const ours = (file: vscode.Uri) => vscode.languages.getDiagnostics(file).filter(({ source }) => source === 's9pk');
const codes = (file: vscode.Uri) => ours(file).map(codeOf).sort();

async function open(file: vscode.Uri): Promise<vscode.TextDocument> {
  const document = await vscode.workspace.openTextDocument(file);
  await vscode.window.showTextDocument(document);
  return document;
}

/** Replaces the first `from`, as typing does: without saving. */
async function type(document: vscode.TextDocument, from: string, to: string): Promise<void> {
  const start = document.getText().indexOf(from);
  assert.ok(start >= 0, `${from} is not there`);
  const edit = new vscode.WorkspaceEdit();
  edit.replace(
    document.uri,
    new vscode.Range(document.positionAt(start), document.positionAt(start + from.length)),
    to,
  );
  assert.ok(await vscode.workspace.applyEdit(edit));
}

function positionOf(document: vscode.TextDocument, text: string, into = 0): vscode.Position {
  const start = document.getText().indexOf(text);
  assert.ok(start >= 0, `${text} is not there`);
  return document.positionAt(start + into);
}

/** Takes back what was typed. The command acts on the editor in front, which on a busy machine may not be ours yet. */
async function revert(document: vscode.TextDocument): Promise<void> {
  let tries = 0;
  do {
    await vscode.window.showTextDocument(document);
    await vscode.commands.executeCommand('workbench.action.files.revert');
    await new Promise((done) => setTimeout(done, 50));
  } while (document.isDirty && ++tries < 40);
  assert.ok(!document.isDirty, 'what was typed could not be taken back');
}

async function completions(document: vscode.TextDocument, position: vscode.Position): Promise<vscode.CompletionItem[]> {
  const list = await vscode.commands.executeCommand<vscode.CompletionList>(
    'vscode.executeCompletionItemProvider',
    document.uri,
    position,
    undefined,
    100,
  );
  return list.items;
}

const labelOf = ({ label }: vscode.CompletionItem) => (typeof label === 'string' ? label : label.label);

async function quickFixes(document: vscode.TextDocument, range: vscode.Range): Promise<vscode.CodeAction[]> {
  const actions = await vscode.commands.executeCommand<vscode.CodeAction[]>(
    'vscode.executeCodeActionProvider',
    document.uri,
    range,
  );
  return actions.filter(({ kind }) => kind && vscode.CodeActionKind.QuickFix.contains(kind));
}

const NEWEST = (...path: string[]) => inWorkspace('start-sdk-3', 'startos', ...path);

export const manifestTests: readonly HostTest[] = [
  {
    name: 'a wrapper of start-sdk 3 has no problems, and mistakes in its dependencies.ts are marked there while typing',
    async run() {
      await open(NEWEST('manifest', 'index.ts'));
      const document = await open(NEWEST('dependencies.ts'));
      await type(document, 'versionRange: coturnVersionRange', "versionRange: '>>1'");
      const problem = await eventually('the range is marked', () =>
        ours(document.uri).find((item) => codeOf(item) === 'manifest-range'),
      );
      assert.equal(document.getText(problem.range), "'>>1'");
      assert.deepEqual(codes(NEWEST('manifest', 'index.ts')), []);
      await revert(document);
      await eventually('the mark goes', () => codes(document.uri).length === 0).catch(() =>
        assert.fail(JSON.stringify(ours(document.uri).map((item) => [codeOf(item), item.message, item.range]))),
      );
      const hovers = await vscode.commands.executeCommand<vscode.Hover[]>(
        'vscode.executeHoverProvider',
        document.uri,
        positionOf(document, 'versionRange', 2),
      );
      const texts = hovers.flatMap(({ contents }) =>
        contents.map((item) => (typeof item === 'string' ? item : item.value)),
      );
      assert.ok(
        texts.some((text) => text.includes('since StartOS 0.4.0.2, start-sdk 3.0.0')),
        texts.join(),
      );
      const edit = await vscode.commands.executeCommand<vscode.WorkspaceEdit>(
        'vscode.executeDocumentRenameProvider',
        document.uri,
        positionOf(document, "'bitcoind', {", 2),
        'bitcoin-core',
      );
      const changed = edit
        .entries()
        .map(([uri, edits]) => [uri.path.split('/').at(-1), edits.map(({ newText }) => newText)]);
      assert.deepEqual(changed.sort(), [
        ['dependencies.ts', ["'bitcoin-core'"]],
        ['main.ts', ["'bitcoin-core'"]],
      ]);
    },
  },
  {
    name: 'a wrapper for 0.3 without mistakes has no problems, and its missing images are mentioned',
    async run() {
      await open(OLDER());
      await eventually('the files are checked', () => codes(OLDER()).includes('images-unbuilt'));
      assert.deepEqual(codes(OLDER()), ['images-unbuilt']);
    },
  },
  {
    name: 'mistakes in YAML are underlined while typing, and the quick fix mends them',
    async run() {
      const document = await open(OLDER());
      await type(document, '    main: /root\n', '    mian: /root\n');
      const problem = await eventually('the problem is marked', () =>
        ours(OLDER()).find((item) => codeOf(item) === 'manifest-volume-unknown'),
      );
      assert.equal(document.getText(problem.range), 'mian');
      assert.ok(document.isDirty, 'it was not saved');
      const fixes = await quickFixes(document, problem.range);
      assert.deepEqual(
        fixes.slice(0, 2).map(({ title }) => title),
        ['Rename to "main"', 'Declare the volume "mian"'],
      );
      const [fix] = fixes;
      assert.ok(fix?.edit && (await vscode.workspace.applyEdit(fix.edit)));
      await eventually('the problem goes', () => !codes(OLDER()).includes('manifest-volume-unknown'));
      assert.match(document.getText(), /\n {4}main: \/root\n/);
      await revert(document);
    },
  },
  {
    name: 'all safe problems are fixed at once',
    async run() {
      const document = await open(OLDER());
      await type(document, 'version: 1.0.0', 'version: 1.1');
      await type(document, 'ui: true', 'ui: yes');
      await type(document, 'timeout: 20s', 'timeout: 500ms');
      await eventually('all are marked', () => codes(OLDER()).length === 4);
      assert.equal(await vscode.commands.executeCommand('s9pk.fixAll'), 3);
      await eventually('they go', () => codes(OLDER()).length === 1);
      assert.match(document.getText(), /version: "1\.1"[\s\S]*timeout: 0\.5s[\s\S]*ui: true/);
      await revert(document);
    },
  },
  {
    name: 'a file that the manifest names is missed when it goes, and found when it comes back',
    async run() {
      await open(OLDER());
      await vscode.workspace.fs.rename(inWorkspace('older', 'icon.png'), inWorkspace('older', 'picture.png'));
      const problem = await eventually(
        'the icon is missed',
        () => ours(OLDER()).find((item) => codeOf(item) === 'input-missing'),
        20,
      );
      const document = await open(OLDER());
      assert.equal(document.getText(problem.range), 'icon.png');
      await vscode.workspace.fs.rename(inWorkspace('older', 'picture.png'), inWorkspace('older', 'icon.png'));
      await eventually('it is found', () => !codes(OLDER()).includes('input-missing'), 20);
    },
  },
  {
    name: 'completion offers keys, values, names and files, explained when they are looked at',
    async run() {
      const document = await open(OLDER());
      const after = (text: string) => positionOf(document, text, text.length);
      const interfaces = await completions(document, after('interface-id: '));
      assert.ok(interfaces.map(labelOf).includes('main'));
      await type(document, 'donation-url: https://example.org/donate\n', 'don\n');
      const keys = await completions(document, after('\ndon'));
      const donation = keys.find((item) => labelOf(item) === 'donation-url');
      assert.ok(donation, keys.map(labelOf).join());
      assert.ok(donation.documentation instanceof vscode.MarkdownString);
      assert.match(donation.documentation.value, /donate/);
      const files = await completions(document, after('icon: '));
      assert.ok(files.map(labelOf).includes('icon.png'), files.map(labelOf).join());
      await revert(document);
    },
  },
  {
    name: 'hovering explains a key',
    async run() {
      const document = await open(OLDER());
      const hovers = await vscode.commands.executeCommand<vscode.Hover[]>(
        'vscode.executeHoverProvider',
        document.uri,
        positionOf(document, 'io-format', 2),
      );
      const text = hovers
        .flatMap(({ contents }) => contents.map((item) => (typeof item === 'string' ? item : item.value)))
        .join();
      assert.match(text, /How input and output are encoded/);
    },
  },
  {
    name: 'the outline of YAML has the keys',
    async run() {
      const document = await open(OLDER());
      const symbols = await vscode.commands.executeCommand<vscode.DocumentSymbol[]>(
        'vscode.executeDocumentSymbolProvider',
        document.uri,
      );
      const names = symbols.map(({ name }) => name);
      assert.ok(names.includes('volumes') && names.includes('interfaces'), names.join());
      const volumes = symbols.find(({ name }) => name === 'volumes');
      assert.deepEqual(
        volumes?.children.map(({ name }) => name),
        ['main', 'cert', 'lnd'],
      );
    },
  },
  {
    name: 'a volume is followed to its declaration, its uses are found, and it is renamed everywhere',
    async run() {
      const document = await open(OLDER());
      const use = positionOf(document, '    main: /root\n', 5);
      const [declaration] = await vscode.commands.executeCommand<vscode.Location[]>(
        'vscode.executeDefinitionProvider',
        document.uri,
        use,
      );
      assert.equal(declaration && document.getText(declaration.range), 'main');
      assert.equal(declaration?.range.start.line, positionOf(document, '  main:\n    type: data').line);
      const uses = await vscode.commands.executeCommand<vscode.Location[]>(
        'vscode.executeReferenceProvider',
        document.uri,
        use,
      );
      assert.equal(uses.length, 4);
      const edit = await vscode.commands.executeCommand<vscode.WorkspaceEdit>(
        'vscode.executeDocumentRenameProvider',
        document.uri,
        use,
        'data',
      );
      assert.equal(edit.get(document.uri).length, 4);
      assert.ok(await vscode.workspace.applyEdit(edit));
      assert.ok(document.getText().includes('  data:\n    type: data'));
      // What was typed before, in half words, may still be shown until the new text is checked.
      await eventually('it is checked again', () => codes(OLDER()).join() === 'images-unbuilt');
      await revert(document);
    },
  },
  {
    name: 'mistakes in a TypeScript manifest are underlined while typing, in imported modules too',
    async run() {
      const document = await open(NEWER());
      await type(document, "id: 'hello-world'", "id: 'Hello World'");
      const problem = await eventually('the problem is marked', () =>
        ours(NEWER()).find((item) => codeOf(item) === 'manifest-id'),
      );
      assert.equal(document.getText(problem.range), "'Hello World'");
      assert.ok(typeof problem.code === 'object' && problem.code.target.scheme === 'command');
      const [fix] = await quickFixes(document, problem.range);
      assert.equal(fix?.title, 'Change to "hello-world"');
      await revert(document);
      await eventually('the problem goes', () => !codes(NEWER()).includes('manifest-id'));

      const texts = await open(inWorkspace('hello-world', 'startos', 'manifest', 'i18n.ts'));
      const first = /de_DE: '([^']*)'/.exec(texts.getText())?.[1] ?? '';
      await type(texts, first, 'x'.repeat(121));
      await eventually('the long text is marked where it stands', () =>
        codes(texts.uri).includes('manifest-description-length'),
      );
      await revert(texts);
      await eventually('the mark goes', () => codes(texts.uri).length === 0);
    },
  },
  {
    name: 'an image is renamed in the TypeScript manifest and in the code that uses it',
    async run() {
      const code = await open(inWorkspace('hello-world', 'startos', 'main.ts'));
      const use = positionOf(code, "imageId: 'main'", 11);
      const found = await vscode.commands.executeCommand<(vscode.Location | vscode.LocationLink)[]>(
        'vscode.executeDefinitionProvider',
        code.uri,
        use,
      );
      const targets = found.map((item) => ('uri' in item ? item.uri : item.targetUri).fsPath);
      assert.ok(targets.includes(NEWER().fsPath), targets.join());
      const edit = await vscode.commands.executeCommand<vscode.WorkspaceEdit>(
        'vscode.executeDocumentRenameProvider',
        code.uri,
        use,
        'server',
      );
      assert.deepEqual(
        edit.get(code.uri).map(({ newText }) => newText),
        ["'server'"],
      );
      assert.deepEqual(
        edit.get(NEWER()).map(({ newText }) => newText),
        ['server'],
      );
    },
  },
  {
    name: 'above the manifest of 0.4 one can pack, and verify what was packed',
    async run() {
      const document = await open(NEWER());
      const lenses = await vscode.commands.executeCommand<vscode.CodeLens[]>(
        'vscode.executeCodeLensProvider',
        document.uri,
        10,
      );
      const titles = lenses.flatMap(({ command }) => command?.title ?? []);
      assert.ok(titles.includes('$(package) Pack'), titles.join());
      assert.ok(
        titles.some((title) => /^\$\(verified\) Verify hello-world\.s9pk \(\d/.test(title)),
        titles.join(),
      );
    },
  },
  {
    name: 'the problems of a wrapper that is renamed or deleted go away with it',
    async run() {
      const folder = inWorkspace('older', 'leaving');
      const file = vscode.Uri.joinPath(folder, 'manifest.yaml');
      await vscode.workspace.fs.copy(OLDER(), file);
      await open(file);
      await eventually('the files around it are checked', () =>
        ours(file).some((item) => codeOf(item) === 'images-unbuilt'),
      );
      await vscode.commands.executeCommand('workbench.action.closeActiveEditor');
      await vscode.workspace.fs.delete(folder, { recursive: true });
      await eventually('the problems go', () =>
        vscode.languages.getDiagnostics().every(([{ path }, items]) => !path.includes('/leaving') || !items.length),
      );
    },
  },
  {
    name: 'other files of the same name are left alone',
    async run() {
      const file = inWorkspace('older', 'web', 'manifest.json');
      await vscode.workspace.fs.createDirectory(inWorkspace('older', 'web'));
      await vscode.workspace.fs.writeFile(
        file,
        Buffer.from('{ "name": "App", "icons": [], "id": "/", "start_url": "/" }\n'),
      );
      const document = await open(file);
      await new Promise((done) => setTimeout(done, 1500));
      assert.deepEqual(codes(file), []);
      assert.deepEqual(
        (await completions(document, new vscode.Position(0, 2))).filter(({ detail }) => /required/.test(detail ?? '')),
        [],
      );
      await vscode.commands.executeCommand('workbench.action.closeActiveEditor');
      await vscode.workspace.fs.delete(inWorkspace('older', 'web'), { recursive: true });
    },
  },
  {
    name: 'a finding is explained by its page',
    async run() {
      const page = await vscode.commands.executeCommand<vscode.Uri>('s9pk.explainFinding', 'manifest-io-format');
      const text = Buffer.from(await vscode.workspace.fs.readFile(page)).toString();
      assert.match(text, /^# manifest-io-format/);
      await vscode.commands.executeCommand('workbench.action.closeAllEditors');
    },
  },
];
