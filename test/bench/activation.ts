import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { User } from '../ui/user.ts';
import { launchBrowser } from '../vscode/browser.ts';
import { startCodeServer } from '../vscode/code-server.ts';
import { copyExample } from '../vscode/workspace.ts';
import { sampled } from './compare.ts';
import { median } from './median.ts';
import { run } from './root-file-system.ts';

const ROUNDS = 5;
const SETTLE_MS = 8000;

/** How long the extension takes to start, as VS Code itself says it: loading its code and calling it. */
export async function benchActivation(folder: string): Promise<void> {
  const vsix = join(folder, 's9pk-studio.vsix');
  run(process.execPath, ['scripts/build.ts']);
  run(process.execPath, ['scripts/package.ts', '--out', vsix]);
  const [wrapper, empty] = [join(folder, 'hello-world'), join(folder, 'empty')];
  await mkdir(empty);
  await copyExample(wrapper);
  await using browser = await launchBrowser();
  await using server = await startCodeServer({ data: join(folder, 'data'), vsix, settings: {} });
  console.log('\nactivation, each time in a new window');
  const measure = async (what: string, workspace: string, activate: (page: Page) => Promise<void>) => {
    const times: number[] = [];
    for (let round = 0; round < ROUNDS; round++) {
      const page = await browser.chromium.newPage({ viewport: { width: 1280, height: 800 } });
      await page.goto(`${server.url}?folder=${encodeURIComponent(workspace)}`);
      await page.locator('.monaco-workbench').waitFor({ timeout: 60_000 });
      await activate(page);
      await new User(page, folder).command('Developer: Show Running Extensions');
      const row = page.locator('.runtime-extensions-editor .monaco-list-row', { hasText: 'S9PK Studio' });
      const text = (await row.locator('.activation-time').textContent()) ?? '';
      times.push(Number(/(\d+)\s?ms/.exec(text)?.[1]));
      await page.close();
    }
    sampled[`activation ${what}, ms`] = times;
    console.log(`  ${what.padEnd(34)} ${median(times)} ms (${times.join(', ')})`);
  };
  await measure('when its view is opened', empty, async (page) => {
    // Until the others have started.
    await page.waitForTimeout(SETTLE_MS);
    await new User(page, folder).command('S9PK: Focus on Packages View');
    await page.locator('.sidebar', { hasText: 'Open Package' }).waitFor();
  });
  await measure('with a wrapper, as VS Code starts', wrapper, (page) =>
    page.locator('.statusbar-item', { hasText: 'Pack' }).waitFor({ timeout: 60_000 }),
  );
}
