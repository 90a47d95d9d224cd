import { fileURLToPath, pathToFileURL } from 'node:url';

/** The path of a document on the disk; undefined for what is on none. */
export function pathOfUri(uri: string): string | undefined {
  if (!uri.startsWith('file:')) return undefined;
  try {
    return fileURLToPath(uri);
  } catch {
    // An address with a host, or with an escaped slash.
    return undefined;
  }
}

export function uriOfPath(path: string): string {
  return pathToFileURL(path).href;
}
