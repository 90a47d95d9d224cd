import { randomUUID } from 'node:crypto';
import { readdir, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Page } from 'playwright-core';
import type { Random } from '../fuzz/random.ts';
import { digestOf } from '../support/digest.ts';
import { becomes, processesWith } from '../support/processes.ts';
import { User } from '../ui/user.ts';
import { launchBrowser } from '../vscode/browser.ts';
import { startCodeServer } from '../vscode/code-server.ts';
import { HOME, unpackExtension, VSIX } from '../vscode/unpacked-extension.ts';
import { addFigure } from './figures.ts';
import { makeStale } from './package-state.ts';

export interface HostPacking {
  readonly folder: string;
  readonly target: string;
  readonly source: string;
}

/**
 * Kills the extension host of a real VS Code at random moments while it packs, and opens the window again: the package is as it was,
 * nothing that was started goes on, and packing works at once and leaves nothing. Then two windows pack one folder at the same
 * time, and both end with the one package. Linux only.
 * @returns how much went wrong
 */
export async function hostKills(
  { folder, target, source }: HostPacking,
  kills: number,
  random: Random,
): Promise<number> {
  await unpackExtension();
  const mark = randomUUID();
  const data = join(dirname(folder), 'code');
  const env = { S9PK_TEST_MARK: mark, S9PK_CACHE: join(dirname(folder), 'cache') };
  const settings = { 's9pk.images': { main: join(folder, 'image', 'oci') } };
  await using server = await startCodeServer({ data, vsix: VSIX, env, settings });
  await using browser = await launchBrowser();
  const open = async () => {
    const page = await browser.chromium.newPage({ viewport: { width: 1280, height: 860 } });
    await page.goto(`${server.url}?folder=${encodeURIComponent(folder)}`);
    return new Window(page, target);
  };
  let failed = 0;
  const harm = (message: string) => {
    failed++;
    console.error(message);
  };
  const good = digestOf(target);
  const running = () => processesWith(`S9PK_TEST_MARK=${mark}`);
  const hosts = () => running().filter(({ command }) => command.includes('--type=extensionHost'));

  let window = await open();
  await window.ready();
  await makeStale(source);
  const longest = await window.packs();
  const names = (await readdir(folder)).sort().join();
  let midway = 0;
  for (let index = 0; index < kills; index++) {
    await makeStale(source);
    // What the server itself runs; a window of its own may have watchers beside its host.
    const before = new Set(running().map(({ pid }) => pid));
    const packed = await window.lastPacked();
    await window.startPacking();
    await new Promise((done) => setTimeout(done, random.fraction() * longest));
    if ((await window.lastPacked()) === packed) midway++;
    for (const { pid } of hosts()) process.kill(pid, 'SIGKILL');
    const left = () => running().filter(({ pid, command }) => !before.has(pid) && !isOfCode(command));
    if (!(await becomes(() => left().length === 0)))
      harm(`host ${index + 1}: ${left().map(({ command }) => command)} went on`);
    if (digestOf(target) !== good) harm(`host ${index + 1}: the package is not what it was`);
    await window.close();
    window = await open();
    await window.ready();
    await window.packs();
    if (digestOf(target) !== good) harm(`host ${index + 1}: the next one packs something else`);
    const after = (await readdir(folder)).sort().join();
    if (after !== names) harm(`host ${index + 1} left ${after}`);
  }
  console.log(`${kills} hosts killed (${midway} before the package was there), ${failed} with harm`);
  addFigure({
    what: 'hosts of a VS Code killed while they pack',
    tried: kills,
    harm: failed,
    note: `${midway} before the package was there`,
  });
  const harmOfKills = failed;

  const other = await open();
  await other.ready();
  let waited = 0;
  const rounds = Math.max(1, Math.round(kills / 4));
  for (let round = 0; round < rounds; round++) {
    await makeStale(source);
    const waits = [window, other].map((one) => one.sees(/Waiting for process \d+/));
    const isSeen = Promise.any(waits).then(
      () => true,
      () => false,
    );
    const ends = await Promise.allSettled([window.packs(), other.packs()]);
    if (await Promise.race([isSeen, new Promise<boolean>((done) => setTimeout(done, 100, false))])) waited++;
    for (const end of ends) if (end.status === 'rejected') harm(`two windows, round ${round + 1}: ${end.reason}`);
    const after = (await readdir(folder)).sort().join();
    if (digestOf(target) !== good || after !== names) harm(`two windows, round ${round + 1}: ${after}`);
  }
  console.log(`${rounds} times two windows at once, ${waited} waited and said for whom`);
  addFigure({
    what: 'two windows that pack one wrapper',
    tried: rounds,
    harm: failed - harmOfKills,
    note: `${waited} waited`,
  });
  // One that comes too late is possible, many are not.
  return failed + (kills > 3 && midway < kills / 3 ? 1 : 0);
}

/** What VS Code runs of its own for each window. */
function isOfCode(command: string): boolean {
  return /bootstrap-fork|code-server|ptyHost|node-pty|fileWatcher|serverWorker/.test(command);
}

/** A window with the wrapper, and what a user does in it. */
class Window {
  private readonly page: Page;
  private readonly user: User;
  private readonly target: string;

  constructor(page: Page, target: string) {
    this.page = page;
    this.target = target;
    this.user = new User(page, join(HOME, 'screenshots'));
  }

  /** Waits until commands can be run. */
  async ready(): Promise<void> {
    await this.page.locator('.monaco-workbench').waitFor({ timeout: 60_000 });
    await this.page.locator('.statusbar-item', { hasText: /Pack/ }).first().waitFor({ timeout: 60_000 });
  }

  startPacking(): Promise<void> {
    return this.user.command('S9PK: Pack');
  }

  /** Packs, and waits until it is said to be done. @returns how long it took, in milliseconds */
  async packs(): Promise<number> {
    await this.user.clearNotifications();
    const began = performance.now();
    await this.startPacking();
    await this.user.seeNotification(/Packed Hello World/);
    return performance.now() - began;
  }

  async sees(text: RegExp): Promise<void> {
    await this.page.locator('.notification-list-item', { hasText: text }).first().waitFor({ timeout: 15_000 });
  }

  /** When the package was written, in milliseconds since 1970. */
  async lastPacked(): Promise<number> {
    return (await stat(this.target)).mtimeMs;
  }

  close(): Promise<void> {
    return this.page.close();
  }
}
