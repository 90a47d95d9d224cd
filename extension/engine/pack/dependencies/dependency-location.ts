import { resolve } from 'node:path';

/** Size limit of a dependency's icon in bytes (s9pk-v2 section 4.2). */
export const DEPENDENCY_ICON_LIMIT = 102_400;

/** A `PathOrUrl` of the manifest (s9pk-v2 section 6.6): a path once `file://` is cut off, or a URL with its scheme. */
export function toLocation(text: string, folder: string): { path: string } | { url: URL } {
  if (!URL.canParse(text) || /^[a-z]:[\\/]/i.test(text)) return { path: resolve(folder, text) };
  const url = new URL(text);
  return url.protocol === 'file:' ? { path: resolve(folder, text.replace(/^file:\/\//i, '')) } : { url };
}
