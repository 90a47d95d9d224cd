import { renameSync } from 'node:fs';
import * as vscode from 'vscode';
import { tellingTypeScript } from '../../../extension/host/wrapper/tell-typescript.ts';
import { codeOf, eventually, type HostTest, inWorkspace } from './host-test.ts';

/** TypeScript cannot find a module. */
const NOT_FOUND = '2307';

export const typeScriptTests: readonly HostTest[] = [
  {
    name: 'TypeScript finds the SDK as soon as it was installed',
    async run() {
      const folder = inWorkspace('hello-world');
      const modules = vscode.Uri.joinPath(folder, 'node_modules').fsPath;
      const file = vscode.Uri.joinPath(folder, 'startos', 'manifest', 'index.ts');
      const isMissed = () =>
        vscode.languages.getDiagnostics(file).some((item) => item.source === 'ts' && codeOf(item) === NOT_FOUND);
      renameSync(modules, `${modules}-away`);
      try {
        await vscode.window.showTextDocument(await vscode.workspace.openTextDocument(file));
        await vscode.commands.executeCommand('typescript.restartTsServer');
        await eventually('TypeScript misses the SDK', isMissed, 40);
        await tellingTypeScript(folder, async () => renameSync(`${modules}-away`, modules));
        await eventually('TypeScript finds the SDK', () => !isMissed(), 40);
      } catch (error) {
        await vscode.workspace.fs.stat(vscode.Uri.file(`${modules}-away`)).then(
          () => renameSync(`${modules}-away`, modules),
          () => undefined,
        );
        throw error;
      }
    },
  },
];
