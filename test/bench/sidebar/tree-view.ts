import type { Page } from 'playwright-core';

/** Milliseconds after which whatever was asked for will not come. */
const LIMIT_MS = 30_000;

declare global {
  interface Window {
    /** What the tree that has the focus is waited for. */
    s9pkGrown?: Promise<number>;
  }
}

/** The tree view that has the focus, by its keys: what a user waits for is measured in the page that they look at. */
export class TreeView {
  private readonly page: Page;

  constructor(page: Page) {
    this.page = page;
  }

  /**
   * Opens the focused row.
   * @returns milliseconds from the key to the frame that has its children
   */
  async expand(): Promise<number> {
    await this.watch('taller');
    await this.page.keyboard.press('ArrowRight');
    return this.watched();
  }

  /** Closes the focused row, and waits until it is. */
  async collapse(): Promise<void> {
    await this.watch('lower');
    await this.page.keyboard.press('ArrowLeft');
    await this.watched();
  }

  /** Closes the focused row and those that it is in, and waits until all are. */
  async collapseUp(levels: number): Promise<void> {
    for (let level = 0; level < levels; level++) {
      await this.collapse();
      // A row that is closed gives the focus to the one that it is in.
      await this.page.keyboard.press('ArrowLeft');
    }
    await this.collapse();
  }

  async down(): Promise<void> {
    await this.page.keyboard.press('ArrowDown');
  }

  /** Goes to the first row. */
  async home(): Promise<void> {
    await this.page.keyboard.press('Home');
  }

  /** Goes down to the next row of a name. */
  async downTo(name: string): Promise<void> {
    for (let steps = 0; steps < 100; steps++) {
      await this.down();
      const label = await this.page
        .locator('.sidebar .monaco-list:focus-within .monaco-list-row.focused .label-name')
        .first()
        .textContent();
      if (label === name) return;
    }
    throw new Error(`there is no row "${name}"`);
  }

  /** Rows that are open or can be seen by scrolling. */
  async rows(): Promise<number> {
    return this.page.evaluate(() => {
      const list = document.activeElement?.closest('.monaco-list')?.querySelector<HTMLElement>('.monaco-list-rows');
      return Math.round(Number.parseFloat(list?.style.height || '0') / 22);
    });
  }

  /** Waits until there are so many rows. @returns milliseconds since `start` of `Date.now()` */
  async until(rows: number, start: number): Promise<number> {
    for (const end = Date.now() + LIMIT_MS; Date.now() < end; ) {
      if ((await this.rows()) >= rows) return Date.now() - start;
      await this.page.waitForTimeout(10);
    }
    throw new Error(`there are ${await this.rows()} rows, not ${rows}`);
  }

  /** Begins to wait for the height of all rows to change, from the next key on. */
  private async watch(wanted: 'taller' | 'lower'): Promise<void> {
    await this.page.evaluate(
      ({ isTaller, limit }) => {
        const list = document.activeElement?.closest('.monaco-list')?.querySelector<HTMLElement>('.monaco-list-rows');
        if (!list) throw new Error('no tree has the focus');
        const height = () => Number.parseFloat(list.style.height || '0');
        const before = height();
        window.s9pkGrown = new Promise((resolve, reject) => {
          let started = 0;
          const onKey = () => {
            started = performance.now();
          };
          document.addEventListener('keydown', onKey, { capture: true, once: true });
          const timer = setTimeout(() => reject(new Error('the rows stay as they are')), limit);
          const observer = new MutationObserver(() => {
            if (isTaller ? height() <= before : height() >= before) return;
            observer.disconnect();
            clearTimeout(timer);
            resolve(performance.now() - started);
          });
          observer.observe(list, { attributes: true, attributeFilter: ['style'] });
        });
        // It is asked for later.
        window.s9pkGrown.catch(() => undefined);
      },
      { isTaller: wanted === 'taller', limit: LIMIT_MS },
    );
  }

  private async watched(): Promise<number> {
    return this.page.evaluate(() => window.s9pkGrown ?? 0);
  }
}
