import type { ExtensionContext } from 'vscode';
import { startInBrowser } from './host/start-web.ts';

/** Called by VS Code in a browser, where `main.ts` cannot run. */
export function activate(context: ExtensionContext): void {
  startInBrowser(context);
}
