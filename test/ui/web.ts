import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { archiveBytes } from '../support/archives.ts';
import { foreignPackage } from '../support/foreign-package.ts';
import { launchBrowser } from '../vscode/browser.ts';
import { startCodeServer } from '../vscode/code-server.ts';
import { makePackages } from './pages.ts';
import { User } from './user.ts';

export interface WebOptions {
  readonly vsix: string;
  /** A wrapper for StartOS 0.3. */
  readonly older: string;
  /** A wrapper with a TypeScript manifest. */
  readonly folder: string;
  readonly screenshots: string;
}

/**
 * The extension in VS Code's host for browsers, a web worker without Node or processes, where the workspace's files are at
 * addresses of another scheme. @returns how many steps were done; throws at the first that fails
 */
export async function runInWebHost({ vsix, older, folder, screenshots }: WebOptions): Promise<number> {
  const data = await mkdtemp(join(tmpdir(), 's9pk-web-'));
  const settings = { 'remote.extensionKind': { 's9pk-studio.s9pk-studio': ['web'] } };
  try {
    await using server = await startCodeServer({ data, vsix, settings });
    await using browser = await launchBrowser();
    const page = await browser.chromium.newPage({ viewport: { width: 1280, height: 800 } });
    const user = new User(page, screenshots);
    const manifest = join(older, 'manifest.yaml');
    const good = await readFile(manifest, 'utf8');
    await writeFile(manifest, good.replace(/^id: .*$/m, 'id: Hello World'));
    await page.goto(`${server.url}?folder=${encodeURIComponent(older)}`);
    await page.locator('.monaco-workbench').waitFor({ timeout: 60_000 });
    await user.openFile('manifest.yaml');

    await user.step('web-1-mistake', async () => {
      await page.locator('.squiggly-error').first().waitFor();
      await user.command('View: Focus Problems');
      await page.locator('.markers-panel .monaco-list-row', { hasText: 'Hello World' }).first().waitFor();
      await user.command('View: Toggle Panel');
    });

    await user.step('web-2-hover-and-fix', async () => {
      await page.locator('.view-line', { hasText: 'Hello World' }).first().click();
      await user.goTo(1, 6);
      await page.keyboard.press('Control+.');
      await page.locator('.action-widget .monaco-list-row', { hasText: 'hello-world' }).first().waitFor();
      await page.keyboard.press('Enter');
      await page.locator('.view-line', { hasText: 'id: hello-world' }).first().waitFor();
    });

    await user.step('web-3-completion', async () => {
      await user.goTo(2);
      await page.keyboard.press('Enter');
      await page.keyboard.type('marketing');
      await page.locator('.suggest-widget .monaco-list-row', { hasText: 'marketing-site' }).first().waitFor();
      await page.keyboard.press('Escape');
    });

    await user.step('web-4-what-needs-a-disk', async () => {
      await user.command('S9PK: Pack');
      await user.seeNotification(/needs VS Code on a computer/);
    });

    const typescript = join(folder, 'startos', 'manifest', 'index.ts');
    const before = await readFile(typescript, 'utf8');
    await writeFile(typescript, before.replace("id: 'hello-world'", "id: 'Hello World'"));
    await page.goto(`${server.url}?folder=${encodeURIComponent(folder)}`);
    await page.locator('.monaco-workbench').waitFor({ timeout: 60_000 });
    await user.openFile('manifest/index.ts');
    await user.step('web-5-typescript', async () => {
      await page.locator('.squiggly-error').first().waitFor();
      await user.command('View: Focus Problems');
      await page.locator('.markers-panel .monaco-list-row', { hasText: 'is not an id' }).first().waitFor();
    });
    await writeFile(typescript, before);
    await writeFile(manifest, good);

    const packages = await makePackages(folder);
    packages.push(join(folder, 'foreign.s9pk'));
    await writeFile(join(folder, 'foreign.s9pk'), await archiveBytes(await foreignPackage()));
    await user.step('web-6-package-page', async () => {
      await user.command('View: Toggle Panel');
      await user.click('foreign.s9pk');
      const content = page.frameLocator('iframe.webview.ready').frameLocator('#active-frame');
      await content.locator('.verdict', { hasText: 'Intact and complete' }).waitFor();
      await content.locator('td', { hasText: 'zstd' }).first().waitFor();
    });

    await user.step('web-7-verify', async () => {
      await user.command('S9PK: Verify');
      await user.choose('damaged.s9pk');
      await user.seeNotification(/damaged\.s9pk is damaged/);
      await user.clearNotifications();
    });

    await user.step('web-8-packages', async () => {
      await user.command('S9PK: Focus on Packages View');
      await page.locator('.sidebar .monaco-list-row', { hasText: 'Foreign Images' }).first().waitFor();
      // Each is verified behind, those that are none too.
      await page.locator('.sidebar .codicon-verified-filled').nth(2).waitFor();
      await page.locator('.sidebar .codicon-error').nth(2).waitFor();
    });

    for (const image of ['tar2sqfs-xz', 'mksquashfs-gzip', 'mksquashfs-zstd', 'mksquashfs-lz4']) {
      await user.step(`web-9-${image}`, async () => {
        await user.command('View: Close All Editors');
        await user.command('S9PK: Go to File in Package…');
        await user.choose('foreign.s9pk');
        const row = page.locator('.quick-input-list .monaco-list-row', { hasText: `${image}.squashfs` });
        const input = page.locator('.quick-input-widget input').first();
        await page.locator('.quick-input-list .monaco-list-row', { hasText: 'squashfs' }).first().waitFor();
        await input.fill('text');
        await row.first().click();
        await page.locator('.view-line', { hasText: 'a line of text that repeats' }).first().waitFor();
      });
    }

    await user.step('web-10-comparison', async () => {
      await user.command('S9PK: Compare With…');
      await user.choose('rich.s9pk');
      await user.choose('partial.s9pk');
      await page.locator('.pane', { hasText: 'Comparison' }).locator('.monaco-list-row').nth(2).waitFor();
    });
    for (const file of packages) await rm(file);
    return user.steps;
  } finally {
    await rm(data, { recursive: true, force: true, maxRetries: 5 });
  }
}
