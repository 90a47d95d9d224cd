import { cleanEnvironment } from './run.ts';

/** How to start a Node program with the Node that we run on: inside VS Code its own executable, so users need none. */
export function nodeRuntime(): { command: string; env: NodeJS.ProcessEnv } {
  const isElectron = 'electron' in process.versions;
  return {
    command: process.execPath,
    env: isElectron ? { ...cleanEnvironment(), ELECTRON_RUN_AS_NODE: '1' } : cleanEnvironment(),
  };
}
