import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { launchBrowser } from '../vscode/browser.ts';
import { startCodeServer } from '../vscode/code-server.ts';
import { copyExample } from '../vscode/workspace.ts';
import { makePackages } from './pages.ts';

/**
 * Pictures of what users see, in a real VS Code: every kind of theme, at 100 % and 200 %, packages of every kind,
 * by mouse and by keyboard.
 */

const THEMES = ['Default Light Modern', 'Default Dark Modern', 'Default High Contrast', 'Default High Contrast Light'];

/** Takes all pictures into a folder. @returns how many there are */
export async function takeGallery(vsix: string, folder: string): Promise<number> {
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  const temporary = await mkdtemp(join(tmpdir(), 's9pk-gallery-'));
  let count = 0;
  try {
    const wrapper = join(temporary, 'hello-world');
    await copyExample(wrapper);
    const packages = (await makePackages(wrapper)).map((file) => basename(file)).sort();
    await using browser = await launchBrowser();
    for (const theme of THEMES) {
      const settings = { 'workbench.colorTheme': theme, 'explorer.autoReveal': false };
      await using server = await startCodeServer({ data: join(temporary, theme.replaceAll(' ', '-')), vsix, settings });
      for (const zoom of [1, 2]) {
        const size = { width: 1280 / zoom, height: 800 / zoom };
        const page = await browser.chromium.newPage({ viewport: size, deviceScaleFactor: zoom });
        await page.goto(`${server.url}?folder=${encodeURIComponent(wrapper)}`);
        await page.locator('.monaco-workbench').waitFor({ timeout: 60_000 });
        await page.locator('.explorer-folders-view .monaco-list-row', { hasText: packages[0] ?? '' }).waitFor();
        // Contributed editors are known once the extensions are.
        await page.waitForTimeout(5000);
        const shot = async (name: string) => {
          const file = `${theme.replace('Default ', '').replaceAll(' ', '-')}-${zoom}00-${name}.png`.toLowerCase();
          await page.screenshot({ path: join(folder, file) });
          count++;
        };
        for (const name of packages) {
          await page.keyboard.press('Control+Shift+E');
          await page.locator('.explorer-folders-view .monaco-list-row', { hasText: name }).first().click();
          const content = page.frameLocator('iframe.webview.ready').frameLocator('#active-frame');
          await content.locator('.verdict').waitFor({ timeout: 30_000 });
          await shot(`page-${name.replace('.s9pk', '')}`);
          await page.keyboard.press('Control+K');
          await page.keyboard.press('Control+W');
          await page.locator('iframe.webview').waitFor({ state: 'detached' });
        }
        await page.keyboard.press('F1');
        await page.locator('.quick-input-widget input').first().fill('>S9PK: Focus on Packages View');
        await page.keyboard.press('Enter');
        await page.locator('.sidebar .monaco-list-row', { hasText: 'Rich Example' }).first().waitFor();
        // By keyboard from the first package on: into it, and to what is in it.
        await page.locator('.sidebar .monaco-list-row', { hasText: 'Rich Example' }).first().click();
        await page.keyboard.press('ArrowDown');
        await page.keyboard.press('ArrowDown');
        await page.locator('.sidebar .monaco-list-row', { hasText: 'Architectures' }).first().waitFor();
        await page.waitForTimeout(800);
        await shot('sidebar');
        await page.close();
      }
    }
  } finally {
    await rm(temporary, { recursive: true, force: true, maxRetries: 5 });
  }
  return count;
}

if (import.meta.main) {
  const [vsix = 's9pk-studio.vsix', folder = join('.vscode-test', 'gallery')] = process.argv.slice(2);
  console.log(`${await takeGallery(vsix, folder)} pictures in ${folder}`);
}
