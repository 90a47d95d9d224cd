import assert from 'node:assert/strict';
import * as vscode from 'vscode';
import type { VerifyAnswer } from '../../../extension/worker/protocol.ts';
import { codeOf, errorsOf, eventually, type HostTest, inWorkspace } from './host-test.ts';

const verify = (file: vscode.Uri) => vscode.commands.executeCommand<VerifyAnswer>('s9pk.verify', file);

export const verifyingTests: readonly HostTest[] = [
  {
    name: 'Verify accepts a fresh package and knows its own signer',
    async run() {
      const answer = await verify(inWorkspace('hello-world', 'hello-world.s9pk'));
      assert.equal(answer.verdict, 'verified', JSON.stringify(answer.findings));
      assert.match(answer.signer?.name ?? '', /^the build key .*build\.key\.pem$/);
    },
  },
  {
    name: 'Verify marks a damaged package on its own file, and the mark goes when the file is good again',
    async run() {
      const good = await vscode.workspace.fs.readFile(inWorkspace('hello-world', 'hello-world.s9pk'));
      const file = inWorkspace('damaged.s9pk');
      const bad = Uint8Array.from(good);
      bad[bad.length - 1] = (bad[bad.length - 1] ?? 0) ^ 1;
      await vscode.workspace.fs.writeFile(file, bad);
      assert.equal((await verify(file)).verdict, 'damaged');
      assert.deepEqual(errorsOf(file).map(codeOf), ['content-hash']);
      await vscode.workspace.fs.writeFile(file, good);
      assert.equal((await verify(file)).verdict, 'verified');
      await eventually('the marker goes', () => errorsOf(file).length === 0);
      await vscode.workspace.fs.delete(file);
    },
  },
  {
    name: 'what is not a package is called by its name',
    async run() {
      const file = inWorkspace('artifact.s9pk');
      await vscode.workspace.fs.writeFile(file, Buffer.from('PK\u0003\u0004 and more', 'latin1'));
      const answer = await verify(file);
      assert.equal(answer.verdict, 'unreadable');
      assert.match(answer.findings[0]?.message ?? '', /ZIP/);
      await vscode.workspace.fs.delete(file);
    },
  },
  {
    name: 'files in a package and in its images are read through s9pk: addresses, links inside the image only',
    async run() {
      const file = inWorkspace('hello-world', 'hello-world.s9pk');
      const inside = (path: string) => file.with({ scheme: 's9pk', path: `${file.path}/${path}` });
      const manifest = await vscode.workspace.openTextDocument(inside('manifest.json'));
      assert.equal(JSON.parse(manifest.getText()).id, 'hello-world');
      assert.equal(manifest.languageId, 'json');
      const image = 'images/x86_64/main.squashfs';
      const names = (await vscode.workspace.fs.readDirectory(inside(image))).map(([name]) => name);
      assert.ok(names.includes('etc') && names.includes('server'), names.join());
      const passwd = Buffer.from(await vscode.workspace.fs.readFile(inside(`${image}/etc/passwd`))).toString();
      assert.match(passwd, /^root:/);
      const info = await vscode.workspace.fs.stat(inside(`${image}/etc`));
      assert.equal(info.type, vscode.FileType.Directory);
      await assert.rejects(async () => vscode.workspace.fs.stat(inside('nothing')));
      await assert.rejects(async () => vscode.workspace.fs.writeFile(inside('manifest.json'), new Uint8Array(1)));
    },
  },
];
