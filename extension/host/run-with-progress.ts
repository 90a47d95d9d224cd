import * as vscode from 'vscode';
import type { Progress } from '../engine/progress.ts';
import { formatProgress } from './format-progress.ts';

/**
 * Shows a notification with progress and Cancel while `work` runs.
 * @returns undefined if the user cancelled
 */
export async function runWithProgress<T>(
  title: string,
  work: (token: vscode.CancellationToken, onProgress: (progress: Progress) => void) => Promise<T>,
): Promise<T | undefined> {
  const options = { location: vscode.ProgressLocation.Notification, title, cancellable: true };
  return vscode.window.withProgress(options, async (notification, token) => {
    try {
      return await work(token, (progress) => notification.report({ message: formatProgress(progress) }));
    } catch (error) {
      if (error instanceof vscode.CancellationError) return undefined;
      throw error;
    }
  });
}
