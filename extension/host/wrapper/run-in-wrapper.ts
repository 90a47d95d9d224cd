import { basename, sep } from 'node:path';
import * as vscode from 'vscode';
import { tellingTypeScript } from './tell-typescript.ts';

/** Wrappers whose code runs now: two builds in one folder would overwrite each other's bundle. */
const busy = new Set<string>();

/** Why a wrapper's code is not run, in words of the user. */
export class NotRunError extends Error {
  override readonly name = 'NotRunError';
}

/** Packing runs the wrapper's own code, so only the owner of a trusted workspace may start it. */
export function trustProblem(): string | undefined {
  if (vscode.workspace.isTrusted) return undefined;
  return vscode.l10n.t(
    'Packing runs the code of this workspace (its bundle and its build), so it needs a trusted workspace.',
  );
}

/**
 * Does what runs a wrapper's code, whoever starts it: in trusted workspaces, once at a time, with everything saved.
 * @throws NotRunError where that is not possible
 */
export async function runInWrapper<T>(wrapper: vscode.Uri, work: () => Promise<T>): Promise<T> {
  const { t } = vscode.l10n;
  const problem = trustProblem();
  if (problem !== undefined) throw new NotRunError(problem);
  if (busy.has(wrapper.fsPath)) throw new NotRunError(t('{0} is being packed already.', basename(wrapper.fsPath)));
  busy.add(wrapper.fsPath);
  try {
    if (!(await saveFilesIn(wrapper)))
      throw new NotRunError(t('Not packed: a file of the wrapper could not be saved.'));
    return await tellingTypeScript(wrapper, work);
  } finally {
    busy.delete(wrapper.fsPath);
  }
}

/** Saves what is edited in the wrapper. @returns whether all of it could be saved */
async function saveFilesIn(wrapper: vscode.Uri): Promise<boolean> {
  const dirty = vscode.workspace.textDocuments.filter(
    (document) => document.isDirty && document.uri.fsPath.startsWith(wrapper.fsPath + sep),
  );
  for (const document of dirty) if (!(await document.save())) return false;
  return true;
}
