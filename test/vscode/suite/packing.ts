import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import * as vscode from 'vscode';
import type { PackAnswer, VerifyAnswer } from '../../../extension/worker/protocol.ts';
import { YAML_03 } from '../../support/manifests.ts';
import { savedImage, writeWrapper } from '../../support/wrapper-03.ts';
import { codeOf, errorsOf, eventually, type HostTest, inWorkspace, isOurError } from './host-test.ts';

const HELLO = ['hello-world'];
const manifest = () => inWorkspace(...HELLO, 'startos', 'manifest', 'index.ts');
const target = () => inWorkspace(...HELLO, 'hello-world.s9pk');
const digest = (file: vscode.Uri) => createHash('sha256').update(readFileSync(file.fsPath)).digest('hex');

/** Packs the example without waiting for anybody to close notifications. */
async function pack(): Promise<PackAnswer> {
  const answer = await vscode.commands.executeCommand<PackAnswer | undefined>('s9pk.pack', inWorkspace(...HELLO));
  assert.ok(answer, 'the command gave no answer');
  return answer;
}

async function replaceInManifest(from: string, to: string): Promise<vscode.TextDocument> {
  const document = await vscode.workspace.openTextDocument(manifest());
  const start = document.getText().indexOf(from);
  assert.ok(start >= 0, `${from} is not in the manifest`);
  const edit = new vscode.WorkspaceEdit();
  edit.replace(
    document.uri,
    new vscode.Range(document.positionAt(start), document.positionAt(start + from.length)),
    to,
  );
  assert.ok(await vscode.workspace.applyEdit(edit));
  return document;
}

