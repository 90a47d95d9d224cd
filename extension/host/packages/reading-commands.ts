import { basename, dirname } from 'node:path';
import * as vscode from 'vscode';
import { formatSize } from '../../engine/format-size.ts';
import type { PackagePage } from '../../worker/protocol.ts';
import { placeOf, resourceOf } from '../command-argument.ts';
import { aboutPackage } from '../config.ts';
import { runWithProgress } from '../engine/run-with-progress.ts';
import { explainFinding } from '../explain-finding.ts';
import { fixAllCommand } from '../manifest/fixes.ts';
import { fileOf } from '../manifest/workspace-paths.ts';
import type { Command } from '../register-commands.ts';
import { plainLabel, say } from '../say.ts';
import type { ReadingServices } from '../services.ts';
import { choosePackage, choosePackageFile } from './choose-package.ts';
import { compareCommand } from './compare-command.ts';
import { showLargestOnPage } from './editor.ts';
import { uriInPackage } from './files.ts';
import type { TreemapView } from './page/treemap.ts';
import { showReport } from './reports.ts';
import { verifyCommand } from './verify-command.ts';

/** What only reads: manifests, packages and what is in them. Each command takes the package, and for tests its answers. */

/** S9PK: Open Package…: from anywhere; it is shown in the sidebar from then on. */
async function openPackage({ packages }: ReadingServices, argument?: unknown): Promise<void> {
  const file = resourceOf(argument) ?? (await choosePackageFile(vscode.l10n.t('Open which package?')));
  if (!file) return;
  await packages.add([file]);
  await vscode.commands.executeCommand('vscode.open', file);
}

/** S9PK: Go to File in Package…: by any part of its path, in images too. */
async function goToFile({ engine }: ReadingServices, argument?: unknown): Promise<number | undefined> {
  const { t } = vscode.l10n;
  const file = await choosePackage(argument, t('Look into which package?'));
  if (!file) return undefined;
  const answer = await runWithProgress(t('Listing {0}', basename(file.path)), (token) =>
    engine.request('paths', { file: fileOf(file) }, token),
  );
  if (!answer) return undefined;
  const items = answer.paths.map(({ path, size }) => ({
    label: plainLabel(basename(path)),
    description: plainLabel(path.includes('/') ? dirname(path) : ''),
    detail: formatSize(size),
    path,
  }));
  const title = answer.isCut ? t('Which file? Only the first {0} are listed.', items.length) : t('Which file?');
  // Not awaited: who called the command need not wait until somebody has chosen.
  vscode.window.showQuickPick(items, { title, matchOnDescription: true }).then(async (chosen) => {
    if (chosen) await vscode.commands.executeCommand('vscode.open', uriInPackage(file, chosen.path));
  });
  return items.length;
}

/** S9PK: Copy Commitment as JSON: what a registry lists a package by. */
async function copyCommitment(services: ReadingServices, argument?: unknown): Promise<string | undefined> {
  return copy(services, argument, (commitment) => JSON.stringify(commitment));
}

/** S9PK: Copy Commitment as URL Query. */
async function copyCommitmentQuery(services: ReadingServices, argument?: unknown): Promise<string | undefined> {
  return copy(services, argument, ({ rootSighash, rootMaxsize }) =>
    new URLSearchParams({ rootSighash, rootMaxsize: String(rootMaxsize) }).toString(),
  );
}

async function copy(
  { engine }: ReadingServices,
  argument: unknown,
  format: (commitment: NonNullable<PackagePage['commitment']>) => string,
): Promise<string | undefined> {
  const { t } = vscode.l10n;
  const file = await choosePackage(argument, t('Copy the commitment of which package?'));
  if (!file) return undefined;
  const { commitment } = await engine.request('page', aboutPackage(file));
  if (!commitment) {
    void say.error(t('{0} has no signature that holds, so it commits to nothing.', basename(file.path)));
    return undefined;
  }
  const text = format(commitment);
  await vscode.env.clipboard.writeText(text);
  vscode.window.setStatusBarMessage(t('The commitment is in the clipboard.'), 4000);
  return text;
}

/** S9PK: Show What Is Large, in a package or in an image of one. Returns what is shown, for callers such as tests. */
async function showLargest(
  _services: ReadingServices,
  argument?: unknown,
  path?: unknown,
): Promise<TreemapView | undefined> {
  const place = placeOf(argument);
  const file = place?.file ?? (await choosePackage(argument, vscode.l10n.t('Look into which package?')));
  return file && showLargestOnPage(file, typeof path === 'string' ? path : (place?.path ?? ''));
}

/** S9PK: Show Manifest of Package. */
async function showManifest(_services: ReadingServices, argument?: unknown): Promise<void> {
  const file = await choosePackage(argument, vscode.l10n.t('Show the manifest of which package?'));
  if (file) await showReport(file, { kind: 'manifest' });
}

/** The commands that are there in browsers too. Each is listed in package.json under the same id. */
export const READING_COMMANDS: Readonly<Record<string, Command<ReadingServices>>> = {
  's9pk.verify': verifyCommand,
  's9pk.openPackage': openPackage,
  's9pk.removeFromList': ({ packages }, argument) => {
    const file = resourceOf(argument);
    return file && packages.remove(file);
  },
  's9pk.sortByName': ({ packages }) => packages.sort('name'),
  's9pk.sortBySize': ({ packages }) => packages.sort('size'),
  's9pk.compare': compareCommand,
  's9pk.closeComparison': ({ comparison }) => comparison.close(),
  's9pk.goToFile': goToFile,
  's9pk.copyCommitment': copyCommitment,
  's9pk.copyCommitmentQuery': copyCommitmentQuery,
  's9pk.showLargest': showLargest,
  's9pk.showManifest': showManifest,
  's9pk.refreshPackages': ({ packages }) => packages.refresh(),
  's9pk.fixAll': ({ manifests, lints }) => fixAllCommand(manifests, lints),
  's9pk.explainFinding': explainFinding,
  's9pk.showLog': ({ log }) => log.show(),
};
