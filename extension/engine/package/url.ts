import { toUnicode } from 'punycode/punycode.es6.js';

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
