import type * as vscode from 'vscode';
import type { PackAnswer, PackageSummary, VerifyAnswer } from '../worker/protocol.ts';
import { aboutPackage } from './config.ts';
import type { Services } from './services.ts';
import { packWrapper } from './wrapper/pack-command.ts';

/**
 * What other extensions can use: `vscode.extensions.getExtension('s9pk-studio.s9pk-studio')?.activate()`. Everything runs
 * in the worker; nothing is shown but by `pack`, which reports like the command.
 */
export interface S9pkStudioApi {
  /** Changes when something of the interface is taken away or means something else. */
  readonly version: 1;
  /** What a package is, from its header, its tables and its manifest; contents are not read. Never executes anything. */
  open(file: vscode.Uri): Promise<PackageSummary>;
  /**
   * Compares every file of a package with its hash, and reports all that is wrong. Never executes anything.
   * @throws vscode.CancellationError
   */
  verify(file: vscode.Uri, token?: vscode.CancellationToken): Promise<VerifyAnswer>;
  /**
   * Packs the wrapper at or above a folder, with the settings that hold there; in trusted workspaces only.
   * @param arch architectures as StartOS names them; none: all that the manifest allows
   * @returns undefined if there is no wrapper, the workspace is not trusted, or the user cancelled
   */
  pack(folder: vscode.Uri, arch?: readonly string[]): Promise<PackAnswer | undefined>;
}

export function makeApi(services: Services): S9pkStudioApi {
  const { engine } = services;
  return {
    version: 1,
    open: (file) => engine.request('describe', aboutPackage(file)),
    verify: (file, token) => engine.request('verify', aboutPackage(file), token),
    pack: (folder, arch = []) => packWrapper(services, folder, arch),
  };
}
