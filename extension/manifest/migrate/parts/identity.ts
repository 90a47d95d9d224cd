import { suggestSpdx } from '../../spdx.ts';
import { type Code, call, list, literal, object, print, quote, quoteOrNull } from '../code.ts';
import { SDK } from '../code-file.ts';
import type { Draft } from '../draft.ts';
import { mark } from '../marks.ts';
import { entriesAt, isTrueAt, numberAt, textAt } from '../read.ts';
import { imagesCode } from './images.ts';

/** Bytes of UTF-8 that devices take since August 2026. */
const LIMITS = { short: 120, long: 2000 } as const;

/** `startos/manifest`: what the package is. */
export function writeManifest(draft: Draft): void {
  writeDescriptions(draft);
  const { manifest } = draft;
  const file = draft.file('startos/manifest/index.ts');
  const upstream = textAt(manifest, 'upstream-repo') ?? '';
  const license = textAt(manifest, 'license') ?? '';
  const fields = object({
    id: quote(draft.id),
    title: quote(draft.title),
    license: quote(spelling(license)),
    packageRepo: quote(textAt(manifest, 'wrapper-repo') ?? upstream),
    upstreamRepo: quote(upstream),
    marketingUrl: quote(textAt(manifest, 'marketing-site') ?? upstream),
    donationUrl: quoteOrNull(textAt(manifest, 'donation-url')),
    description: object({
      short: file.use('short', 'startos/manifest/i18n'),
      long: file.use('long', 'startos/manifest/i18n'),
    }),
    volumes: list(draft.dataVolumes().map(quote)),
    images: imagesCode(draft),
    hardwareRequirements: hardwareCode(draft),
    hardwareAcceleration: isTrueAt(manifest, 'main', 'gpu-acceleration') ? 'true' : undefined,
    dependencies: file.use('dependencies', 'startos/manifest/dependencies'),
  });
  const callee = file.use('setupManifest', SDK);
  file.add([`export const manifest = ${print(call(callee, fields))};`]);
}

/** A licence as SPDX spells it; what is none stays what it is. */
function spelling(license: string): string {
  const near = suggestSpdx(license);
  return near?.toLowerCase() === license.toLowerCase() ? near : license;
}

function hardwareCode(draft: Draft): Code | undefined {
  const ram = numberAt(draft.manifest, 'hardware-requirements', 'ram');
  // Only these two are classes that devices report.
  const devices = entriesAt(draft.manifest, 'hardware-requirements', 'device').flatMap(([name, pattern]) => {
    const product = textAt(pattern);
    if (product === undefined || (name !== 'processor' && name !== 'display')) return [];
    const description = `A ${name} that matches ${product}`;
    return [literal({ class: name, description, product, vendor: null })];
  });
  if (ram === undefined && devices.length === 0) return undefined;
  return object({
    ...(devices.length > 0 && { device: list(devices) }),
    ...(ram !== undefined && { ram: String(ram) }),
  });
}

function writeDescriptions(draft: Draft): void {
  const file = draft.file('startos/manifest/i18n.ts');
  for (const key of ['short', 'long'] as const) {
    const text = (textAt(draft.manifest, 'description', key) ?? draft.title).trim();
    const shown = cut(text, LIMITS[key]);
    const size = new TextEncoder().encode(text).length;
    const lines = key === 'short' ? ['/** What the marketplace shows, by language. */'] : [];
    if (shown !== text)
      lines.push(
        mark('migrate-text', `the description has ${size} bytes and is cut: StartOS 0.4 takes at most ${LIMITS[key]}`),
      );
    file.add([...lines, `export const ${key} = ${printObject(shown)};`]);
  }
}

function printObject(text: string): string {
  const code = quote(text);
  return code.length < 80 ? `{ en_US: ${code} }` : `{\n  en_US:\n    ${code},\n}`;
}

/** A text that has at most so many bytes of UTF-8, cut between words. */
export function cut(text: string, limit: number): string {
  const encoder = new TextEncoder();
  if (encoder.encode(text).length <= limit) return text;
  let kept = '';
  for (const char of text) {
    if (encoder.encode(`${kept}${char}…`).length > limit) break;
    kept += char;
  }
  const space = kept.search(/\s\S*$/);
  return `${(space > 0 ? kept.slice(0, space) : kept).trimEnd()}…`;
}
