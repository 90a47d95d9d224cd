import { createHash } from 'node:crypto';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { isFile } from '../io/path-kind.ts';
import { readText } from '../io/whole-file.ts';
import { objectOf } from '../json/object-of.ts';

/** A module of the web that deno once downloaded. */
export interface CachedModule {
  readonly path: string;
  /** Where it really came from, after redirects: what it imports is relative to that. */
  readonly address: string;
  readonly text: string;
}

/** Redirects that are followed from one module. */
const MAX_REDIRECTS = 10;
/** What deno 2 writes behind each module. */
const TRAILER = /\n\/\/ denoCacheMetadata=(\{.*\})\s*$/;

/** The folder of deno's cache: what DENO_DIR says, else where each system keeps caches. */
export function denoFolder(env: NodeJS.ProcessEnv, platform: NodeJS.Platform = process.platform): string {
  const home = env['HOME'] ?? env['USERPROFILE'] ?? homedir();
  if (env['DENO_DIR']) return env['DENO_DIR'];
  if (platform === 'win32') return join(env['LOCALAPPDATA'] ?? join(home, 'AppData', 'Local'), 'deno');
  if (platform === 'darwin') return join(home, 'Library', 'Caches', 'deno');
  return join(env['XDG_CACHE_HOME'] ?? join(home, '.cache'), 'deno');
}

/**
 * A module in deno's cache: `remote/<scheme>/<host>/<SHA-256 of path and query>` with what was answered in its last line, as deno 2
 * keeps it, or `deps/…` with that in a file beside it, as deno 1 did. Nothing is downloaded.
 * @returns undefined if it was not downloaded
 */
export async function cachedModule(address: string, folder: string): Promise<CachedModule | undefined> {
  if (!URL.canParse(address)) return undefined;
  let url = new URL(address);
  for (let redirects = 0; redirects <= MAX_REDIRECTS; redirects++) {
    if (url.protocol !== 'https:' && url.protocol !== 'http:') return undefined;
    const found = await entryOf(url, folder);
    if (!found) return undefined;
    if (found.location === undefined) return { path: found.path, address: url.href, text: found.text };
    if (!URL.canParse(found.location, url.href)) return undefined;
    url = new URL(found.location, url);
  }
  return undefined;
}

async function entryOf(url: URL, folder: string) {
  const host = url.port === '' ? url.hostname : `${url.hostname}_PORT${url.port}`;
  const name = createHash('sha256').update(`${url.pathname}${url.search}`).digest('hex');
  for (const root of ['remote', 'deps']) {
    const path = join(folder, root, url.protocol.slice(0, -1), host, name);
    if (!(await isFile(path))) continue;
    const text = (await readText(path)) ?? '';
    const own = TRAILER.exec(text);
    const told = own?.[1] ?? (await readText(`${path}.metadata.json`)) ?? '{}';
    const { location } = objectOf(objectOf(parse(told))['headers']);
    return { path, text: own ? text.slice(0, own.index) : text, ...(typeof location === 'string' && { location }) };
  }
  return undefined;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
