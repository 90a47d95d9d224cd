import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as vscode from 'vscode';
import type { S9pkStudioApi } from '../../../extension/host/api.ts';
import type { TreemapView } from '../../../extension/host/packages/page/treemap.ts';
import type { MigrationPlan } from '../../../extension/manifest/wrapper/migrating/migrate-folder.ts';
import type { CompareAnswer, ConvertSectionsAnswer } from '../../../extension/worker/protocol.ts';
import { codeOf, eventually, type HostTest, inWorkspace } from './host-test.ts';

const made = () => inWorkspace('hello-world', 'hello-world.s9pk');
const copy = () => inWorkspace('hello-world', 'copy.s9pk');
const run = <T>(command: string, ...args: unknown[]) => vscode.commands.executeCommand<T>(command, ...args);

async function api(): Promise<S9pkStudioApi> {
  const extension = vscode.extensions.all.find((candidate) => candidate.packageJSON.name === 's9pk-studio');
  assert.ok(extension);
  return extension.activate() as Promise<S9pkStudioApi>;
}

async function withCopy(act: () => Promise<void>): Promise<void> {
  await vscode.workspace.fs.copy(made(), copy(), { overwrite: true });
  try {
    await act();
  } finally {
    await vscode.workspace.fs.delete(copy());
  }
}

