import { formatSize } from '../engine/format-size.ts';
import type { Progress } from '../engine/progress.ts';

/** Progress as the line below a notification's title. */
export function formatProgress({ stage, done, total, eta }: Progress): string {
  if (total === 0) return stage;
  const left = eta === undefined ? '' : `, ${Math.ceil(eta)} s left`;
  return `${stage}: ${formatSize(done)} of ${formatSize(total)}${left}`;
}
