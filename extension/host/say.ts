import * as vscode from 'vscode';
import { visibleJson, visibleLines, visibleText } from '../engine/visible-text.ts';

/** All that the extension tells its user goes out here, so that no text of others becomes more than a text. */

/** A text in a notification or a progress title, of whose text VS Code would make links and commands. */
export function plainText(text: string): string {
  return visibleText(text.replaceAll('\r\n', ' ').replaceAll('\n', ' ')).replaceAll('](', '] (');
}

/** A text in a list to choose from or in the status bar, where `$(name)` would be an icon. */
export function plainLabel(text: string): string {
  return visibleText(text).replaceAll('$(', '$ (');
}

/** Words that are code, in Markdown: nothing in them is more than a text. */
export function markdownCode(text: string): string {
  return `\`${visibleText(text).replaceAll('`', "'").replaceAll(/\s+/g, ' ')}\``;
}

type Item = string | vscode.MessageItem;

/** Notifications. @returns the button that was pressed */
export const say = {
  info: <T extends Item>(message: string, ...items: T[]): Thenable<T | undefined> =>
    vscode.window.showInformationMessage(plainText(message), ...(items as vscode.MessageItem[])) as Thenable<
      T | undefined
    >,
  warning: <T extends Item>(message: string, ...items: T[]): Thenable<T | undefined> =>
    vscode.window.showWarningMessage(plainText(message), ...(items as vscode.MessageItem[])) as Thenable<T | undefined>,
  error: <T extends Item>(message: string, ...items: T[]): Thenable<T | undefined> =>
    vscode.window.showErrorMessage(plainText(message), ...(items as vscode.MessageItem[])) as Thenable<T | undefined>,
  /** A question in the middle of the window, with lines of detail; undefined if it was closed. */
  ask: <T extends Item>(message: string, detail: string, ...items: T[]): Thenable<T | undefined> =>
    vscode.window.showInformationMessage(
      plainText(message),
      { modal: true, detail: visibleLines(detail) },
      ...(items as vscode.MessageItem[]),
    ) as Thenable<T | undefined>,
};

/** The log. A line of others is one line, whatever is in it. */
export class Log implements vscode.Disposable {
  private readonly channel = vscode.window.createOutputChannel('S9PK', { log: true });

  info(text: string): void {
    this.channel.info(visibleLines(text));
  }

  warn(text: string): void {
    this.channel.warn(visibleLines(text));
  }

  error(what: string | Error): void {
    this.channel.error(visibleLines(typeof what === 'string' ? what : (what.stack ?? what.message)));
  }

  show(): void {
    this.channel.show();
  }

  dispose(): void {
    this.channel.dispose();
  }
}

/** Markdown of our own, in which texts of others stand as {@link markdownCode} or are escaped. */
export function markdown(text: string): vscode.MarkdownString {
  return new vscode.MarkdownString(text);
}

/** What a language model is answered: JSON, in which nothing is invisible. */
export function toolAnswer(value: unknown): vscode.LanguageModelToolResult {
  return new vscode.LanguageModelToolResult([new vscode.LanguageModelTextPart(visibleJson(value))]);
}

/** A notification with progress and Cancel while something goes on. */
export function showProgress<T>(
  title: string,
  work: (report: (message: string) => void, token: vscode.CancellationToken) => Thenable<T>,
): Thenable<T> {
  const options = { location: vscode.ProgressLocation.Notification, title: plainText(title), cancellable: true };
  return vscode.window.withProgress(options, (notification, token) =>
    work((message) => notification.report({ message: plainText(message) }), token),
  );
}
