import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Browser, Page } from 'playwright-core';
import { renderPage, renderVerdict } from '../../extension/host/packages/page/render-page.ts';
import { pageOfPackage } from '../../extension/worker/look/page-of-package.ts';
import { verifyFile } from '../../extension/worker/look/verify-file.ts';
import { packagesOnDisk } from '../../extension/worker/packages/packages-on-disk.ts';
import { archiveBytes } from '../support/archives.ts';
import { goodManifest, validPackage } from '../support/packages.ts';
import { sharedFolder, sharedPath } from '../support/shared.ts';
import { olderPackage } from '../support/version-1.ts';
import { launchBrowser } from '../vscode/browser.ts';
import { checkTreemaps } from './treemaps.ts';

/**
 * The page of a package, for good, damaged, partial and hostile packages, in VS Code's kinds of themes, wide, and as narrow
 * as at 200 %: without a violation of what axe checks, without a script of the package's that runs, and as pictures.
 */

/** What VS Code gives a page, by kind of theme; the colours are those of its default ones. */
export const THEMES: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  light: {
    ...{ 'editor-background': '#ffffff', foreground: '#3b3b3b', 'panel-border': '#e5e5e5', focusBorder: '#005fb8' },
    ...{ 'button-background': '#005fb8', 'button-foreground': '#ffffff', 'editorWidget-background': '#f8f8f8' },
    ...{ 'button-secondaryBackground': '#e5e5e5', 'button-secondaryForeground': '#3b3b3b' },
    ...{ 'editorError-foreground': '#e51400', 'editorWarning-foreground': '#bf8803', 'charts-blue': '#1a85ff' },
    ...{ 'charts-purple': '#652d90', 'charts-green': '#388a34', 'textLink-foreground': '#005fb8' },
  },
  dark: {
    ...{ 'editor-background': '#1f1f1f', foreground: '#cccccc', 'panel-border': '#2b2b2b', focusBorder: '#0078d4' },
    ...{ 'button-background': '#0078d4', 'button-foreground': '#ffffff', 'editorWidget-background': '#202020' },
    ...{ 'button-secondaryBackground': '#313131', 'button-secondaryForeground': '#cccccc' },
    ...{ 'editorError-foreground': '#f14c4c', 'editorWarning-foreground': '#cca700', 'charts-blue': '#3794ff' },
    ...{ 'charts-purple': '#b180d7', 'charts-green': '#89d185', 'textLink-foreground': '#4daafc' },
  },
  'high-contrast': {
    ...{ 'editor-background': '#000000', foreground: '#ffffff', contrastBorder: '#6fc3df', focusBorder: '#f38518' },
    ...{ 'button-background': '#000000', 'button-foreground': '#ffffff', 'editorWidget-background': '#0c141f' },
    ...{ 'button-secondaryBackground': '#000000', 'button-secondaryForeground': '#ffffff' },
    ...{ 'editorError-foreground': '#f48771', 'editorWarning-foreground': '#ffd370', 'charts-blue': '#3794ff' },
    ...{ 'charts-purple': '#b180d7', 'charts-green': '#89d185', 'textLink-foreground': '#21a6ff' },
  },
};

const HOSTILE = '<script>window.isHacked = true</script><img src=x onerror="window.isHacked = true">"\'';
const ICON =
  '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9"><circle cx="4.5" cy="4.5" r="4" fill="#47c"/></svg>';

