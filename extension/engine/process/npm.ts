import { cleanEnvironment, type RunOptions, type RunResult, run } from './run.ts';

/** Runs npm from PATH. @throws ENOENT if there is none. */
export function runNpm(args: readonly string[], options: Omit<RunOptions, 'env' | 'channel'>): Promise<RunResult> {
  const env = {
    ...cleanEnvironment(),
    npm_config_fund: 'false',
    npm_config_audit: 'false',
    npm_config_update_notifier: 'false',
  };
  // On Windows npm is a batch file, which only a shell starts; the arguments are ours and hold no user text.
  return process.platform === 'win32'
    ? run('cmd.exe', ['/d', '/s', '/c', 'npm', ...args], { ...options, env })
    : run('npm', args, { ...options, env });
}
