import * as vscode from 'vscode';
import type { Progress } from '../../engine/progress.ts';
import { showProgress } from '../say.ts';
import { formatProgress } from './format-progress.ts';

/** What is done sooner needs no notification, which would stay for a while to say what is over. */
const QUICK_MS = 300;

/**
 * Does something that can be cancelled, and shows a notification with progress and Cancel if it takes a while.
 * @returns undefined if the user cancelled
 */
export async function runWithProgress<T>(
  title: string,
  work: (token: vscode.CancellationToken, onProgress: (progress: Progress) => void) => Promise<T>,
): Promise<T | undefined> {
  const cancellation = new vscode.CancellationTokenSource();
  let report = (_: Progress): void => undefined;
  const result = work(cancellation.token, (progress) => report(progress));
  const end = result.then(
    () => 'ended',
    () => 'ended',
  );
  const pause = new Promise<string>((done) => setTimeout(done, QUICK_MS, 'goes on'));
  if ((await Promise.race([end, pause])) === 'goes on') {
    await showProgress(title, (show, token) => {
      token.onCancellationRequested(() => cancellation.cancel());
      report = (progress) => show(formatProgress(progress));
      return end;
    });
  }
  try {
    return await result;
  } catch (error) {
    if (error instanceof vscode.CancellationError) return undefined;
    throw error;
  } finally {
    cancellation.dispose();
  }
}
