import { cleanEnvironment } from './run.ts';

/** How to start a Node program with the Node that we run on: inside VS Code its own executable, so users need none. */
export function nodeRuntime(): {
  command: string;
  env: NodeJS.ProcessEnv;
  /** What of `env` makes the executable act as Node, for who has an environment of its own. */
  variables: Readonly<Record<string, string>>;
} {
  const variables: Record<string, string> = 'electron' in process.versions ? { ELECTRON_RUN_AS_NODE: '1' } : {};
  return { command: process.execPath, env: { ...cleanEnvironment(), ...variables }, variables };
}
