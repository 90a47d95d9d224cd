import { existsSync, readFileSync } from 'node:fs';
import { rm, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { runTests } from '@vscode/test-electron';
import { HOME, isLinux, SUITES, UNPACKED } from './unpacked-extension.ts';

export interface SuiteResult {
  readonly passed: number;
  readonly failed: number;
}

/**
 * Runs a suite inside a real VS Code whose workspace has some of the folders in `workspace`.
 * @param more environment of the suite
 */
export async function runSuite(
  suite: string,
  workspace: string,
  folders: readonly string[],
  more: Readonly<Record<string, string>> = {},
): Promise<SuiteResult> {
  const workspaceFile = join(workspace, `${suite}.code-workspace`);
  await writeFile(workspaceFile, JSON.stringify({ folders: folders.map((path) => ({ path })) }));
  const results = join(HOME, `results-${suite}.json`);
  await rm(results, { force: true });
  const environment = {
    S9PK_TEST_SUITE: suite,
    S9PK_TEST_RESULTS: results,
    S9PK_TEST_TRUST: suite === 'restricted' ? 'restricted' : '',
    S9PK_TEST_NODE: process.execPath,
    S9PK_CACHE: join(workspace, '.cache'),
    ...more,
  };
  Object.assign(process.env, environment);
  const isRejected = await runTests({
    ...(isLinux && { vscodeExecutablePath: resolve('test/vscode/code-in-browser.sh') }),
    extensionDevelopmentPath: UNPACKED,
    extensionTestsPath: SUITES,
    launchArgs: [workspaceFile],
    extensionTestsEnv: environment,
  }).then(
    () => false,
    () => true,
  );
  if (!existsSync(results)) throw new Error(`the ${suite} suite gave no results`);
  const outcomes = JSON.parse(readFileSync(results, 'utf8')) as { name: string; error?: string }[];
  const failures = outcomes.filter((outcome) => outcome.error !== undefined);
  for (const { name, error } of failures) console.error(`FAILED ${name}\n${error}`);
  return {
    passed: outcomes.length - failures.length,
    failed: failures.length + (isRejected && failures.length === 0 ? 1 : 0),
  };
}
