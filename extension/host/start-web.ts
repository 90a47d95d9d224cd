import * as vscode from 'vscode';
import { explainFinding } from './explain-finding.ts';
import { ManifestDiagnostics } from './manifest-diagnostics.ts';
import { fixAllCommand, ManifestFixes } from './manifest-fixes.ts';
import { registerManifestLanguage } from './manifest-language.ts';
import { Manifests } from './manifests.ts';
import { Problems } from './problems.ts';

/**
 * What works where there is neither Node nor a process, as in a browser: everything about manifests. The other commands
 * say what they need.
 */
export function startInBrowser(context: vscode.ExtensionContext): void {
  const log = vscode.window.createOutputChannel('S9PK', { log: true });
  const problems = new Problems();
  const manifests = new Manifests();
  const commands: Readonly<Record<string, (...args: unknown[]) => unknown>> = {
    's9pk.fixAll': () => fixAllCommand(manifests),
    's9pk.explainFinding': (code) => explainFinding({ home: context.extensionUri }, code),
    's9pk.showLog': () => log.show(),
  };
  const { contributes } = context.extension.packageJSON as {
    contributes: { commands: readonly { command: string; title: string }[] };
  };
  const others = contributes.commands.filter(({ command }) => !(command in commands));
  context.subscriptions.push(
    log,
    problems,
    manifests,
    new ManifestDiagnostics(manifests, problems, undefined, log),
    ManifestFixes.register(manifests, problems),
    ...registerManifestLanguage(manifests),
    ...Object.entries(commands).map(([id, run]) => vscode.commands.registerCommand(id, run)),
    ...others.map(({ command, title }) =>
      vscode.commands.registerCommand(command, () =>
        vscode.window.showInformationMessage(
          vscode.l10n.t('"{0}" reads and writes the disk, so it needs VS Code on a computer.', title),
        ),
      ),
    ),
  );
}
