import assert from 'node:assert/strict';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { MemorySink } from '../../extension/engine/io/byte-sink.ts';
import { readFolder } from '../../extension/engine/squashfs/folder-tree.ts';
import { writeSquashfs } from '../../extension/engine/squashfs/write/writer.ts';
import { layOut } from '../../extension/host/packages/page/treemap.ts';
import { weighIn } from '../../extension/worker/look/survey-package.ts';
import { packagesOnDisk } from '../../extension/worker/packages/packages-on-disk.ts';
import { archiveBytes, blake3 } from '../support/archives.ts';
import { validPackage } from '../support/packages.ts';
import { openPage, THEMES, t, violationsOf } from './pages.ts';

/**
 * What is large on the page of a package: gone through with the keyboard alone, from the package into an image and up again, in every
 * theme, without a violation of what axe checks.
 */

const IMAGE = 'images/x86_64/main.squashfs';
const HOSTILE = '<img src=x onerror="window.isHacked = true">';

/** A package whose image has folders in folders, and a name that would be HTML. */
async function makePackage(folder: string): Promise<string> {
  const root = join(folder, 'root');
  const files: Readonly<Record<string, number>> = {
    'usr/bin/node': 900_000,
    'usr/bin/sh': 80_000,
    'usr/lib/libc.so': 400_000,
    'usr/lib/python/os.py': 60_000,
    'etc/passwd': 100,
    [`srv/${HOSTILE}`]: 120_000,
    'srv/data.bin': 300_000,
    ...Object.fromEntries(Array.from({ length: 120 }, (_, index) => [`var/log/${index}.log`, 1000 + index])),
  };
  for (const [path, size] of Object.entries(files)) {
    await mkdir(join(root, path, '..'), { recursive: true });
    await writeFile(join(root, path), Buffer.alloc(size, path));
  }
  const sink = new MemorySink();
  await writeSquashfs(await readFolder(root, { mtime: 0 }), sink, {
    blake3,
    label: 'root',
    compressor: 'gzip',
    mtime: 0,
  });
  const image = { 'main.squashfs': sink.bytes(), 'main.json': '{}', 'main.env': '' };
  const file = join(folder, 'treemap.s9pk');
  await writeFile(file, await archiveBytes(validPackage({ images: { x86_64: image } })));
  return file;
}

/** The page's end of what the editor does. */
class Answering {
  private readonly page: Page;
  private readonly file: string;

  constructor(page: Page, file: string) {
    this.page = page;
    this.file = file;
  }

  /** Answers what the page asked for last. @returns what it opened, if it was that */
  async answer(): Promise<string | undefined> {
    const { action, argument = '' } = (await this.page.evaluate('globalThis.sent')) as {
      action: string;
      argument?: string;
    };
    if (action === 'openEntry') return argument;
    assert.ok(action === 'ready' || action === 'weigh', action);
    const weighed = await weighIn(packagesOnDisk, { file: this.file, path: argument }, {});
    await this.page.evaluate((view) => window.postMessage({ treemap: view }, '*'), {
      ...layOut('treemap.s9pk', argument, weighed, t),
    });
    await this.page.waitForFunction(`shown?.path === ${JSON.stringify(argument)}`);
    return undefined;
  }

  async press(...keys: string[]): Promise<void> {
    for (const key of keys) await this.page.keyboard.press(key);
  }

  focused(): Promise<string> {
    return this.page.evaluate('document.activeElement.dataset.path ?? document.activeElement.outerHTML');
  }
}

/** @returns how many pages were checked; throws at the first that is wrong */
export async function checkTreemaps(browser: Browser, folder: string, screenshots: string): Promise<number> {
  const file = await makePackage(folder);
  let checked = 0;
  for (const theme of Object.keys(THEMES)) {
    for (const zoom of [1, 2]) {
      const { page, errors } = await openPage(browser, folder, { file, theme, zoom, picture: undefined });
      try {
        await goThrough(page, file, join(screenshots, `treemap-${theme}-${zoom}00.png`));
        assert.deepEqual(errors, []);
        assert.equal(await page.evaluate('window.isHacked'), undefined);
        checked++;
      } finally {
        await page.close();
      }
    }
  }
  return checked;
}

async function goThrough(page: Page, file: string, picture: string): Promise<void> {
  const editor = new Answering(page, file);
  await editor.answer();
  await page.locator('.tile').first().waitFor();
  assert.equal(await page.locator('.tile[tabindex="0"]').count(), 1);
  // The largest is the image; with Tab it is reached, with Enter entered.
  await page.locator('.tile[tabindex="0"]').focus();
  assert.equal(await editor.focused(), IMAGE);
  await editor.press('Enter');
  await editor.answer();
  assert.equal(await editor.focused(), `${IMAGE}/usr`);
  assert.match((await page.locator('.weight').textContent()) ?? '', /compressed/);
  // Every tile can be reached, and is said with its size.
  const count = await page.locator('.tile').count();
  assert.equal(count, 4);
  const met = new Set([await editor.focused()]);
  for (const key of ['ArrowRight', 'ArrowDown', 'ArrowDown', 'ArrowLeft', 'ArrowRight', 'ArrowUp', 'End']) {
    await editor.press(key);
    met.add(await editor.focused());
  }
  assert.equal(met.size, count, [...met].join());
  await editor.press('Home');
  assert.match(
    (await page.locator('.tile:focus').getAttribute('title')) ?? '',
    /^usr: [\d.]+ [kKM]i?B, \d+(?:\.\d)? %$/,
  );
  const violations = await violationsOf(page);
  assert.deepEqual(violations, []);
  assert.equal(
    await page.evaluate('document.documentElement.scrollWidth > document.documentElement.clientWidth'),
    false,
  );
  await page.locator('#treemap').scrollIntoViewIfNeeded();
  await page.screenshot({ path: picture, fullPage: true });

  await editor.press('Enter');
  await editor.answer();
  assert.equal(await editor.focused(), `${IMAGE}/usr/bin`);
  await editor.press('Enter');
  await editor.answer();
  await editor.press('Enter');
  assert.equal(await editor.answer(), `${IMAGE}/usr/bin/node`);
  // Up again one stands where one went in, and at the top nothing is asked.
  await editor.press('Escape');
  await editor.answer();
  assert.equal(await editor.focused(), `${IMAGE}/usr/bin`);
  await page.locator('.above button').first().click();
  await editor.answer();
  await page.locator('.tile[tabindex="0"]').focus();
  assert.equal(await editor.focused(), IMAGE);
  await page.evaluate('globalThis.sent = { action: "nothing" }');
  await editor.press('Escape');
  assert.equal(await page.evaluate('globalThis.sent.action'), 'nothing');
  // What is small is one tile, which leads nowhere.
  await page.evaluate(`ask('weigh', '${IMAGE}/var/log')`);
  await editor.answer();
  const others = page.locator('.tile[data-kind="others"]');
  assert.match((await others.textContent()) ?? '', /40 more/);
  await page.evaluate('globalThis.sent = { action: "nothing" }');
  await others.focus();
  await editor.press('Enter');
  assert.equal(await page.evaluate('globalThis.sent.action'), 'nothing');
}
