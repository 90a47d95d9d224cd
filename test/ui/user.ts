import { join } from 'node:path';
import type { Page } from 'playwright-core';

/** What a user does in VS Code, by the page's own controls. */
export class User {
  steps = 0;
  private readonly page: Page;
  private readonly screenshots: string;

  constructor(page: Page, screenshots: string) {
    this.page = page;
    this.screenshots = screenshots;
    page.setDefaultTimeout(30_000);
  }

  async step(name: string, act: () => Promise<void>): Promise<void> {
    try {
      await act();
      this.steps++;
      console.log(`ok - ui ${name}`);
    } catch (error) {
      await this.page.screenshot({ path: join(this.screenshots, `${name}-failed.png`) });
      throw error;
    }
    // Rows say more where the mouse rests, over what is beside them.
    await this.page.mouse.move(0, 0);
    await this.page.waitForTimeout(300);
    await this.page.screenshot({ path: join(this.screenshots, `${name}.png`) });
  }

  /** Runs a command by typing its title into the palette and choosing exactly that row. */
  async command(title: string): Promise<void> {
    await this.page.keyboard.press('F1');
    const input = this.page.locator('.quick-input-widget input').first();
    await input.waitFor();
    await input.fill(`>${title}`);
    const row = this.page
      .locator('.quick-input-list .monaco-list-row', { has: this.page.getByText(title, { exact: true }) })
      .first();
    await row.click();
  }

  async openFile(name: string): Promise<void> {
    await this.page.keyboard.press('Control+P');
    const input = this.page.locator('.quick-input-widget input').first();
    await input.waitFor();
    await input.fill(name);
    const last = name.split('/').at(-1) ?? name;
    await this.page.locator('.quick-input-list .monaco-list-row.focused', { hasText: last }).waitFor();
    await this.page.keyboard.press('Enter');
    await this.page.locator('.monaco-editor .view-line').first().waitFor();
  }

  /** Opens a file by a click in the explorer, which shows files that searches leave out too. */
  async click(name: string): Promise<void> {
    await clickInExplorer(this.page, name);
  }

  /** Chooses what has this text from the list that is open. */
  async choose(text: string): Promise<void> {
    const input = this.page.locator('.quick-input-widget input').first();
    await this.page.locator('.quick-input-list .monaco-list-row', { hasText: text }).first().waitFor();
    await input.fill(text);
    await this.page.locator('.quick-input-list .monaco-list-row.focused', { hasText: text }).waitFor();
    await this.page.keyboard.press('Enter');
  }

  /** Puts the cursor at a line (from 1) of the open file, at its end unless a column is given. */
  async goTo(line: number, column = 1000): Promise<void> {
    await this.page.keyboard.press('Control+G');
    const input = this.page.locator('.quick-input-widget input').first();
    await input.waitFor();
    await input.fill(`:${line}:${column}`);
    await this.page.keyboard.press('Enter');
    await input.waitFor({ state: 'hidden' });
  }

  async replaceLine(line: number, text: string): Promise<void> {
    await this.goTo(line);
    await this.page.keyboard.press('Home');
    await this.page.keyboard.press('Home');
    await this.page.keyboard.press('Shift+End');
    await this.page.keyboard.type(text);
    await this.page.keyboard.press('Escape');
  }

  async seeNotification(text: RegExp): Promise<void> {
    await this.page.locator('.notification-list-item', { hasText: text }).first().waitFor({ timeout: 60_000 });
  }

  async clearNotifications(): Promise<void> {
    await this.command('Notifications: Clear All Notifications');
    await this.page.locator('.notification-list-item').first().waitFor({ state: 'detached' });
  }

  /** A row of the tree in the sidebar. */
  row(label: string) {
    const exactly = this.page.getByText(label, { exact: true });
    return this.page.locator('.sidebar .monaco-list-row', { has: exactly }).first();
  }
}

/** Clicks a file in the explorer; only what is in view is there, so it is scrolled from its top on. */
export async function clickInExplorer(page: Page, name: string): Promise<void> {
  await page.keyboard.press('Control+Shift+E');
  const rows = page.locator('.explorer-folders-view .monaco-list-row');
  const exactly = page.getByText(name, { exact: true });
  const row = rows.filter({ has: exactly });
  await page.locator('.explorer-folders-view .monaco-list').hover();
  await page.mouse.wheel(0, -100_000);
  for (let wheels = 0; wheels < 50 && (await row.count()) === 0; wheels++) {
    await page.mouse.wheel(0, 60);
    await page.waitForTimeout(60);
  }
  await row.first().click();
}
