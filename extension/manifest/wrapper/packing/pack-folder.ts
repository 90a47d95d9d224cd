import { resolve } from 'node:path';
import type { Finding } from '../../../engine/finding.ts';
import { readOwnText, readText } from '../../../engine/io/whole-file.ts';
import { type PackOptions, pack } from '../../../engine/pack/pack.ts';
import type { MadePackage } from '../../../engine/pack/write-verified.ts';
import { type MadeSections, packSections, type WrapperView } from '../../../engine/pack-sections/pack-sections.ts';
import { dataOf } from '../../lint-manifest.ts';
import { locateFindings } from '../../meaning/locate.ts';
import { toJson } from '../../meaning/plain-value.ts';
import { examineManifest03 } from '../../rules-03/examine.ts';
import type { Generation } from '../../schema/schema.ts';
import { findManifest } from '../find-manifest.ts';
import { lintWrapper } from '../lint-wrapper.ts';
import { textFindings } from './for-packing.ts';

export interface PackFolderOptions extends PackOptions {
  /** Which manifest is packed where a repository has one for each; by default that of the newest. */
  readonly generation?: Generation | undefined;
}

/** What was made of a wrapper, whichever generation it is for. */
export type MadeOfFolder =
  | { readonly generation: '0.3'; readonly package: MadeSections }
  | { readonly generation: '0.4'; readonly package: MadePackage };

export interface PackFolderResult {
  /** Everything found, each at its place in what a person edits. */
  readonly findings: readonly Finding[];
  readonly manifestFile?: string;
  readonly made?: MadeOfFolder;
}

/**
 * Packs a wrapper for whichever StartOS it is for. Runs the wrapper's own code: for trusted folders only.
 * @throws failing I/O and the signal's reason; problems of the wrapper are findings.
 */
export async function packFolder(options: PackFolderOptions): Promise<PackFolderResult> {
  const older = options.generation === '0.4' ? undefined : await olderManifest(options);
  if (older === undefined) return packNewest(options);
  const look = async (): Promise<WrapperView> => {
    const report = await lintWrapper(older, { signal: options.signal, readText: readOwnText });
    const reading = await readingOf(older);
    return { manifestFile: older, manifest: reading ? toJson(dataOf(reading)) : null, findings: report.findings };
  };
  const { findings, manifestFile, made } = await packSections({ ...options, look, examine: examineManifest03 });
  return {
    findings: manifestFile ? await locateFindings(findings, manifestFile, readText) : findings,
    ...(manifestFile && { manifestFile }),
    ...(made && { made: { generation: '0.3', package: made } }),
  };
}

/** The manifest for StartOS 0.3 that is to be packed; undefined if that of 0.4 is. */
async function olderManifest({
  folder,
  generation,
}: Pick<PackFolderOptions, 'folder' | 'generation'>): Promise<string | undefined> {
  const found = await findManifest(resolve(folder), readOwnText);
  if (found?.reading?.generation === '0.3') return found.file;
  return generation === '0.3' ? found?.other?.file : undefined;
}

/** Which generation of package a folder's wrapper is packed into. */
export async function generationOfFolder(folder: string, wanted: Generation | undefined): Promise<Generation> {
  if (wanted === '0.4') return wanted;
  return (await olderManifest({ folder, generation: wanted })) === undefined ? '0.4' : '0.3';
}

async function readingOf(file: string) {
  const found = await findManifest(resolve(file, '..'), readOwnText);
  return found?.file === file ? found.reading : found?.other?.reading;
}

async function packNewest(options: PackFolderOptions): Promise<PackFolderResult> {
  const said = await textFindings(options.folder);
  const { findings, manifestFile, made } = await pack(options);
  const placed = manifestFile ? await locateFindings(findings, manifestFile, readText) : findings;
  return {
    findings: [...placed, ...said],
    ...(manifestFile && { manifestFile }),
    ...(made && { made: { generation: '0.4', package: made } }),
  };
}
