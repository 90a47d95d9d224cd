import { toUnicode } from 'punycode/punycode.es6.js';
import { suggest } from './suggest.ts';

/**
 * An absolute URL as the reference's `url` 2.5 writes it (WHATWG, but `^` stays as it is in a path), or undefined for
 * what it refuses, which is more: host names in punycode must be some name's.
 */
export function normalizeUrl(text: string): string | undefined {
  if (!URL.canParse(text)) return undefined;
  const url = new URL(text);
  if (!url.hostname.split('.').every(isHostLabel)) return undefined;
  return withCarets(text, url);
}

/** The scheme that a misspelt one was meant to be: `htps:` is a URL to every parser, and opens nothing. */
export function misspeltScheme(text: string): string | undefined {
  const scheme = /^([a-z][a-z0-9+.-]*):\/\//i.exec(text)?.[1]?.toLowerCase();
  if (scheme === undefined || scheme === 'http' || scheme === 'https') return undefined;
  return /^h[a-z]*t[a-z]*p[a-z]*$|^ttps?$/.test(scheme) ? suggest(scheme, ['https', 'http']) : undefined;
}

/** What is said of it. */
export function schemeMessage(text: string, meant: string): string {
  return `"${text}" opens nothing; did you mean "${text.replace(/^[^:]*/, meant)}"?`;
}

/** `xn--…` must decode to a name that may be one, and be what that encodes to. */
function isHostLabel(label: string): boolean {
  if (!label.startsWith('xn--')) return true;
  try {
    const decoded = toUnicode(label);
    const again = `https://${decoded}/`;
    return decoded !== label && URL.canParse(again) && new URL(again).hostname === label;
  } catch (error) {
    if (error instanceof RangeError) return false;
    throw error;
  }
}

function withCarets(text: string, url: URL): string {
  if (!text.includes('^') || !/%5E/.test(url.pathname)) return url.href;
  // What the text itself has as %5E stays so: only carets take the detour.
  let mark = 'caret';
  while (text.includes(mark)) mark += 'x';
  const marked = text.replaceAll('^', mark);
  if (!URL.canParse(marked)) return url.href;
  const path = new URL(marked).pathname.replaceAll(mark, '^');
  const end = /[?#]|$/.exec(url.href)?.index ?? url.href.length;
  return url.href.slice(0, end - url.pathname.length) + path + url.href.slice(end);
}
