import { open } from 'node:fs/promises';
import * as vscode from 'vscode';
import { isVersion1 } from '../../engine/sections/header.ts';
import { isOnDisk } from '../manifest/workspace-paths.ts';
import { findPackages } from './choose-package.ts';

/** Tells menus which packages of the workspace are for StartOS 0.3, so that they offer there alone what is only for those. */
export async function markOlderPackages(): Promise<void> {
  const older: string[] = [];
  for (const uri of await findPackages()) if (isOnDisk(uri) && (await isOlder(uri.fsPath))) older.push(uri.fsPath);
  await vscode.commands.executeCommand('setContext', 's9pk.olderPackages', older);
}

/** Its first three bytes say it; what cannot be read is none. */
export async function isOlder(path: string): Promise<boolean> {
  try {
    await using file = await open(path);
    const start = new Uint8Array(3);
    const { bytesRead } = await file.read(start);
    return isVersion1(start.subarray(0, bytesRead));
  } catch {
    return false;
  }
}
