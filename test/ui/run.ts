import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { Page } from 'playwright-core';
import { archiveBytes } from '../support/archives.ts';
import { validPackage } from '../support/packages.ts';
import { savedImage, WRAPPER_03, writeWrapper } from '../support/wrapper-03.ts';
import { launchBrowser } from '../vscode/browser.ts';
import { startCodeServer } from '../vscode/code-server.ts';
import { User } from './user.ts';

export interface UiOptions {
  readonly vsix: string;
  /** A copy of the example. */
  readonly folder: string;
  /** A wrapper for StartOS 0.3. */
  readonly older: string;
  /** A wrapper in the form of start-sdk 3. */
  readonly newest: string;
  /** Where the pictures go. */
  readonly screenshots: string;
}

/**
 * Drives VS Code as a user would: opens the example, packs it from the palette, breaks the manifest, sees squiggle and
 * Problems row, looks into the package in the sidebar; then writes on a manifest for 0.3. Every step is a picture.
 * @returns how many steps were done; throws at the first that fails, with a picture of it.
 */
export async function runUi({ vsix, folder, older, newest, screenshots }: UiOptions): Promise<number> {
  await rm(screenshots, { recursive: true, force: true });
  const data = await mkdtemp(join(tmpdir(), 's9pk-ui-'));
  try {
    await using server = await startCodeServer({ data, vsix });
    await using browser = await launchBrowser();
    const page = await browser.chromium.newPage({ viewport: { width: 1280, height: 860 } });
    const user = new User(page, screenshots);
    await page.goto(`${server.url}?folder=${encodeURIComponent(folder)}`);
    await page.locator('.monaco-workbench').waitFor({ timeout: 60_000 });
    await user.openFile('manifest/index.ts');

    await user.step('1-packed', async () => {
      await user.command('S9PK: Pack');
      await user.seeNotification(/Packed Hello World 1\.0\.0:0/);
    });
    await user.clearNotifications();

    const manifest = join(folder, 'startos', 'manifest', 'index.ts');
    const good = await readFile(manifest, 'utf8');
    await user.step('2-broken-manifest', async () => {
      await writeFile(manifest, good.replace("id: 'hello-world'", "id: 'Hello World'"));
      await page.locator('.view-line', { hasText: "'Hello World'" }).first().waitFor();
      await user.command('S9PK: Pack');
      await user.seeNotification(/Not packed: "Hello World" is not an id/);
      await user.clearNotifications();
      await user.command('View: Focus Problems');
      await page.locator('.markers-panel .monaco-list-row', { hasText: 'is not an id' }).first().waitFor();
      await page.locator('.squiggly-error').first().waitFor();
    });

    await user.step('3-mended', async () => {
      await writeFile(manifest, good);
      await page.locator('.view-line', { hasText: "id: 'hello-world'" }).first().waitFor();
      await user.command('S9PK: Pack');
      await user.seeNotification(/Packed Hello World/);
      await page.locator('.squiggly-error').first().waitFor({ state: 'detached' });
      await user.clearNotifications();
    });

    await user.step('4-package-tree', async () => {
      await user.command('View: Toggle Panel');
      await page.locator('.activitybar [aria-label^="S9PK"]').first().click();
      await user.row('Hello World 1.0.0:0').click();
      await user.row('images').click();
      await user.row('aarch64').click();
      await user.row('main.squashfs').click();
      await user.row('etc').click();
      // What is below may be out of view, where rows are not drawn.
      await user.row('group').waitFor();
      await page.keyboard.press('ArrowDown');
      await page.keyboard.press('ArrowDown');
      // What a row tells is made once somebody points at it, and so is what it opens.
      await user.row('passwd').hover();
      await page.locator('.monaco-hover', { hasText: /^passwd, / }).waitFor();
      await user.row('passwd').click();
      await page.locator('.view-line', { hasText: 'root:' }).first().waitFor();
    });

    await user.step('5-verified', async () => {
      await user.command('S9PK: Verify');
      await user.seeNotification(/is intact and complete\. Signed by the build key/);
    });

    await user.step('5a-package-page', async () => {
      await user.clearNotifications();
      await user.command('View: Show Explorer');
      await user.row('hello-world.s9pk').click();
      const content = page.frameLocator('iframe.webview.ready').frameLocator('#active-frame');
      await content.locator('h1', { hasText: 'Hello World' }).waitFor();
      await content.locator('.verdict.good', { hasText: 'Intact and complete' }).waitFor();
    });

    await user.step('5a-treemap', async () => {
      // The icon theme has none for packages, so it is ours.
      const icon = page.locator('.explorer-folders-view .s9pk-lang-file-icon').first();
      const shown = await icon.evaluate((element) => getComputedStyle(element, '::before').backgroundImage);
      if (!shown.includes('icon.svg')) throw new Error(`packages have the icon ${shown}`);
      const content = page.frameLocator('iframe.webview.ready').frameLocator('#active-frame');
      for (const name of ['main.squashfs', 'etc']) {
        await content.locator('.tile', { hasText: name }).first().focus();
        await page.keyboard.press('Enter');
      }
      await content.locator('.tile', { hasText: 'passwd' }).focus();
    });
    await user.step('5a-treemap-opened', async () => {
      await page.keyboard.press('Enter');
      await page.locator('.view-line', { hasText: 'root:' }).first().waitFor();
      await user.row('hello-world.s9pk').click();
      const content = page.frameLocator('iframe.webview.ready').frameLocator('#active-frame');
      await content.locator('.tile').first().waitFor();
    });

    await user.step('5b-comparison', async () => {
      await writeFile(
        manifest,
        good.replace("marketingUrl: 'https://github.com/", "marketingUrl: 'https://example.org/"),
      );
      await user.command('S9PK: Pack for Architecture…');
      await page.locator('.quick-input-list .monaco-list-row', { hasText: 'x86_64' }).first().click();
      await user.seeNotification(/Packed Hello World/);
      await user.clearNotifications();
      await user.command('S9PK: Compare With…');
      await page.locator('.quick-input-list .monaco-list-row', { hasText: 'hello-world_x86_64' }).first().click();
      await page.locator('.quick-input-list .monaco-list-row', { hasText: 'hello-world.s9pk' }).first().click();
      await user.row('/marketingUrl').waitFor();
      await user.row('/marketingUrl').click();
      await page.keyboard.press('End');
      await page.keyboard.press('Enter');
      await page.locator('.monaco-diff-editor .view-line').first().waitFor();
      await writeFile(manifest, good);
    });

    await user.step('5c-hostile-names', async () => {
      const inside = '[run](command:workbench.action.terminal.new)\u202egpj';
      const name = '[click](command:workbench.action.terminal.new) \u202egpj.s9pk';
      const hostile = join(folder, name);
      await writeFile(hostile, await archiveBytes(validPackage({ [inside]: 'x' })));
      await user.command('View: Close All Editors');
      await user.clearNotifications();
      await user.command('S9PK: Verify');
      await page.locator('.quick-input-list .monaco-list-row', { hasText: 'click' }).first().click();
      await user.seeNotification(/\[click\] \(command:workbench\.action\.terminal\.new\) \\u202egpj\.s9pk/);
      const links = await page.locator('.notification-list-item-message a').count();
      if (links > 0) throw new Error('a name became a link in a notification');
      await user.command('View: Focus Problems');
      const problem = page.locator('.markers-panel .monaco-list-row', { hasText: '\\u202egpj' }).first();
      await problem.waitFor();
      if ((await problem.locator('a', { hasText: 'run' }).count()) > 0)
        throw new Error('a name became a link in a problem');
      await rm(hostile);
    });

    await page.goto(`${server.url}?folder=${encodeURIComponent(older)}`);
    await page.locator('.monaco-workbench').waitFor({ timeout: 60_000 });
    await writeManifests(user, page, older);
    await page.goto(`${server.url}?folder=${encodeURIComponent(newest)}`);
    await page.locator('.monaco-workbench').waitFor({ timeout: 60_000 });
    await writeNewest(user, page, newest);
    return user.steps;
  } finally {
    await rm(data, { recursive: true, force: true, maxRetries: 5 });
  }
}

