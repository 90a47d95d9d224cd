import { cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { archiveBytes } from '../support/archives.ts';
import { foreignPackage } from '../support/foreign-package.ts';
import { validPackage } from '../support/packages.ts';
import { keepResults } from '../support/results.ts';
import { olderPackage } from '../support/version-1.ts';
import { checkPages } from '../ui/pages.ts';
import { runUi } from '../ui/run.ts';
import { runInWebHost } from '../ui/web.ts';
import { FOLDER_SETTINGS } from './restricted-settings.ts';
import { runSuite, type SuiteResult } from './run-suite.ts';
import { HOME, isLinux, unpackExtension, VSIX } from './unpacked-extension.ts';
import { copyExample, makeLargeWrapper, makeOlderWrapper, prepareExample } from './workspace.ts';

/**
 * The tests in a real VS Code, on the unpacked .vsix: first inside its extension host, then as a user would, with
 * pictures. On Linux the VS Code is code-server in Chromium; elsewhere @vscode/test-electron fetches a desktop one.
 */

await unpackExtension();
prepareExample();

let passed = 0;
let failed = 0;
const count = (result: SuiteResult): void => {
  passed += result.passed;
  failed += result.failed;
};
const workspace = await mkdtemp(join(tmpdir(), 's9pk-workspace-'));
try {
  await copyExample(join(workspace, 'hello-world'));
  await makeOlderWrapper(join(workspace, 'older'));
  await cp('test/fixtures/wrappers/start-sdk-3', join(workspace, 'start-sdk-3'), { recursive: true });
  await makeLargeWrapper(join(workspace, 'large'), 512 << 20);
  await writeFile(join(workspace, 'version-1.s9pk'), olderPackage());
  if (isLinux) await writeFile(join(workspace, 'foreign.s9pk'), await archiveBytes(await foreignPackage()));
  count(await runSuite('main', workspace, ['hello-world', 'large', 'older', 'start-sdk-3']));
  await rm(join(workspace, 'large'), { recursive: true, force: true });
  if (isLinux) {
    await copyExample(join(workspace, 'hello-world'));
    await writeFile(join(workspace, 'package.s9pk'), await archiveBytes(await validPackage()));
    await mkdir(join(workspace, 'hello-world', '.vscode'), { recursive: true });
    await writeFile(join(workspace, 'hello-world', '.vscode', 'settings.json'), JSON.stringify(FOLDER_SETTINGS));
    count(await runSuite('restricted', workspace, ['hello-world']));
    await rm(join(workspace, 'package.s9pk'));
    await copyExample(join(workspace, 'hello-world'));
    await makeOlderWrapper(join(workspace, 'older'));
    await cp('test/fixtures/wrappers/start-sdk-3', join(workspace, 'start-sdk-3'), { recursive: true, force: true });
    const [folder, older, newest] = ['hello-world', 'older', 'start-sdk-3'].map((name) => join(workspace, name));
    if (!folder || !older || !newest) throw new Error('there are no folders');
    const folders = { folder, older, newest };
    passed += await runUi({ vsix: VSIX, ...folders, screenshots: join(HOME, 'screenshots') });
    passed += await runInWebHost({ vsix: VSIX, ...folders, screenshots: join(HOME, 'screenshots') });
    passed += await checkPages(join(HOME, 'screenshots', 'pages'));
  }
} finally {
  await rm(workspace, { recursive: true, force: true, maxRetries: 5 });
}
console.log(`${passed} passed, ${failed} failed`);
await keepResults('vscode', { suite: { passed, failed } });
process.exitCode = failed > 0 || passed === 0 ? 1 : 0;
