import assert from 'node:assert/strict';
import { copyFile, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { makeWrapper } from '../../extension/engine/scaffold/new-wrapper.ts';
import { User } from '../ui/user.ts';
import { launchBrowser } from '../vscode/browser.ts';
import { startCodeServer } from '../vscode/code-server.ts';
import { unpackExtension, VSIX } from '../vscode/unpacked-extension.ts';

/**
 * The guide for StartOS 0.3, walked in a real VS Code with a real container engine and no other tool: environment, hello world,
 * Dockerfile, file structure, pack, verify. Pictures are in .vscode-test/guide-03. Files of these tests run one after the other: the
 * last of build.test.ts ends the engine.
 */

const engine = process.env['S9PK_TEST_ENGINE'];
if (engine === undefined)
  throw new Error('there is no engine: run test/docker/engine.sh start FOLDER and source FOLDER/environment');

test('a new wrapper for 0.3 is built, packed and verified from the editor', async () => {
  const work = await mkdtemp(join(tmpdir(), 's9pk-guide-'));
  try {
    const folder = join(work, 'hello-world');
    await startWrapper(folder, engine);
    await unpackExtension();
    await using server = await startCodeServer({ data: join(work, 'code'), vsix: VSIX });
    await using browser = await launchBrowser();
    const page = await browser.chromium.newPage({ viewport: { width: 1280, height: 860 } });
    const user = new User(page, join('.vscode-test', 'guide-03'));
    await page.goto(`${server.url}?folder=${encodeURIComponent(folder)}`);
    await page.locator('.monaco-workbench').waitFor({ timeout: 60_000 });
    await user.openFile('manifest.yaml');

    await user.step('1-environment-and-structure', async () => {
      await page.locator('.activitybar [aria-label^="S9PK"]').first().click();
      for (const label of ['Manifest', 'Images', 'Programs of the image', 'Migrations', 'Tools on this machine'])
        await user.row(label).waitFor();
      await user.row('Tools on this machine').click();
      await page
        .locator('.monaco-list-row', { hasText: /docker|buildx/i })
        .first()
        .waitFor();
    });
    await user.step('2-dockerfile', async () => {
      await user.openFile('Dockerfile');
      await page.locator('.view-line', { hasText: 'docker_entrypoint.sh' }).first().waitFor();
    });
    await user.step('3-packed', async () => {
      await user.openFile('manifest.yaml');
      await user.command('S9PK: Pack');
      await user.seeNotification(/Packed Hello World 1\.0\.0/);
    });
    await user.clearNotifications();
    await user.step('4-verified', async () => {
      await user.command('S9PK: Verify');
      await user.seeNotification(/hello-world\.s9pk/);
    });
    assert.equal((await readFile(join(folder, 'hello-world.s9pk'))).subarray(0, 3).toString('hex'), '3b3b01');
  } finally {
    await rm(work, { recursive: true, force: true, maxRetries: 5 });
  }
});

/** What New Package makes; the engine of the tests has no network, so its own busybox stands for the published one. */
async function startWrapper(folder: string, programs: string): Promise<void> {
  const made = { template: 'os-03', id: 'hello-world', title: 'Hello World', port: 8080, year: 2026 } as const;
  await makeWrapper({ folder, templates: 'templates', ...made });
  for (const name of ['amd64', 'arm64'])
    await copyFile(join(programs, `busybox-${name}`), join(folder, `busybox-${name}`));
  const dockerfile = join(folder, 'Dockerfile');
  const base = `FROM scratch
ARG PLATFORM
COPY --chmod=755 busybox-\${PLATFORM} /bin/busybox`;
  await writeFile(
    dockerfile,
    (await readFile(dockerfile, 'utf8')).replace('FROM busybox:stable', () => base),
  );
}
