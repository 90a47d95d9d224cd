import type { Finding } from '../../engine/finding.ts';
import type { FindingCode } from '../../engine/finding-codes.ts';
import { child, keysOf } from '../data-tree.ts';
import { dataOf, lintManifest } from '../lint-manifest.ts';
import { findManifest } from './find-manifest.ts';

/** What the text of a manifest alone tells and its value does not refuse: said when packing, too. */
const SAID_WHEN_PACKING: ReadonlySet<FindingCode> = new Set<FindingCode>([
  'manifest-license',
  'manifest-license-case',
  'manifest-locale-missing',
  'manifest-image-tag',
]);

/** The findings of lint about licence, languages and the like, of the manifest of 0.4 in a folder. */
export async function textFindings(folder: string): Promise<Finding[]> {
  const reading = (await findManifest(folder).catch(() => undefined))?.reading;
  if (reading?.generation !== '0.4') return [];
  return lintManifest(reading).filter(({ code }) => SAID_WHEN_PACKING.has(code));
}

/** The ids of the images that a wrapper's manifest declares; undefined if not all of them can be seen. */
export async function imageIds(folder: string): Promise<string[] | undefined> {
  const reading = (await findManifest(folder).catch(() => undefined))?.reading;
  const images = reading && child(dataOf(reading), 'images');
  return images?.kind === 'object' && !images.isOpen && reading?.worlds.length === 1 ? keysOf(images) : undefined;
}