/** Packages of every kind: good ones of both orders, partial, damaged, cut, hostile, and what is none; by name. */
export async function makePackages(folder: string): Promise<string[]> {
  const rich = {
    ...goodManifest,
    title: 'Rich Example',
    description: {
      short: { en_US: 'Everything a page can show', de_DE: 'Alles, was eine Seite zeigen kann' },
      long: { en_US: 'A package with texts in two languages.\nAnd two lines.', de_DE: 'Ein Paket in zwei Sprachen.' },
    },
    dependencies: {
      bitcoind: { description: { en_US: 'For blocks.', de_DE: 'Für Blöcke.' }, optional: false },
      electrs: { description: null, optional: true },
    },
    images: { main: { ...goodManifest.images.main, arch: ['aarch64', 'x86_64'] } },
    hardwareRequirements: { device: [], ram: 2 ** 31, arch: ['x86_64', 'aarch64'] },
    gitHash: '0123456789abcdef0123456789abcdef01234567',
  };
  const image = { 'main.squashfs': 'x'.repeat(300_000), 'main.json': '{}', 'main.env': '' };
  const richPackage = validPackage({
    'manifest.json': JSON.stringify(rich),
    'icon.svg': ICON,
    images: { x86_64: image, aarch64: { ...image, 'main.squashfs': 'x'.repeat(120_000) } },
    dependencies: { bitcoind: { 'metadata.json': JSON.stringify({ title: 'Bitcoin' }), 'icon.svg': ICON } },
  });
  const hostile = {
    ...goodManifest,
    title: HOSTILE,
    releaseNotes: { [`en"${HOSTILE}`]: HOSTILE },
    description: { short: HOSTILE, long: HOSTILE },
    volumes: [HOSTILE],
  };
  const bytes = await archiveBytes(richPackage);
  const damaged = Uint8Array.from(bytes);
  damaged[damaged.length - 1] = (damaged.at(-1) ?? 0) ^ 1;
  // What a device gets that has one architecture: the others keep their hashes.
  const left = { kind: 'missing' as const, hash: new Uint8Array(32).fill(7), size: 120_000n };
  const partial = validPackage({
    'manifest.json': JSON.stringify(rich),
    'icon.svg': ICON,
    images: { x86_64: image, aarch64: { ...image, 'main.squashfs': left } },
    dependencies: { bitcoind: { 'metadata.json': left } },
  });
  const made: Record<string, Uint8Array> = {
    partial: await archiveBytes(partial),
    rich: bytes,
    'name-order': await archiveBytes(richPackage, 'name'),
    damaged,
    truncated: bytes.subarray(0, bytes.length - 200_000),
    'broken-table': bytes.subarray(0, 300),
    hostile: await archiveBytes(
      validPackage({
        'manifest.json': JSON.stringify(hostile),
        'icon.svg': HOSTILE,
        [`a${HOSTILE.replaceAll('/', '')}`]: '',
      }),
    ),
    'version-1': olderPackage(),
    'not-s9pk': new TextEncoder().encode('This is a text.'),
    empty: new Uint8Array(0),
  };
  const files: string[] = [];
  for (const [name, content] of Object.entries(made)) {
    const file = join(folder, `${name}.s9pk`);
    await writeFile(file, content);
    files.push(file);
  }
  return files;
}

