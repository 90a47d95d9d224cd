import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Metafile } from 'esbuild';

/** A package of npm of which something is in the bundles. */
interface ShippedPackage {
  readonly name: string;
  readonly version: string;
  readonly license: string;
  /** Its licence as it came with the package. */
  readonly text: string;
}

/** Licences that let a package be shipped inside of one under MIT, as long as their text goes with it. */
const ACCEPTED = [
  'MIT',
  'ISC',
  '0BSD',
  'BSD-2-Clause',
  'BSD-3-Clause',
  'Apache-2.0',
  'CC0-1.0',
  'CC-BY-3.0',
  'Unlicense',
];

/** The packages whose code is in bundles, by name. @throws if one has a licence that was not looked at */
export function shippedPackages(metafiles: readonly Metafile[]): ShippedPackage[] {
  const folders = new Set<string>();
  for (const { inputs } of metafiles)
    for (const path of Object.keys(inputs)) {
      const folder = /^.*node_modules\/(?:@[^/]+\/)?[^/]+/.exec(path)?.[0];
      if (folder !== undefined) folders.add(folder);
    }
  return [...folders].sort().map(readPackage);
}

function readPackage(folder: string): ShippedPackage {
  const { name, version, license } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as {
    name: string;
    version: string;
    license?: string;
  };
  // One of several is enough.
  const choices = (license ?? '').replace(/[()]/g, '').split(' OR ');
  if (!choices.some((choice) => ACCEPTED.includes(choice)))
    throw new Error(
      `${name} ${version} is under ${license ?? 'no licence'}, which was not accepted yet (scripts/third-party.ts)`,
    );
  const file = readdirSync(folder).find((entry) => /^(?:licen[cs]e|copying)/i.test(entry));
  const text = file === undefined ? `Under the licence ${license}.` : readFileSync(join(folder, file), 'utf8');
  return { name, version, license: license ?? '', text: text.replaceAll('\r\n', '\n').trim() };
}

/** What the licences of others want to go with their code. */
export function noticesOf(packages: readonly ShippedPackage[]): string {
  const parts = packages.map(({ name, version, license, text }) => `${name} ${version} (${license})\n\n${text}\n`);
  return `S9PK Studio holds code of these packages.\n\n${parts.join(`\n${'-'.repeat(80)}\n\n`)}`;
}

/** Where notices are, from the root of the repository. */
export const NOTICES = 'dist/third-party-notices.txt';

/** Names with versions of the packages in notices. @throws if there are none */
export function noticed(path = NOTICES): string[] {
  if (!existsSync(path)) throw new Error(`${path} is not there; run: npm run build`);
  return [...readFileSync(path, 'utf8').matchAll(/^(\S+ \d\S*) \([^)]+(?:\))?/gm)].map(([, name = '']) => name);
}
