import { l10n } from 'vscode';
import { formatSize } from '../../engine/format-size.ts';
import type { Progress } from '../../engine/progress.ts';

/** Progress as the line below a notification's title. */
export function formatProgress({ stage, done, total, eta }: Progress): string {
  if (total === 0) return stage;
  const amount = l10n.t('{0}: {1} of {2}', stage, formatSize(done), formatSize(total));
  return eta === undefined ? amount : `${amount}, ${l10n.t('{0} s left', Math.ceil(eta))}`;
}
