import type { Finding } from '../../engine/finding.ts';
import { visibleLines } from '../../engine/visible-text.ts';

/** The message of a finding beside its file and line: with the path inside a package, where it does not say that itself. */
export function shownMessage({ message, where: { path = '' } }: Finding): string {
  const isSaid = path === '' || path.startsWith('/') || message.includes(path);
  return visibleLines(isSaid ? message : `${path}: ${message}`);
}
