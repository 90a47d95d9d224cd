import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import * as vscode from 'vscode';
import type { VerifyAnswer } from '../../../extension/worker/protocol.ts';
import { RESTRICTED } from '../restricted-settings.ts';
import { codeOf, errorsOf, eventually, type HostTest, inWorkspace } from './host-test.ts';

/** Runs in a folder that the user has not trusted. */
export const trustTests: readonly HostTest[] = [
  {
    name: 'Pack runs nothing in a folder that is not trusted',
    async run() {
      assert.equal(vscode.workspace.isTrusted, false);
      const bundle = inWorkspace('hello-world', 'javascript', 'index.js').fsPath;
      assert.ok(!existsSync(bundle));
      // The command waits for an answer to its warning, which nobody gives here.
      void vscode.commands.executeCommand('s9pk.pack', inWorkspace('hello-world'));
      await new Promise((done) => setTimeout(done, 3000));
      assert.ok(!existsSync(bundle), 'the bundle was built');
      assert.ok(!existsSync(inWorkspace('hello-world', 'hello-world.s9pk').fsPath), 'something was packed');
    },
  },
  {
    name: 'a language model packs nothing in a folder that is not trusted',
    async run() {
      const input = { folder: 'hello-world' };
      await assert.rejects(
        async () => vscode.lm.invokeTool('s9pk_pack', { input, toolInvocationToken: undefined }),
        /trusted/,
      );
      assert.ok(!existsSync(inWorkspace('hello-world', 'hello-world.s9pk').fsPath), 'something was packed');
    },
  },
  {
    name: 'settings of a folder that is not trusted choose neither key, images, icons, builder nor build',
    async run() {
      const folder = inWorkspace('hello-world');
      // What the folder brings in .vscode/settings.json: an own key, and a program to build with.
      const settings = vscode.workspace.getConfiguration('s9pk', folder);
      for (const [name, value] of Object.entries(RESTRICTED)) {
        assert.deepEqual(settings.inspect(name)?.workspaceFolderValue ?? value, value, `${name} is written there`);
        assert.deepEqual(settings.get(name), settings.inspect(name)?.defaultValue, `${name} counts`);
      }
      assert.equal(settings.get('compressor'), 'gzip', 'what harms nobody counts');
    },
  },
  {
    name: 'Verify works in a folder that is not trusted',
    async run() {
      const answer = await vscode.commands.executeCommand<VerifyAnswer>('s9pk.verify', inWorkspace('package.s9pk'));
      assert.equal(answer.verdict, 'verified', JSON.stringify(answer.findings));
    },
  },
  {
    name: 'manifests are checked in a folder that is not trusted, and the doctor runs nothing there',
    async run() {
      const file = inWorkspace('hello-world', 'startos', 'manifest', 'index.ts');
      const document = await vscode.workspace.openTextDocument(file);
      await vscode.window.showTextDocument(document);
      const start = document.getText().indexOf("'hello-world'");
      const edit = new vscode.WorkspaceEdit();
      edit.replace(file, new vscode.Range(document.positionAt(start), document.positionAt(start + 13)), "'Hello'");
      assert.ok(await vscode.workspace.applyEdit(edit));
      await eventually('the mistake is marked', () => errorsOf(file).some((item) => codeOf(item) === 'manifest-id'));
      await vscode.commands.executeCommand('workbench.action.files.revert');
      assert.equal(await vscode.commands.executeCommand('s9pk.doctor', inWorkspace('hello-world')), undefined);
    },
  },
];