/** Breaks a wrapper of today's SDK: a dependency in the code, a text that servers refuse, a key of the SDK before. */
async function writeNewest(user: User, page: Page, newest: string): Promise<void> {
  const change = async (name: string, from: string, to: string) => {
    const file = join(newest, 'startos', name);
    const text = await readFile(file, 'utf8');
    if (!text.includes(from)) throw new Error(`${from} is not in ${name}`);
    await writeFile(file, text.replace(from, to));
  };
  await change('manifest/i18n.ts', "all('A greeting')", `all('${'A greeting that goes on and on. '.repeat(4)}')`);
  await change('manifest/index.ts', 'emulateMissing: false', 'emulateMissingAs: null');
  await user.step('13-todays-sdk', async () => {
    await user.openFile('startos/manifest/index.ts');
    await user.command('View: Focus Problems');
    for (const text of ['servers refuse more than 120', 'write "emulateMissing": false'])
      await page.locator('.markers-panel .monaco-list-row', { hasText: text }).first().waitFor();
  });
  await change('dependencies.ts', "kind: 'running',\n  healthChecks: ['bitcoind', 'sync-progress']", "kind: 'runs'");
  await user.step('14-dependencies-in-code', async () => {
    await user.openFile('startos/dependencies.ts');
    await page
      .locator('.markers-panel .monaco-list-row', { hasText: '"kind" is ignored: write "exists" or "running"' })
      .first()
      .waitFor();
    // Some lines above import names that end in it.
    const key = page
      .locator('.view-line', { hasText: /^\s*versionRange:/ })
      .first()
      .getByText(/^\s*versionRange/)
      .first();
    const hover = page.locator('.monaco-hover', { hasText: 'since StartOS 0.4.0.2' }).first();
    // A hover that was asked for while the text was still being coloured goes away with it.
    for (let attempt = 0; attempt < 5 && !(await hover.isVisible()); attempt++) {
      await page.mouse.move(0, 0);
      await key.hover();
      await hover.waitFor({ timeout: 5000 }).catch(() => undefined);
    }
    await hover.waitFor();
  });
}

