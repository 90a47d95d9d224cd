import * as vscode from 'vscode';
import { compareCommand } from './comparison.ts';
import { clearCacheCommand, doctorCommand } from './doctor-command.ts';
import { explainFinding } from './explain-finding.ts';
import { createSigningKey, showSigningKey } from './key-commands.ts';
import { fixAllCommand } from './manifest-fixes.ts';
import { newPackage } from './new-package.ts';
import { packCommand, packForArchitecture } from './pack-command.ts';
import {
  addImage,
  convertOrder,
  copyCommitment,
  copyCommitmentQuery,
  editManifest,
  exportImageCommand,
  extractCommand,
  goToFile,
  openPackage,
  showLargest,
  showManifest,
  signAgain,
} from './package-commands.ts';
import type { Services } from './start.ts';
import { verifyCommand } from './verify-command.ts';

type Command = (services: Services, ...args: unknown[]) => unknown;

/** Every command of the extension. Each is listed in package.json under the same id. */
const COMMANDS: Readonly<Record<string, Command>> = {
  's9pk.pack': packCommand,
  's9pk.packForArchitecture': packForArchitecture,
  's9pk.verify': verifyCommand,
  's9pk.showSigningKey': showSigningKey,
  's9pk.createSigningKey': createSigningKey,
  's9pk.doctor': doctorCommand,
  's9pk.newPackage': (services, answers) => newPackage(services, answers as Parameters<typeof newPackage>[1]),
  's9pk.openPackage': openPackage,
  's9pk.removeFromList': ({ packages }, argument) => {
    const file = resourceOf(argument);
    return file && packages.remove(file);
  },
  's9pk.sortByName': ({ packages }) => packages.sort('name'),
  's9pk.sortBySize': ({ packages }) => packages.sort('size'),
  's9pk.refreshWrapper': ({ wrapper }) => wrapper.refresh(),
  's9pk.compare': compareCommand,
  's9pk.closeComparison': ({ comparison }) => comparison.close(),
  's9pk.extract': extractCommand,
  's9pk.goToFile': goToFile,
  's9pk.copyCommitment': copyCommitment,
  's9pk.copyCommitmentQuery': copyCommitmentQuery,
  's9pk.showLargest': showLargest,
  's9pk.showManifest': showManifest,
  's9pk.signAgain': signAgain,
  's9pk.editManifest': (services, argument, change) =>
    editManifest(services, argument, change as Parameters<typeof editManifest>[2]),
  's9pk.addImage': addImage,
  's9pk.convertOrder': convertOrder,
  's9pk.exportImage': exportImageCommand,
  's9pk.clearCache': clearCacheCommand,
  's9pk.fixAll': ({ manifests }) => fixAllCommand(manifests),
  's9pk.explainFinding': explainFinding,
  's9pk.showLog': ({ log }) => log.show(),
  's9pk.refreshPackages': ({ packages }) => packages.refresh(),
};

/** Registers all commands; what one throws is shown with a way to the log. */
export function registerCommands(services: Services): vscode.Disposable[] {
  return Object.entries(COMMANDS).map(([id, command]) =>
    vscode.commands.registerCommand(id, async (...args: unknown[]) => {
      try {
        return await command(services, ...args);
      } catch (error) {
        services.log.error(error as Error);
        // Not awaited: who called the command need not wait until somebody has read the message.
        vscode.window
          .showErrorMessage(`S9PK: ${(error as Error).message}`, vscode.l10n.t('Show Log'))
          .then((choice) => {
            if (choice) services.log.show();
          });
        return undefined;
      }
    }),
  );
}

/** The resource a command was called on: from a menu, or from an item of our tree. */
export function resourceOf(argument: unknown): vscode.Uri | undefined {
  if (argument instanceof vscode.Uri) return argument;
  if (typeof argument === 'object' && argument !== null && 'resourceUri' in argument) {
    return argument.resourceUri instanceof vscode.Uri ? argument.resourceUri : undefined;
  }
  return undefined;
}

/** Writes findings to the log, each on a line of its level. */
export function logFindings(
  log: vscode.LogOutputChannel,
  findings: readonly {
    severity: string;
    code: string;
    message: string;
    where: { file?: string; line?: number; path?: string };
  }[],
): void {
  for (const { severity, code, message, where } of findings) {
    const place = [where.file && `${where.file}${where.line ? `:${where.line}` : ''}`, where.path]
      .filter(Boolean)
      .join(' ');
    const line = `${place ? `${place}: ` : ''}${message} [${code}]`;
    if (severity === 'error') log.error(line);
    else if (severity === 'warning') log.warn(line);
    else log.info(line);
  }
}