/** Checks every page. @returns how many were checked; throws at the first that has a violation. */
export async function checkPages(screenshots: string): Promise<number> {
  await mkdir(screenshots, { recursive: true });
  const folder = await mkdtemp(join(tmpdir(), 's9pk-pages-'));
  try {
    await using browser = await launchBrowser();
    const files = await makePackages(folder);
    const shared = sharedFolder && sharedPath('fixtures', 's9pk-v2');
    if (shared)
      files.push(...(await readdir(shared)).filter((name) => name.endsWith('.s9pk')).map((name) => join(shared, name)));
    let checked = 0;
    for (const file of files) {
      for (const theme of Object.keys(THEMES)) {
        for (const zoom of [1, 2]) {
          // Pictures of what is made here; the others are only checked, in one theme.
          const isOurs = file.startsWith(folder);
          if (!isOurs && (theme !== 'dark' || zoom !== 1)) continue;
          const picture = isOurs ? join(screenshots, `page-${nameOf(file)}-${theme}-${zoom}00.png`) : undefined;
          await checkPage(browser.chromium, folder, { file, theme, zoom, picture });
          checked++;
        }
      }
    }
    return checked + (await checkTreemaps(browser.chromium, folder, screenshots));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

const nameOf = (file: string) => file.replace(/^.*[/\\]|\.s9pk$/g, '');

export interface Check {
  readonly file: string;
  readonly theme: string;
  readonly zoom: number;
  readonly picture: string | undefined;
}

/** Translates nothing: English with the arguments put in. */
export const t = (text: string, ...args: (string | number)[]) =>
  text.replaceAll(/\{(\d)\}/g, (_, index) => String(args[Number(index)]));

/** Opens the page of a package in a browser, as the editor would. `errors` are those of its scripts. */
export async function openPage(
  browser: Browser,
  folder: string,
  { file, theme, zoom }: Check,
): Promise<{ page: Page; errors: string[] }> {
  const media = resolve('media', 'page');
  const request = { file, knownSigners: {}, ownKeys: false };
  const described = await pageOfPackage(packagesOnDisk, request);
  const text = renderPage(described, {
    ...{ fileName: nameOf(file), language: 'de', t, source: 'file:' },
    style: pathToFileURL(join(media, 'page.css')).href,
    script: pathToFileURL(join(media, 'page.js')).href,
    treemapScript: pathToFileURL(join(media, 'treemap.js')).href,
  });
  const path = join(folder, `${nameOf(file)}.html`);
  await writeFile(path, text);
  const page = await browser.newPage({ viewport: { width: 1000 / zoom, height: 800 / zoom }, deviceScaleFactor: zoom });
  const errors: string[] = [];
  page.on('pageerror', (error) => errors.push(error.message));
  const variables = {
    ...THEMES[theme],
    'font-family': 'sans-serif',
    'font-size': '13px',
    'editor-font-family': 'monospace',
  };
  await page.addInitScript(
    `globalThis.acquireVsCodeApi = () => ({ postMessage: (message) => { globalThis.sent = message; } });
document.addEventListener('DOMContentLoaded', () => { for (const [name, value] of Object.entries(${JSON.stringify(variables)})) document.documentElement.style.setProperty('--vscode-' + name, value); });`,
  );
  await page.goto(pathToFileURL(path).href);
  return { page, errors };
}

/** What axe finds wrong with what is shown. */
export async function violationsOf(page: Page): Promise<string[]> {
  const axe = await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
  // Through the debugger, since the page's own policy allows no such script.
  return page.evaluate(
    `${axe}; axe.run({ runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'best-practice'] }).then(({ violations }) => violations.map(({ id, nodes }) => id + ': ' + nodes.map(({ html }) => html.slice(0, 200)).join(' | ')))`,
  );
}

async function checkPage(browser: Browser, folder: string, check: Check): Promise<void> {
  const { file, theme, zoom, picture } = check;
  const { page, errors } = await openPage(browser, folder, check);
  try {
    const verdict = renderVerdict(await verifyFile(packagesOnDisk, { file, knownSigners: {}, ownKeys: false }), t);
    await page.evaluate((html) => window.postMessage({ verdict: html }, '*'), verdict);
    await page.locator('#verdict .verdict').waitFor();
    const violations = await violationsOf(page);
    const where = `${nameOf(file)} in ${theme} at ${zoom}00 %`;
    if (violations.length > 0) throw new Error(`${where}: ${violations.join('\n')}`);
    if (errors.length > 0) throw new Error(`${where}: ${errors.join('\n')}`);
    if (await page.evaluate('window.isHacked')) throw new Error(`${where}: a script of the package ran`);
    const isWide = await page.evaluate('document.documentElement.scrollWidth > document.documentElement.clientWidth');
    if (isWide) throw new Error(`${where}: it must be scrolled sideways`);
    const broken = 'Promise.all([...document.images].map((image) => image.decode().then(() => 0, () => 1)))';
    if (((await page.evaluate(broken)) as number[]).includes(1)) throw new Error(`${where}: a broken picture is shown`);
    const button = page.locator('button[data-action]').first();
    await button.focus();
    await page.keyboard.press('Enter');
    if ((await page.evaluate('globalThis.sent.action')) !== (await button.getAttribute('data-action')))
      throw new Error(`${where}: the button says nothing`);
    if (picture) await page.screenshot({ path: picture, fullPage: true });
  } finally {
    await page.close();
  }
}
