import type { ExtensionContext } from 'vscode';
import { makeApi, type S9pkStudioApi } from './host/api.ts';
import type { Services } from './host/services.ts';
import { start } from './host/start.ts';

let services: Services | undefined;

/** Called by VS Code when a wrapper is opened or one of our commands is run. Other extensions get what it returns. */
export function activate(context: ExtensionContext): S9pkStudioApi {
  services = start(context);
  return makeApi(services);
}

/** Called by VS Code before it ends; it waits some seconds for what is returned. */
export function deactivate(): Promise<void> | undefined {
  return services?.engine.stop();
}
