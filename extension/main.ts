import type { ExtensionContext } from 'vscode';
import { start } from './host/start.ts';

/** Called by VS Code when a wrapper is opened or one of our commands is run. */
export function activate(context: ExtensionContext): void {
  start(context);
}
