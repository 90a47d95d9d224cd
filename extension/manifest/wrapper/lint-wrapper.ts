import { readdir } from 'node:fs/promises';
import { resolve } from 'node:path';
import { type Finding, finding } from '../../engine/finding.ts';
import { readText } from '../../engine/io/read-text.ts';
import { dataOf, lintManifest } from '../lint-manifest.ts';
import { placeFinding, toPlace } from '../locate.ts';
import type { ReadText } from '../modules.ts';
import type { ParseCache } from '../parse.ts';
import type { Generation } from '../schema/schema.ts';
import { findManifest } from './find-manifest.ts';
import { checkWrapper03 } from './wrapper-03.ts';
import { checkWrapper04 } from './wrapper-04.ts';

export interface LintOptions {
  /** Only what the manifest's own text says, nothing about the files around it. */
  readonly manifestOnly?: boolean;
  /** Gives unsaved text too, in an editor. */
  readonly readText?: ReadText;
  readonly cache?: ParseCache;
  readonly signal?: AbortSignal | undefined;
}

export interface LintReport {
  readonly findings: readonly Finding[];
  /** Those of them that are about the files around the manifest. */
  readonly around: readonly Finding[];
  readonly manifestFile?: string;
  readonly generation?: Generation;
}

/**
 * Everything that is wrong with a wrapper, as far as it can be known without building it. Nothing of it is executed.
 * @throws the file system's error if the folder cannot be read
 */
export async function lintWrapper(path: string, options: LintOptions = {}): Promise<LintReport> {
  const folder = resolve(path);
  await readdir(folder);
  const found = await findManifest(folder, options.readText ?? readText, options.cache);
  if (!found) {
    const message =
      'this is not a wrapper: there is no startos/ folder and no manifest.yaml, manifest.toml or manifest.json';
    return { findings: [finding('wrapper-missing', message, { file: folder })], around: [] };
  }
  const { file: manifestFile, reading, modules, shadowed } = found;
  if (!reading) {
    const { manifest } = modules;
    const problems = manifest.text.problems.map(({ code, message, span }) =>
      finding(code, message, toPlace(manifest, span)),
    );
    const what =
      manifest.text.language === 'typescript'
        ? 'there is no call of setupManifest with an object'
        : 'this does not look like a manifest of StartOS 0.3 or 0.4';
    const unknown = finding('wrapper-missing', `${what}, so nothing can be checked`, { file: manifestFile });
    return { findings: problems.length > 0 ? problems : [unknown], around: [], manifestFile };
  }
  const own = lintManifest(reading);
  if (options.manifestOnly) return { findings: own, around: [], manifestFile, generation: reading.generation };
  options.signal?.throwIfAborted();
  const around =
    reading.generation === '0.3'
      ? await checkWrapper03(folder, dataOf(reading), options.signal)
      : await checkWrapper04(folder, reading);
  for (const other of shadowed) {
    around.push(
      finding('manifest-shadowed', 'this manifest is not read: another one in this folder comes first', {
        file: other,
      }),
    );
  }
  const placed = around.map((problem) =>
    problem.where.file === undefined ? placeFinding(problem, reading.worlds[0]) : problem,
  );
  return { findings: [...own, ...placed], around: placed, manifestFile, generation: reading.generation };
}
