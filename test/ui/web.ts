import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { launchBrowser } from '../vscode/browser.ts';
import { startCodeServer } from '../vscode/code-server.ts';
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
    return user.steps;
  } finally {
    await rm(data, { recursive: true, force: true, maxRetries: 5 });
  }
}
