import { utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { launchBrowser } from '../../vscode/browser.ts';
import { startCodeServer } from '../../vscode/code-server.ts';
import { noted } from '../compare.ts';
import { run } from '../root-file-system.ts';
import { ExtensionHost } from './extension-host.ts';
import { TreeView } from './tree-view.ts';
import { KINDS, makeWorkspace } from './workspace.ts';

/** Until other extensions have started and packages are read and verified behind, in milliseconds. */
const SETTLE_MS = 15_000;
/** Changes of a package, and the pause between two, in milliseconds. */
const [CHANGES, CHANGE_PAUSE_MS] = [50, 100];
const PACKAGES = KINDS.reduce((sum, { count }) => sum + count, 0);

/**
 * What somebody waits for who opens what is in the sidebar, of a workspace with two hundred packages: from the key to the frame with
 * the rows, in a real VS Code.
 */
export async function benchSidebar(folder: string): Promise<void> {
  const [vsix, data, workspace] = [join(folder, 's9pk-studio.vsix'), join(folder, 'data'), join(folder, 'packages')];
  run(process.execPath, ['scripts/build.ts']);
  run(process.execPath, ['scripts/package.ts', '--out', vsix]);
  await makeWorkspace(workspace);
  await using browser = await launchBrowser();
  await using server = await startCodeServer({ data, vsix, settings: {} });
  const page = await browser.chromium.newPage({ viewport: { width: 1280, height: 800 } });
  await page.goto(`${server.url}?folder=${encodeURIComponent(workspace)}`);
  await page.locator('.monaco-workbench').waitFor({ timeout: 60_000 });
  console.log(`\nthe sidebar with ${PACKAGES} packages`);
  const icon = page.locator('.activitybar [aria-label^="S9PK"]').first();
  await icon.waitFor({ timeout: 60_000 });
  const started = Date.now();
  await icon.click();
  const rows = page.locator('.sidebar .monaco-list', { hasText: KINDS[0]?.name ?? '' }).first();
  await rows.waitFor({ timeout: 60_000 });
  await rows.focus();
  const tree = new TreeView(page);
  console.log(
    `  listed ${await tree.until(PACKAGES, started)} ms after the view was asked for, the extension's start with it`,
  );
  const host = ExtensionHost.ofServer(data);
  const say = (what: string, times: readonly number[]) => {
    const sorted = [...times].sort((a, b) => a - b);
    const at = (share: number) =>
      Math.round(sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0);
    const [p50, p95, most] = [at(0.5), at(0.95), at(1)];
    const memory = host ? `  extension host ${Math.round(host.memory() / 1e6)} MB` : '';
    console.log(`  ${what.padEnd(48)} p50 ${p50} ms, p95 ${p95} ms, at most ${most} ms (${times.length})${memory}`);
    noted[`sidebar: ${what}, p95 in ms`] = p95;
  };
  const all = async () => {
    const times: number[] = [];
    await tree.home();
    for (let index = 0; index < PACKAGES; index++) {
      if (index > 0) await tree.down();
      times.push(await tree.expand());
      await tree.collapse();
    }
    return times;
  };
  say('each package, as soon as they are listed', await all());
  await page.waitForTimeout(SETTLE_MS);
  say('each package, once all is quiet', await all());
  say('each package again', await all());
  say('folders and images in packages', await inside(tree));

  const changed = join(workspace, 'small', 'small-001.s9pk');
  const change = async () => {
    for (let index = 0; index < CHANGES; index++) {
      await utimes(changed, new Date(), new Date());
      await page.waitForTimeout(CHANGE_PAUSE_MS);
    }
  };
  const [, times] = await Promise.all([change(), all()]);
  say('each package, while one changes', times);
  await page.waitForTimeout(SETTLE_MS);
  const before = host?.processorSeconds() ?? 0;
  await change();
  await page.waitForTimeout(1000);
  const spent = ((host?.processorSeconds() ?? 0) - before) / CHANGES;
  console.log(`  a change of a package takes ${Math.round(spent * 1000)} ms of processors`);
  noted['sidebar: a change of a package, in ms of processors'] = Math.round(spent * 1000);
}

/** Opens what is in packages of every kind, level by level. */
async function inside(tree: TreeView): Promise<number[]> {
  const times: number[] = [];
  await tree.home();
  let row = 0;
  for (let index = 0; index < PACKAGES; index++) {
    for (; row < index; row++) await tree.down();
    // Every tenth, so that all kinds are among them.
    if (index % 10 !== 0) continue;
    await tree.expand();
    for (const name of ['images', 'x86_64', 'main.squashfs', 'folder-0']) {
      await tree.downTo(name);
      times.push(await tree.expand());
    }
    await tree.collapseUp(4);
  }
  return times;
}
