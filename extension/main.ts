import type { ExtensionContext } from 'vscode';
import { type Services, start } from './host/start.ts';

let services: Services | undefined;

/** Called by VS Code when a wrapper is opened or one of our commands is run. */
export function activate(context: ExtensionContext): void {
  services = start(context);
}

/** Called by VS Code before it ends; it waits some seconds for what is returned. */
export function deactivate(): Promise<void> | undefined {
  return services?.engine.stop();
}