export const explorerTests: readonly HostTest[] = [
  {
    name: 'other extensions open, verify and pack through the interface',
    async run() {
      const { version, open, verify, pack } = await api();
      assert.equal(version, 1);
      const answer = await pack(inWorkspace('hello-world'), ['x86_64']);
      assert.ok(answer?.made);
      const summary = await open(vscode.Uri.file(answer.made.path));
      assert.deepEqual([summary.id, summary.arch], ['hello-world', ['x86_64']]);
      assert.equal((await verify(vscode.Uri.file(answer.made.path))).verdict, 'verified');
      await vscode.workspace.fs.delete(vscode.Uri.file(answer.made.path));
    },
  },
  {
    name: 'opening a package anywhere shows its page, and closing it leaves nothing',
    async run() {
      await run('vscode.open', made());
      const tab = await eventually('the page opens', () => vscode.window.tabGroups.activeTabGroup.activeTab);
      assert.ok(tab.input instanceof vscode.TabInputCustom, 'it is not a custom editor');
      assert.equal(tab.input.viewType, 's9pk.package');
      await vscode.window.tabGroups.close(tab);
    },
  },
  {
    name: 'a value of the manifest is changed in a package, which is signed anew, and the difference is shown by meaning',
    async run() {
      await withCopy(async () => {
        assert.equal(
          await run('s9pk.editManifest', copy(), { path: '/marketingUrl', value: 'https://example.org/' }),
          true,
        );
        const { manifest, files } = await run<CompareAnswer>('s9pk.compare', copy(), made());
        assert.deepEqual(
          manifest.map(({ path, after }) => [path, after]),
          [['/marketingUrl', '"https://example.org/"']],
        );
        assert.deepEqual(
          files.map(({ path, change }) => [path, change]),
          [['manifest.json', 'changed']],
        );
        assert.equal((await (await api()).verify(copy())).verdict, 'verified');
        assert.equal(await run('s9pk.editManifest', copy(), { path: '/id', value: 'Not An Id' }), false);
        assert.equal((await (await api()).verify(copy())).verdict, 'verified', 'the package is as it was');
        await run('s9pk.closeComparison');
      });
    },
  },
  {
    name: 'a package is signed again, and converted under its signature',
    async run() {
      await withCopy(async () => {
        const before = readFileSync(copy().fsPath);
        assert.equal(await run('s9pk.signAgain', copy(), null), true);
        assert.deepEqual(readFileSync(copy().fsPath), before, 'the same key signs the same bytes');
        assert.equal(await run('s9pk.convertOrder', copy()), false);
      });
    },
  },
  {
    name: 'a package for StartOS 0.3 is converted beside itself, and compared with what it was',
    async run() {
      const old = inWorkspace('hello-world', 'older.s9pk');
      const target = inWorkspace('hello-world', 'older_0.4.s9pk');
      await vscode.workspace.fs.copy(inWorkspace('version-1.s9pk'), old, { overwrite: true });
      const before = readFileSync(old.fsPath);
      try {
        const answer = await run<ConvertSectionsAnswer>('s9pk.convertPackage', old, target);
        assert.deepEqual(
          [answer?.made?.path, answer?.made?.title, answer?.made?.version],
          [target.fsPath, 'Older Example (Legacy)', '1.2.3:1'],
          JSON.stringify(answer),
        );
        assert.ok(answer.changes > 5);
        assert.ok(answer.findings.some(({ code, where }) => code === 'convert-changed' && where.path === '/title'));
        assert.equal((await (await api()).verify(target)).verdict, 'verified');
        assert.deepEqual(readFileSync(old.fsPath), before);
        const { manifest } = await run<CompareAnswer>('s9pk.compare', target, old);
        assert.ok(manifest.some(({ path, after }) => path === '/title' && after === '"Older Example (Legacy)"'));
        assert.equal(await run('s9pk.convertPackage', target, old), undefined, 'it is converted already');
        assert.deepEqual(readFileSync(old.fsPath), before);
        await run('s9pk.closeComparison');
      } finally {
        await vscode.workspace.fs.delete(old);
        await vscode.workspace.fs.delete(target).then(undefined, () => undefined);
      }
    },
  },
  {
    name: 'a package is extracted with what is in an image of it',
    async run() {
      const target = inWorkspace('extracted');
      const count = await run<number>('s9pk.extract', made(), target);
      assert.ok(count > 5, String(count));
      assert.ok(existsSync(join(target.fsPath, 'manifest.json')));
      await vscode.workspace.fs.delete(target, { recursive: true });
      const inner = { file: made(), entry: { path: 'images/x86_64/main.squashfs' } };
      await run('s9pk.extract', inner, target);
      assert.match(readFileSync(join(target.fsPath, 'etc', 'passwd'), 'utf8'), /^root:/);
      await vscode.workspace.fs.delete(target, { recursive: true });
    },
  },
  {
    name: 'the commitment goes to the clipboard, as JSON and as a URL query',
    async run() {
      const json = JSON.parse((await run<string>('s9pk.copyCommitment', made())) ?? '');
      assert.ok(json.rootSighash.length === 43 && json.rootMaxsize > 0);
      const query = new URLSearchParams(await run<string>('s9pk.copyCommitmentQuery', made()));
      assert.equal(query.get('rootSighash'), json.rootSighash);
      assert.equal(query.get('rootMaxsize'), String(json.rootMaxsize));
    },
  },
  {
    name: 'what is large in an image is shown on the page, and the manifest is laid out in an editor',
    async run() {
      const view = await run<TreemapView>('s9pk.showLargest', made(), 'images/x86_64/main.squashfs');
      assert.match(view.status, /compressed/);
      assert.ok(view.tiles.some(({ path }) => path === 'images/x86_64/main.squashfs/server'));
      assert.deepEqual(
        view.above.map(({ path }) => path),
        ['', 'images/x86_64/main.squashfs'],
      );
      await run('s9pk.showManifest', made());
      const manifest = vscode.window.activeTextEditor?.document;
      assert.equal(JSON.parse(manifest?.getText() ?? '').id, 'hello-world');
      assert.equal(manifest?.languageId, 'json');
      assert.ok((manifest?.lineCount ?? 0) > 10);
    },
  },
  {
    name: 'every file of a package can be gone to by its path',
    async run() {
      const count = await run<number>('s9pk.goToFile', made());
      assert.ok(count > 10, String(count));
      await run('workbench.action.closeQuickOpen');
    },
  },
  {
    name: 'packages of every kind open as a page, and their trees and verdicts are told: good, partial, broken, hostile',
    async run() {
      const shared = process.env['S9PK_SHARED'];
      const fixtures = shared ? join(shared, 'fixtures', 's9pk-v2') : undefined;
      const files = fixtures ? readdirSync(fixtures).filter((name) => name.endsWith('.s9pk')) : [];
      const { open, verify } = await api();
      for (const name of files) {
        const file = vscode.Uri.file(join(fixtures ?? '', name));
        await run('vscode.open', file);
        await eventually(`${name} opens`, () => {
          const input = vscode.window.tabGroups.activeTabGroup.activeTab?.input;
          return input instanceof vscode.TabInputCustom && input.uri.fsPath === file.fsPath;
        });
        const { opens } = await open(file);
        const { verdict } = await verify(file);
        assert.equal(verdict === 'unreadable', !opens, `${name}: ${verdict}`);
        const root = file.with({ scheme: 's9pk', path: `${file.path}/` });
        if (opens) await vscode.workspace.fs.readDirectory(root);
        await run('s9pk.removeFromList', file);
      }
      await run('workbench.action.closeAllEditors');
    },
  },
  {
    name: 'images of the tools of others are looked into: tar2sqfs with xz, mksquashfs with gzip, zstd and lz4',
    async run() {
      const file = inWorkspace('foreign.s9pk');
      // The tools are there on Linux only.
      if (process.platform !== 'linux') return;
      assert.equal((await (await api()).verify(file)).verdict, 'verified');
      const images = file.with({ scheme: 's9pk', path: `${file.path}/images/x86_64` });
      const all = await vscode.workspace.fs.readDirectory(images);
      const names = all.map(([name]) => name).filter((name) => name.endsWith('.squashfs'));
      assert.equal(names.length, 4);
      for (const id of names) {
        const root = vscode.Uri.joinPath(images, id);
        const inside = (await vscode.workspace.fs.readDirectory(root)).map(([name]) => name);
        assert.deepEqual(inside.sort(), ['empty', 'etc', 'exactly-one-block', 'link', 'program', 'text', 'zeros'], id);
        const read = async (path: string) => vscode.workspace.fs.readFile(vscode.Uri.joinPath(root, path));
        assert.equal(Buffer.from(await read('link')).toString(), 'root:x:0:0::/:/bin/sh\n', id);
        assert.equal((await read('zeros')).length, 1_000_000, id);
        assert.equal((await vscode.workspace.fs.readDirectory(vscode.Uri.joinPath(root, 'etc/deep'))).length, 601, id);
        await vscode.window.showTextDocument(vscode.Uri.joinPath(root, 'text'));
        assert.match(vscode.window.activeTextEditor?.document.lineAt(19_999).text ?? '', /^a line of text/, id);
        await run('workbench.action.closeActiveEditor');
      }
    },
  },
  {
    name: 'a package for StartOS 0.3 is described, verified and looked into',
    async run() {
      const file = inWorkspace('version-1.s9pk');
      const { open, verify } = await api();
      const { title, version, startos, opens } = await open(file);
      assert.deepEqual([title, version, startos, opens], ['Older Example', '1.2.3.1', '0.3', true]);
      assert.equal((await verify(file)).verdict, 'verified');
      const hostname = vscode.Uri.from({
        scheme: 's9pk',
        path: `${file.path}/images/image.tar/main/root/etc/hostname`,
      });
      await vscode.window.showTextDocument(hostname);
      assert.equal(vscode.window.activeTextEditor?.document.getText(), 'amd64\n');
      await run('vscode.open', file);
      await eventually('the page opens', () => {
        const input = vscode.window.tabGroups.activeTabGroup.activeTab?.input;
        return input instanceof vscode.TabInputCustom && input.uri.fsPath === file.fsPath;
      });
      await run('s9pk.showManifest', file);
      assert.equal(JSON.parse(vscode.window.activeTextEditor?.document.getText() ?? '').id, 'older');
      await run('s9pk.removeFromList', file);
      await run('workbench.action.closeAllEditors');
    },
  },
  {
    name: 'a package that is on no disk is opened, verified, compared and looked into',
    async run() {
      const bytes = readFileSync(made().fsPath);
      const info = { type: vscode.FileType.File, ctime: 0, mtime: 1, size: bytes.length };
      const nobody = new vscode.Disposable(() => undefined);
      const elsewhere = vscode.workspace.registerFileSystemProvider('elsewhere', {
        onDidChangeFile: () => nobody,
        watch: () => nobody,
        stat: ({ path }) => {
          if (path.endsWith('.s9pk')) return info;
          throw vscode.FileSystemError.FileNotFound();
        },
        readFile: ({ authority }) => {
          assert.equal(authority, 'Some.Where:80', 'addresses keep their case');
          return bytes;
        },
        readDirectory: () => [],
        createDirectory: () => undefined,
        writeFile: () => undefined,
        delete: () => undefined,
        rename: () => undefined,
      });
      try {
        const file = vscode.Uri.parse('elsewhere://Some.Where:80/folder/remote.s9pk');
        const { open, verify } = await api();
        assert.equal((await open(file)).id, 'hello-world');
        assert.equal((await verify(file)).verdict, 'verified');
        assert.equal(
          await run('s9pk.showManifest', file).then(() => vscode.window.activeTextEditor?.document.languageId),
          'json',
        );
        assert.equal(JSON.parse(vscode.window.activeTextEditor?.document.getText() ?? '').id, 'hello-world');
        await run('workbench.action.closeActiveEditor');
        const { files, manifest } = await run<CompareAnswer>('s9pk.compare', file, made());
        assert.deepEqual([files, manifest], [[], []]);
        await run('s9pk.closeComparison');
        assert.ok((await run<number>('s9pk.goToFile', file)) > 10);
        await run('workbench.action.closeQuickOpen');
      } finally {
        elsewhere.dispose();
      }
    },
  },
  {
    name: 'a new package is made and has no problems',
    async run() {
      const folder = inWorkspace('hello-world', 'fresh-startos');
      const answers = { folder: folder.fsPath, template: 'dockerfile', id: 'fresh', title: 'Fresh', port: 8080 };
      const wrapper = await run<{ files: string[]; key: string }>('s9pk.newPackage', answers);
      assert.ok(wrapper.files.includes('startos/manifest/index.ts'));
      assert.ok(wrapper.key.startsWith(inWorkspace('hello-world').fsPath), 'the key from above is used');
      const manifest = vscode.Uri.joinPath(folder, 'startos', 'manifest', 'index.ts');
      await vscode.window.showTextDocument(manifest);
      await new Promise((done) => setTimeout(done, 1500));
      const problems = vscode.languages.getDiagnostics(manifest).filter(({ source }) => source === 's9pk');
      assert.deepEqual(
        problems
          .filter(({ severity }) => severity < vscode.DiagnosticSeverity.Information)
          .map(({ message }) => message),
        [],
      );
      await run('workbench.action.closeActiveEditor');
      await vscode.workspace.fs.delete(folder, { recursive: true });
      assert.deepEqual(
        readdirSync(inWorkspace('hello-world').fsPath).filter((name) => name.includes('.tmp-')),
        [],
      );
    },
  },
  {
    name: 'a wrapper for 0.4 is started from a manifest for 0.3, and what is left to be decided is among the problems',
    async run() {
      const folder = inWorkspace('hello-world', 'migrated-startos');
      const before = readdirSync(inWorkspace('older').fsPath).sort();
      const manifest = inWorkspace('older', 'manifest.yaml');
      await vscode.workspace.openTextDocument(manifest);
      const lenses = await run<vscode.CodeLens[]>('vscode.executeCodeLensProvider', manifest);
      assert.ok(lenses.some(({ command }) => command?.command === 's9pk.migrate'));
      const plan = await run<MigrationPlan>('s9pk.migrate', manifest, { into: folder.fsPath });
      assert.ok(plan.files.every(({ state }) => state === 'new'));
      assert.deepEqual(readdirSync(inWorkspace('older').fsPath).sort(), before, 'the old folder is as it was');
      const [first] = plan.decisions;
      assert.ok(first);
      const file = vscode.Uri.joinPath(folder, ...first.file.split('/'));
      await vscode.window.showTextDocument(vscode.Uri.joinPath(folder, 'startos', 'manifest', 'index.ts'));
      const found = await eventually('what is left to be decided is among the problems', () =>
        vscode.languages.getDiagnostics(file).find((diagnostic) => codeOf(diagnostic) === first.code),
      );
      assert.equal(found.range.start.line + 1, first.line);
      await run('workbench.action.closeActiveEditor');
      await vscode.workspace.fs.delete(folder, { recursive: true });
    },
  },
];
