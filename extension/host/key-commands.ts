import * as vscode from 'vscode';
import { FindingError } from '../engine/finding.ts';
import { createKey, findKey, readKey, type StoredKey } from '../engine/sign/key-store.ts';
import { fingerprint, formatPublicKey } from '../engine/sign/private-key.ts';
import { resourceOf } from './commands.ts';
import { readConfig } from './config.ts';
import type { Services } from './start.ts';
import { chooseWrapper } from './wrappers.ts';

/** S9PK: Show Signing Key. Only ever the public half. */
export async function showSigningKey(services: Services, argument?: unknown): Promise<void> {
  const folder = await folderFor(argument);
  if (!folder) return;
  const { keyFile } = readConfig(folder);
  const stored = keyFile === undefined ? await findKey(folder.fsPath) : await readKey(keyFile);
  if (stored) return showKey(stored, 'Packages here are signed with');
  const create = 'Create Signing Key';
  const choice = await vscode.window.showWarningMessage('There is no signing key here or in a folder above.', create);
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
    await showKey(existing, 'There is a key already; packages here are signed with');
    return;
  }
  await showKey(await createKey(folder.fsPath), 'Created the signing key');
}

/** The wrapper; where there is none, the first workspace folder. Undefined if the user picked none. */
async function folderFor(argument: unknown): Promise<vscode.Uri | undefined> {
  const wrapper = await chooseWrapper(resourceOf(argument));
  return wrapper === 'none' ? vscode.workspace.workspaceFolders?.[0]?.uri : wrapper;
}

async function showKey({ path, key }: StoredKey, what: string): Promise<void> {
  const copy = 'Copy Public Key';
  const choice = await vscode.window.showInformationMessage(`${what} ${fingerprint(key.publicKey)} (${path}).`, copy);
  if (choice === copy) await vscode.env.clipboard.writeText(formatPublicKey(key.publicKey));
}
