import * as vscode from 'vscode';
import { statFile } from '../stat-file.ts';

/** VS Code's own TypeScript. */
const TYPESCRIPT = 'vscode.typescript-language-features';

/**
 * Does what may install a wrapper's packages. Where the SDK is there afterwards and was not before, TypeScript is told: it does not
 * watch `node_modules`, and would say until the next start that the SDK cannot be found.
 */
export async function tellingTypeScript<T>(wrapper: vscode.Uri, work: () => Promise<T>): Promise<T> {
  const sdk = vscode.Uri.joinPath(wrapper, 'node_modules', '@start9labs', 'start-sdk', 'package.json');
  const wasThere = (await statFile(sdk)) !== undefined;
  try {
    return await work();
  } finally {
    if (!wasThere && (await statFile(sdk)) && vscode.extensions.getExtension(TYPESCRIPT)?.isActive)
      // Not awaited: nothing of ours waits for TypeScript.
      void vscode.commands.executeCommand('typescript.restartTsServer');
  }
}