/** Writes on a manifest: completion, hover, underlines, quick fix, rename, outline. */
async function writeManifests(user: User, page: Page, older: string): Promise<void> {
  const lines = (await readFile(join(older, 'manifest.yaml'), 'utf8')).split('\n');
  const lineOf = (text: string) => lines.findIndex((line) => line.includes(text)) + 1;
  await user.openFile('manifest.yaml');
  // The extension has looked at the file: who types before that is not helped yet.
  await page.locator('.squiggly-info').first().waitFor();
  const suggestion = (label: string) => page.locator('.suggest-widget .monaco-list-row', { hasText: label }).first();

  await user.step('6-completing-a-key', async () => {
    await user.goTo(lineOf('entrypoint: docker_entrypoint.sh'));
    await page.keyboard.press('Control+Enter');
    await page.keyboard.type('gpu');
    await suggestion('gpu-acceleration').waitFor();
    await page.keyboard.press('Control+Space');
    await page.locator('.suggest-details', { hasText: '/dev/dri' }).first().waitFor();
  });
  await page.keyboard.press('Enter');
  await page.locator('.view-line', { hasText: 'gpu-acceleration: true' }).first().waitFor();

  await user.step('7-completing-a-name', async () => {
    await user.goTo(lineOf('interface-id: main') + 1);
    await page.keyboard.press('End');
    await page.keyboard.press('Control+Backspace');
    await page.keyboard.press('Control+Space');
    await suggestion('main').waitFor();
  });
  await page.keyboard.press('Enter');

  await user.step('8-explained', async () => {
    await user.goTo(lineOf('sigterm-timeout: 30s') + 1);
    await page.locator('.view-line', { hasText: 'sigterm-timeout' }).first().getByText('sigterm-timeout').hover();
    await page.locator('.monaco-hover', { hasText: 'Time to end after the stop signal' }).first().waitFor();
  });

  await user.step('9-mistakes-while-typing', async () => {
    await user.replaceLine(lineOf('    main: /root') + 1, '    mian: /root');
    await user.replaceLine(lineOf('license: MIT'), 'license: GPLv3');
    await user.replaceLine(lineOf('title: Hello World'), 'titel: Hello World');
    await user.command('View: Focus Problems');
    for (const text of ['there is no volume "mian"', 'not an SPDX identifier', 'did you mean "title"'])
      await page.locator('.markers-panel .monaco-list-row', { hasText: text }).first().waitFor();
  });

  await user.step('10-quick-fixes', async () => {
    await page
      .locator('.markers-panel .monaco-list-row', { hasText: 'there is no volume "mian"' })
      .first()
      .click({ position: { x: 120, y: 10 } });
    await page.keyboard.press('Enter');
    await page.locator('.view-line', { hasText: 'mian' }).first().waitFor();
    await page.waitForTimeout(500);
    await page.keyboard.press('Control+.');
    await page.locator('.action-widget', { hasText: 'Rename to "main"' }).first().waitFor();
  });
  await page.keyboard.press('Enter');
  await page
    .locator('.markers-panel .monaco-list-row', { hasText: 'there is no volume' })
    .first()
    .waitFor({ state: 'detached' });

  await user.step('11-rename', async () => {
    await user.command('View: Toggle Panel');
    await user.goTo(lineOf('    type: data'), 3);
    await page.keyboard.press('F2');
    await page.locator('.rename-box input').first().waitFor();
    await page.locator('.rename-box input').first().fill('storage');
  });
  await page.keyboard.press('Enter');
  await page.locator('.view-line', { hasText: 'storage:' }).first().waitFor();

  await user.step('12-finding-explained', async () => {
    await user.command('S9PK: Explain a Finding…');
    const picker = page.locator('.quick-input-widget', { hasText: 'Explain which finding?' });
    await picker.locator('input').first().fill('manifest-volume-unknown');
    await picker.locator('.monaco-list-row', { hasText: 'manifest-volume-unknown' }).first().click();
    await page.locator('.tab', { hasText: 'manifest-volume-unknown' }).first().waitFor();
    await page.waitForTimeout(1500);
  });

  const folder = join(older, 'wrapper');
  await writeWrapper(folder);
  const file = join(folder, 'manifest.yaml');
  const good = await readFile(file, 'utf8');
  await user.step('12a-older-mistakes', async () => {
    await writeFile(file, good.replace('image: main\n  entrypoint', 'image: web\n  entrypoint'));
    await writeFile(join(folder, 'scripts', 'embassy.js'), 'export const getConfig = 1, migration = 1;\n');
    await writeFile(join(folder, 'docker-images', 'x86_64.tar'), savedImage('amd64', 'start9/hello-world/main:0.9.0'));
    await user.openFile('wrapper/manifest.yaml');
    await user.command('S9PK: Pack');
    await user.seeNotification(/Not packed: /);
    await user.clearNotifications();
    await user.command('View: Focus Problems');
    for (const text of ['there is no image "web"', 'main:0.9.0', 'does not export "properties"'])
      await page.locator('.markers-panel .monaco-list-row', { hasText: text }).first().waitFor();
  });
  await user.step('12b-older-packed', async () => {
    for (const [name, content] of Object.entries(WRAPPER_03))
      if (content !== null) await writeFile(join(folder, name), content);
    await page.locator('.view-line', { hasText: 'image: main' }).first().waitFor();
    await user.command('S9PK: Pack');
    await user.seeNotification(/Packed Hello World 1\.0\.0/);
    await user.clearNotifications();
    // The folder is unfolded as long as a file in it is shown.
    await user.click('hello-world.s9pk');
    const content = page.frameLocator('iframe.webview.ready').frameLocator('#active-frame');
    await content.locator('.verdict.good').waitFor();
  });
  // The images that were built for 0.3 will do.
  await mkdir(join(older, '.vscode'), { recursive: true });
  const images = { x86_64: 'docker-images/x86_64.tar', aarch64: 'docker-images/aarch64.tar' };
  await writeFile(join(older, '.vscode', 'settings.json'), JSON.stringify({ 's9pk.images': { main: images } }));
  await user.step('12c-migration-asked', async () => {
    await user.openFile('wrapper/manifest.yaml');
    await user.command('S9PK: Start 0.4 Wrapper from manifest.yaml…');
    await page.locator('.monaco-dialog-box', { hasText: 'nothing is deleted' }).waitFor();
  });
  await user.step('12d-migrated', async () => {
    await page.locator('.monaco-dialog-box .monaco-button', { hasText: 'Make Wrapper' }).click();
    await user.seeNotification(/has a wrapper for StartOS 0\.4/);
    await user.clearNotifications();
    await page.locator('.view-line', { hasText: 'setupManifest' }).first().waitFor();
    await user.command('View: Focus Problems');
    // The panel draws only the rows that there is room for.
    const filter = page.getByPlaceholder(/^Filter \(e\.g\./);
    await filter.fill('migrate-');
    for (const text of ['the form of the configuration could not be read', 'there is no Dockerfile for this image'])
      await page.locator('.markers-panel .monaco-list-row', { hasText: text }).first().waitFor();
    await filter.fill('');
  });
  await user.step('12e-migrated-packed', async () => {
    // What npm would install.
    await symlink(resolve('node_modules'), join(folder, 'node_modules'), 'dir');
    await user.openFile('wrapper/startos/manifest/index.ts');
    await user.command('S9PK: Pack');
    await user.seeNotification(/Packed Hello World 1\.0\.0:1/);
    await user.clearNotifications();
    await user.click('hello-world.s9pk');
    const content = page.frameLocator('iframe.webview.ready').frameLocator('#active-frame');
    await content.locator('.verdict.good').waitFor();
  });
}
