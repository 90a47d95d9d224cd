import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { runTests } from '@vscode/test-electron';
import { build } from 'esbuild';
import { archiveBytes } from '../support/archives.ts';
import { foreignPackage } from '../support/foreign-package.ts';
import { validPackage } from '../support/packages.ts';
import { olderPackage } from '../support/version-1.ts';
import { checkPages } from '../ui/pages.ts';
import { runUi } from '../ui/run.ts';
import { runInWebHost } from '../ui/web.ts';
import { FOLDER_SETTINGS } from './restricted-settings.ts';
import { copyExample, makeLargeWrapper, makeOlderWrapper, prepareExample } from './workspace.ts';

/**
 * The tests in a real VS Code, on the unpacked .vsix: first inside its extension host, then as a user would, with
 * pictures. On Linux the VS Code is code-server in Chromium; elsewhere @vscode/test-electron fetches a desktop one.
 */

const home = resolve('.vscode-test');
const vsix = join(home, 's9pk-studio.vsix');
const unpacked = join(home, 'unpacked');
const isLinux = process.platform === 'linux';

function run(command: string, args: readonly string[]): void {
  const { status } = spawnSync(command, args, { stdio: 'inherit' });
  if (status !== 0) throw new Error(`${command} ${args.join(' ')} failed`);
}

await mkdir(home, { recursive: true });
run(process.execPath, ['scripts/package.ts', '--out', vsix]);
await rm(unpacked, { recursive: true, force: true });
await mkdir(unpacked);
// A .vsix is a ZIP; Windows and macOS have a tar that reads those.
if (isLinux) run('unzip', ['-q', vsix, '-d', unpacked]);
else run('tar', ['-xf', vsix, '-C', unpacked]);
await build({
  entryPoints: { index: 'test/vscode/suite/index.ts' },
  outdir: join(home, 'suite'),
  outExtension: { '.js': '.cjs' },
  bundle: true,
  platform: 'node',
  format: 'cjs',
  // As the extension itself is bundled: "main" of some packages finds its parts at run time only.
  mainFields: ['module', 'main'],
  external: ['vscode'],
  logLevel: 'warning',
});
prepareExample();

let passed = 0;
let failed = 0;
const workspace = await mkdtemp(join(tmpdir(), 's9pk-workspace-'));
try {
  await runSuite('main', ['hello-world', 'large', 'older', 'start-sdk-3'], async () => {
    await copyExample(join(workspace, 'hello-world'));
    await makeOlderWrapper(join(workspace, 'older'));
    await cp('test/fixtures/wrappers/start-sdk-3', join(workspace, 'start-sdk-3'), { recursive: true });
    await makeLargeWrapper(join(workspace, 'large'), 512 << 20);
    await writeFile(join(workspace, 'version-1.s9pk'), olderPackage());
    if (isLinux) await writeFile(join(workspace, 'foreign.s9pk'), await archiveBytes(await foreignPackage()));
  });
  await rm(join(workspace, 'large'), { recursive: true, force: true });
  if (isLinux) {
    await runSuite('restricted', ['hello-world'], async () => {
      await copyExample(join(workspace, 'hello-world'));
      await writeFile(join(workspace, 'package.s9pk'), await archiveBytes(await validPackage()));
      await mkdir(join(workspace, 'hello-world', '.vscode'), { recursive: true });
      await writeFile(join(workspace, 'hello-world', '.vscode', 'settings.json'), JSON.stringify(FOLDER_SETTINGS));
    });
    await rm(join(workspace, 'package.s9pk'));
    await copyExample(join(workspace, 'hello-world'));
    await makeOlderWrapper(join(workspace, 'older'));
    await cp('test/fixtures/wrappers/start-sdk-3', join(workspace, 'start-sdk-3'), { recursive: true, force: true });
    const [folder, older, newest] = ['hello-world', 'older', 'start-sdk-3'].map((name) => join(workspace, name));
    if (!folder || !older || !newest) throw new Error('there are no folders');
    const folders = { folder, older, newest };
    const steps = await runUi({ vsix, ...folders, screenshots: join(home, 'screenshots') });
    passed += steps;
    passed += await runInWebHost({ vsix, ...folders, screenshots: join(home, 'screenshots') });
    passed += await checkPages(join(home, 'screenshots', 'pages'));
  }
} finally {
  await rm(workspace, { recursive: true, force: true, maxRetries: 5 });
}
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed > 0 || passed === 0 ? 1 : 0;

async function runSuite(suite: string, folders: readonly string[], prepare: () => Promise<void>): Promise<void> {
  await prepare();
  const workspaceFile = join(workspace, `${suite}.code-workspace`);
  await writeFile(workspaceFile, JSON.stringify({ folders: folders.map((path) => ({ path })) }));
  const results = join(home, `results-${suite}.json`);
  await rm(results, { force: true });
  const environment = {
    S9PK_TEST_SUITE: suite,
    S9PK_TEST_RESULTS: results,
    S9PK_TEST_TRUST: suite === 'restricted' ? 'restricted' : '',
    S9PK_TEST_NODE: process.execPath,
    S9PK_CACHE: join(workspace, '.cache'),
  };
  Object.assign(process.env, environment);
  const isRejected = await runTests({
    ...(isLinux && { vscodeExecutablePath: resolve('test/vscode/code-in-browser.sh') }),
    extensionDevelopmentPath: join(unpacked, 'extension'),
    extensionTestsPath: join(home, 'suite', 'index.cjs'),
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
  passed += outcomes.length - failures.length;
  failed += failures.length + (isRejected && failures.length === 0 ? 1 : 0);
}
