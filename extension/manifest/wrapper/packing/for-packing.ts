import { type Finding, hasErrors } from '../../../engine/finding.ts';
import type { FindingCode } from '../../../engine/finding-codes.ts';
import { readOwnText } from '../../../engine/io/whole-file.ts';
import type { ManifestSource } from '../../../engine/pack/bundle/manifest-source.ts';
import { parseManifest } from '../../../engine/package/parse-manifest.ts';
import { dataOf, lintManifest } from '../../lint-manifest.ts';
import { child, hasUnknown, keysOf } from '../../meaning/data-tree.ts';
import { toJson } from '../../meaning/plain-value.ts';
import { fillIn } from '../../rules-04/fill-in.ts';
import { findManifest } from '../find-manifest.ts';

/** What the text of a manifest alone tells and its value does not refuse: said when packing, too. */
const SAID_WHEN_PACKING: ReadonlySet<FindingCode> = new Set<FindingCode>([
  'manifest-license',
  'manifest-license-case',
  'manifest-locale-missing',
  'manifest-image-tag',
]);

/** The findings of lint about licence, languages and the like, of the manifest of 0.4 in a folder. */
export async function textFindings(folder: string): Promise<Finding[]> {
  const reading = (await findManifest(folder, readOwnText))?.reading;
  if (reading?.generation !== '0.4') return [];
  return lintManifest(reading).filter(({ code }) => SAID_WHEN_PACKING.has(code));
}

/** The manifest as its text alone tells it, without running anything; undefined if not all of it can be seen. */
export async function sourceFromText(folder: string): Promise<ManifestSource | undefined> {
  const found = await findManifest(folder, readOwnText);
  const reading = found?.reading;
  if (!found || reading?.generation !== '0.4' || reading.worlds.length !== 1) return undefined;
  const [{ manifest, version }] = reading.worlds;
  if (hasUnknown(manifest)) return undefined;
  const value = reading.usesSdk ? fillIn(manifest, version, reading.sdk) : toJson(manifest);
  return hasErrors(parseManifest(value).findings) ? undefined : { value, file: found.file, findings: [] };
}

/** The ids of the images that a wrapper's manifest declares; undefined if not all of them can be seen. */
export async function imageIds(folder: string): Promise<string[] | undefined> {
  const reading = (await findManifest(folder, readOwnText))?.reading;
  const images = reading && child(dataOf(reading), 'images');
  return images?.kind === 'object' && !images.isOpen && reading?.worlds.length === 1 ? keysOf(images) : undefined;
}