export const packingTests: readonly HostTest[] = [
  {
    name: 'a wrapper for StartOS 0.3 is packed by the same command, and its mistakes are marked at their lines',
    async run() {
      const folder = inWorkspace('older', 'packed');
      await writeWrapper(folder.fsPath);
      try {
        const run = () => vscode.commands.executeCommand<PackAnswer>('s9pk.pack', folder);
        const good = await run();
        assert.deepEqual(
          [good.made?.title, good.made?.version],
          ['Hello World', '1.0.0'],
          JSON.stringify(good.findings),
        );
        const verified = await vscode.commands.executeCommand<VerifyAnswer>(
          's9pk.verify',
          vscode.Uri.joinPath(folder, 'hello-world.s9pk'),
        );
        assert.equal(verified.verdict, 'verified', JSON.stringify(verified.findings));

        // Beside a manifest for 0.4 the file that is meant says which one is packed.
        const newer = vscode.Uri.joinPath(folder, 'startos', 'manifest', 'index.ts');
        await vscode.workspace.fs.writeFile(
          newer,
          new TextEncoder().encode('export const manifest = setupManifest({})\n'),
        );
        const older = await vscode.commands.executeCommand<PackAnswer>(
          's9pk.pack',
          vscode.Uri.joinPath(folder, 'manifest.yaml'),
        );
        assert.equal(older.made?.version, '1.0.0', JSON.stringify(older.findings));
        const other = await vscode.commands.executeCommand<PackAnswer>('s9pk.pack', newer);
        assert.ok(!other.made && other.manifestFile !== older.manifestFile, JSON.stringify(other));
        await vscode.workspace.fs.delete(vscode.Uri.joinPath(folder, 'startos'), { recursive: true });

        const text = YAML_03.replace('image: main\n  entrypoint', 'image: web\n  entrypoint').replace(
          '    main: /root\n',
          '    lost: /root\n',
        );
        const file = vscode.Uri.joinPath(folder, 'manifest.yaml');
        const write = (name: string, content: Uint8Array) =>
          vscode.workspace.fs.writeFile(vscode.Uri.joinPath(folder, ...name.split('/')), content);
        await write('manifest.yaml', new TextEncoder().encode(text));
        await write('scripts/embassy.js', new TextEncoder().encode('export const getConfig = 1, migration = 1;\n'));
        await write('docker-images/x86_64.tar', savedImage('amd64', 'start9/hello-world/main:0.9.0'));
        const bad = await run();
        assert.equal(bad.made, undefined);
        const lines = text.split('\n');
        const marked = vscode.languages.getDiagnostics(file).map(({ range, message }) => ({
          line: lines[range.start.line]?.trim(),
          message,
        }));
        for (const [line, part] of [
          ['lost: /root', 'there is no volume "lost"'],
          ['image: web', 'there is no image "web"'],
          ['version: 1.0.0', 'main:0.9.0'],
          ['type: script', 'does not export "properties"'],
        ]) {
          const isThere = marked.some((mark) => mark.line === line && mark.message.includes(part ?? ''));
          assert.ok(isThere, `${part}: ${JSON.stringify(marked)}`);
        }
      } finally {
        await vscode.workspace.fs.delete(folder, { recursive: true });
      }
    },
  },
  {
    name: 'every command in package.json is registered',
    async run() {
      const extension = vscode.extensions.all.find((candidate) => candidate.packageJSON.name === 's9pk-studio');
      assert.ok(extension, 'the extension is not there');
      await extension.activate();
      const registered = await vscode.commands.getCommands(true);
      for (const { command } of extension.packageJSON.contributes.commands as { command: string }[]) {
        assert.ok(registered.includes(command), command);
      }
    },
  },
  {
    name: 'Pack builds the bundle, packs and leaves no problems',
    async run() {
      const answer = await pack();
      assert.deepEqual(
        answer.findings.filter((found) => found.severity === 'error'),
        [],
      );
      assert.equal(answer.made?.path, target().fsPath);
      assert.deepEqual(errorsOf(manifest()), []);
      assert.deepEqual(
        readdirSync(inWorkspace(...HELLO).fsPath).filter((name) => name.includes('.tmp-')),
        [],
      );
    },
  },
  {
    name: 'packing again gives the same bytes',
    async run() {
      const before = digest(target());
      await pack();
      assert.equal(digest(target()), before);
    },
  },
  {
    name: 'Pack for Architecture makes a package of that name with only that image',
    async run() {
      const answer = await vscode.commands.executeCommand<PackAnswer>(
        's9pk.packForArchitecture',
        inWorkspace(...HELLO),
        'riscv64',
      );
      assert.equal(answer.made?.path, inWorkspace(...HELLO, 'hello-world_riscv64.s9pk').fsPath);
    },
  },
  {
    name: 'a mistake in the TypeScript manifest is marked at its value, and the last package survives',
    async run() {
      const before = digest(target());
      const wrong = "'not a url'";
      const right = "'https://github.com/s9pk-studio/s9pk-studio'";
      await replaceInManifest(`marketingUrl: ${right}`, `marketingUrl: ${wrong}`);
      const answer = await pack();
      assert.equal(answer.made, undefined);
      const [problem, ...others] = errorsOf(manifest());
      assert.ok(problem, 'there is no marker');
      assert.deepEqual(others, []);
      assert.equal(codeOf(problem), 'manifest-url');
      const document = await vscode.workspace.openTextDocument(manifest());
      assert.equal(document.getText(problem.range), wrong);
      assert.equal(digest(target()), before, 'the package that was there is unchanged');

      // Editing another line moves the marker; editing its own line takes it away.
      await replaceInManifest("  id: 'hello-world',", "\n  id: 'hello-world',");
      await eventually(
        'the marker moves',
        () => errorsOf(manifest())[0]?.range.start.line === problem.range.start.line + 1,
      );
      await replaceInManifest(`marketingUrl: ${wrong}`, `marketingUrl: ${right}`);
      await eventually('the marker goes', () => errorsOf(manifest()).length === 0);
      await replaceInManifest("\n  id: 'hello-world',", "  id: 'hello-world',");
      assert.ok((await pack()).made);
      assert.equal(digest(target()), before);
    },
  },
  {
    name: 'a compiler error in the bundle is marked at its line',
    async run() {
      const file = inWorkspace(...HELLO, 'startos', 'interfaces.ts');
      const bytes = await vscode.workspace.fs.readFile(file);
      await vscode.workspace.fs.writeFile(file, Buffer.concat([Buffer.from('const = ;\n'), bytes]));
      const answer = await pack();
      assert.equal(answer.made, undefined);
      const [problem] = errorsOf(file);
      assert.equal(problem && codeOf(problem), 'type-error', JSON.stringify(answer.findings));
      assert.equal(problem?.range.start.line, 0);
      await vscode.workspace.fs.writeFile(file, bytes);
      assert.ok((await pack()).made);
      assert.deepEqual(errorsOf(file), []);
    },
  },
  {
    name: 'missing files are all reported at once',
    async run() {
      const rename = async (from: string, to: string) =>
        vscode.workspace.fs.rename(inWorkspace(...HELLO, from), inWorkspace(...HELLO, to));
      await rename('icon.svg', 'picture.svg');
      await rename('instructions.md', 'how-to.md');
      await rename('LICENSE', 'TERMS');
      const answer = await pack();
      await rename('picture.svg', 'icon.svg');
      await rename('how-to.md', 'instructions.md');
      await rename('TERMS', 'LICENSE');
      const missing = answer.findings.filter((found) => found.code === 'input-missing');
      assert.equal(missing.length, 3, JSON.stringify(answer.findings));
      assert.ok((await pack()).made);
      const all = vscode.languages.getDiagnostics().flatMap(([, items]) => items.filter(isOurError));
      assert.deepEqual(all, []);
    },
  },
  {
    name: 'packing, verifying and images are tasks, found from the manifest and run in a terminal',
    async run() {
      const tasks = await vscode.tasks.fetchTasks({ type: 's9pk' });
      const names = tasks
        .filter(({ scope }) => typeof scope === 'object' && scope.name === 'hello-world')
        .map(({ name }) => name);
      for (const name of ['pack', 'pack for riscv64', 'verify', 'build all images', 'build image main for x86_64']) {
        assert.ok(names.includes(name), `${name} is not in ${names}`);
      }
      const runTask = async (name: string): Promise<number | undefined> => {
        const task = tasks.find(
          (item) => item.name === name && typeof item.scope === 'object' && item.scope.name === 'hello-world',
        );
        assert.ok(task);
        const ended = new Promise<number | undefined>((resolve) => {
          const subscription = vscode.tasks.onDidEndTaskProcess(({ execution, exitCode }) => {
            if (execution.task.name !== name) return;
            subscription.dispose();
            resolve(exitCode);
          });
        });
        await vscode.tasks.executeTask(task);
        return ended;
      };
      const before = digest(target());
      assert.equal(
        await runTask('pack'),
        0,
        JSON.stringify(vscode.languages.getDiagnostics().flatMap(([, items]) => items.map(({ message }) => message))),
      );
      assert.equal(digest(target()), before);
      assert.equal(await runTask('build image main for riscv64'), 0);
      assert.equal(await runTask('verify'), 0);
    },
  },
  {
    name: 'the doctor looks for what packing needs',
    async run() {
      const answer = await vscode.commands.executeCommand<{ checkups: { what: string; state: string }[] }>(
        's9pk.doctor',
        inWorkspace(...HELLO),
      );
      const states = new Map(answer.checkups.map(({ what, state }) => [what, state]));
      assert.equal(states.get('signing key'), 'fine');
      assert.equal(states.get('git'), 'fine');
      await vscode.commands.executeCommand('workbench.action.closeQuickOpen');
    },
  },
];
