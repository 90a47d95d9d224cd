import * as vscode from 'vscode';
import { FindingError } from '../../engine/finding.ts';
import { createKey, findKey, readKey, type StoredKey } from '../../engine/sign/key-store.ts';
import { fingerprint, formatPublicKey } from '../../engine/sign/private-key.ts';
import { resourceOf } from '../command-argument.ts';
import { readConfig } from '../config.ts';
import { chooseWrapper } from '../manifest/wrappers.ts';
import { say } from '../say.ts';
import type { Services } from '../services.ts';

/** S9PK: Show Signing Key. Only ever the public half. */
export async function showSigningKey(services: Services, argument?: unknown): Promise<void> {
  const folder = await folderFor(argument);
  if (!folder) return;
  const { keyFile } = readConfig(folder);
  const stored = keyFile === undefined ? await findKey(folder.fsPath) : await readKey(keyFile);
  if (stored) return showKey(stored, vscode.l10n.t('Packages here are signed with {0}.'));
  const create = vscode.l10n.t('Create Signing Key');
  const choice = await say.warning(vscode.l10n.t('There is no signing key here or in a folder above.'), create);
  if (choice === create) await createSigningKey(services, folder);
}

/** S9PK: Create Signing Key, in the workspace folder; an existing key is never replaced. */
export async function createSigningKey(_services: Services, argument?: unknown): Promise<void> {
  const folder = await folderFor(argument);
  if (!folder) return;
  const existing = await findKey(folder.fsPath).catch((error: unknown) => {
    if (error instanceof FindingError) return undefined;
    throw error;
  });
  if (existing?.kind === 'build') {
    await showKey(existing, vscode.l10n.t('There is a key already; packages here are signed with {0}.'));
    return;
  }
  await showKey(await createKey(folder.fsPath), vscode.l10n.t('Created the signing key {0}.'));
}

/** The wrapper; where there is none, the first workspace folder. Undefined if the user picked none. */
async function folderFor(argument: unknown): Promise<vscode.Uri | undefined> {
  const wrapper = await chooseWrapper(resourceOf(argument));
  return wrapper === 'none' ? vscode.workspace.workspaceFolders?.[0]?.uri : wrapper;
}

/** @param what a sentence with `{0}` where the key stands */
async function showKey({ path, key, notes }: StoredKey, what: string): Promise<void> {
  const copy = vscode.l10n.t('Copy Public Key');
  const choice = await say.info(
    [what.replace('{0}', `${fingerprint(key.publicKey)} (${path})`), ...notes.map((note) => `(${note})`)].join(' '),
    copy,
  );
  if (choice === copy) await vscode.env.clipboard.writeText(formatPublicKey(key.publicKey));
}
