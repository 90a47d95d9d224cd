import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import type { Page } from 'playwright-core';
import { archiveBytes } from '../support/archives.ts';
import { foreignPackage } from '../support/foreign-package.ts';
import { launchBrowser } from '../vscode/browser.ts';
import { startCodeServer } from '../vscode/code-server.ts';
import { copyExample } from '../vscode/workspace.ts';
import { makePackages } from './pages.ts';
import { clickInExplorer } from './user.ts';

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
    await writeFile(join(wrapper, 'foreign.s9pk'), await archiveBytes(await foreignPackage()));
    const packages = ['foreign.s9pk', ...(await makePackages(wrapper)).map((file) => basename(file))].sort();
    await using browser = await launchBrowser();
    for (const theme of THEMES) {
      const settings = { 'workbench.colorTheme': theme, 'explorer.autoReveal': false };
      await using server = await startCodeServer({ data: join(temporary, theme.replaceAll(' ', '-')), vsix, settings });
      for (const zoom of [1, 2]) {
        const size = { width: 1280 / zoom, height: 800 / zoom };
        const page = await browser.chromium.newPage({ viewport: size, deviceScaleFactor: zoom });
        await page.goto(`${server.url}?folder=${encodeURIComponent(wrapper)}`);
        await page.locator('.monaco-workbench').waitFor({ timeout: 60_000 });
        await page.locator('.explorer-folders-view .monaco-list-row').first().waitFor();
        // Contributed editors are known once the extensions are.
        await page.waitForTimeout(5000);
        const shot = async (name: string) => {
          const file = `${theme.replace('Default ', '').replaceAll(' ', '-')}-${zoom}00-${name}.png`.toLowerCase();
          await page.screenshot({ path: join(folder, file) });
          count++;
        };
        for (const name of packages) {
          await clickInExplorer(page, name);
          const content = page.frameLocator('iframe.webview.ready').frameLocator('#active-frame');
          await content.locator('.verdict').waitFor({ timeout: 30_000 });
          await shot(`page-${name.replace('.s9pk', '')}`);
          await page.keyboard.press('Control+K');
          await page.keyboard.press('Control+W');
          await page.locator('iframe.webview').waitFor({ state: 'detached' });
        }
        await shotsByKeyboard(page, shot).catch(async (error) => {
          await shot('failed');
          throw error;
        });
        await page.close();
      }
    }
  } finally {
    await rm(temporary, { recursive: true, force: true, maxRetries: 5 });
  }
  return count;
}

/** The checklist, the tree down into an image, a file in it, and a comparison, without a mouse. */
async function shotsByKeyboard(page: Page, shot: (name: string) => Promise<void>): Promise<void> {
  const press = async (...keys: string[]) => {
    for (const key of keys) await page.keyboard.press(key);
  };
  const row = (text: string) => page.locator('.sidebar .monaco-list-row', { hasText: text });
  const command = async (title: string) => {
    await press('F1');
    await page.locator('.quick-input-widget input').first().fill(`>${title}`);
    await page.locator('.quick-input-list .monaco-list-row').first().waitFor();
    await press('Enter');
  };
  // At 200 % the row is out of view until it is looked for.
  const choose = async (text: string) => {
    const input = page.locator('.quick-input-widget input').first();
    await input.fill(text);
    await page.locator('.quick-input-list .monaco-list-row.focused', { hasText: text }).waitFor();
    await press('Enter');
  };
  const goTo = async (text: string) => {
    const focused = page.locator('.sidebar .monaco-list.element-focused .monaco-list-row.focused');
    for (let presses = 0; presses < 80; presses++) {
      const label = await focused.textContent({ timeout: 3000 }).catch(async () => {
        const holder = await page.evaluate('document.activeElement?.outerHTML.slice(0, 300)');
        throw new Error(`nothing in the sidebar has the focus on the way to "${text}": ${holder}`);
      });
      if (label?.includes(text)) return;
      await press('ArrowDown');
      await page.waitForTimeout(40);
    }
    throw new Error(`"${text}" is not reached with the arrow keys`);
  };
  const expand = async () => {
    await press('ArrowRight');
    await page.locator('.sidebar .monaco-list-row.focused[aria-expanded="true"]').waitFor();
    // What comes in between moves the rows below, also the one that an early key would go to.
    await page.waitForTimeout(600);
  };
  // Away from the rows, which say more when the mouse rests on them.
  await page.mouse.move(0, 0);
  await command('S9PK: Focus on Wrapper View');
  await row('Icon').first().waitFor();
  await shot('checklist');
  await command('S9PK: Focus on Packages View');
  await row('Foreign Images').first().waitFor();
  // The view has the focus once it has drawn itself.
  await page.locator('.sidebar .monaco-list:focus').waitFor();
  await press('Home');
  await goTo('Foreign Images');
  await expand();
  await goTo('Manifest');
  await expand();
  await goTo('canMigrateFrom');
  await shot('sidebar-manifest');
  // To the branch, and close it.
  await press('ArrowLeft', 'ArrowLeft');
  await row('canMigrateFrom').first().waitFor({ state: 'detached' });
  for (const name of ['images', 'x86_64', 'tar2sqfs-xz.squashfs']) {
    await goTo(name);
    await expand();
  }
  await goTo('exactly-one-block');
  await shot('sidebar-image');
  await goTo('text');
  await press('Enter');
  await page.locator('.monaco-editor .view-line', { hasText: 'a line of text' }).first().waitFor();
  await shot('file-in-image');
  await command('S9PK: Compare With…');
  await choose('rich.s9pk');
  await page.waitForTimeout(500);
  await choose('partial.s9pk');
  await page.locator('.pane', { hasText: 'Comparison' }).locator('.monaco-list-row').first().waitFor();
  await page.waitForTimeout(500);
  await page.locator('.notification-toast').waitFor({ state: 'detached' });
  await shot('comparison');
  await command('S9PK: Close Comparison');
  await command('View: Close All Editors');
}

if (import.meta.main) {
  const [vsix = 's9pk-studio.vsix', folder = join('.vscode-test', 'gallery')] = process.argv.slice(2);
  console.log(`${await takeGallery(vsix, folder)} pictures in ${folder}`);
}
