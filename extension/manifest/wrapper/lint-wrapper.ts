import { readdir } from 'node:fs/promises';
import { resolve } from 'node:path';
import { type Finding, finding } from '../../engine/finding.ts';
import { readText } from '../../engine/io/whole-file.ts';
import type { InputPaths } from '../../engine/pack/inputs.ts';
import { dataOf, lintManifest, placeProblems } from '../lint-manifest.ts';
import { placeFinding, toPlace } from '../meaning/locate.ts';
import type { ReadText } from '../meaning/modules.ts';
import type { Generation } from '../schema/schema.ts';
import type { ParseCache } from '../text/parse.ts';
import { type FoundManifest, findManifest, wrapperFolderOf } from './find-manifest.ts';
import { checkSubmodules } from './submodules.ts';
import { checkUnseen, unseenIn } from './unseen.ts';
import { checkWrapper03 } from './wrapper-03.ts';
import { checkWrapper04 } from './wrapper-04.ts';

export interface LintOptions {
  /** Only what the manifest's own text says, nothing about the files around it. */
  readonly manifestOnly?: boolean;
  /** Gives unsaved text too, in an editor. */
  readonly readText?: ReadText;
  readonly cache?: ParseCache;
  readonly signal?: AbortSignal | undefined;
  /** Files that are given instead of the usual ones, as when packing. */
  readonly inputs?: InputPaths;
}

export interface LintReport {
  readonly findings: readonly Finding[];
  /** Those of them that are about the files around the manifest. */
  readonly around: readonly Finding[];
  readonly manifestFile?: string;
  readonly generation?: Generation;
  /** Every manifest that was looked at: a repository may pack for both generations. */
  readonly manifests: readonly { readonly file: string; readonly generation: Generation }[];
  /** JSON pointers to what could not be read without running the code; an empty one is the whole manifest. */
  readonly unseen: readonly string[];
}

/**
 * Everything that is wrong with a wrapper, as far as it can be known without building it. Nothing of it is executed.
 * @param path its folder, or a file in it; a manifest of 0.3 is looked at alone
 * @throws the file system's error if it cannot be read
 */
export async function lintWrapper(path: string, options: LintOptions = {}): Promise<LintReport> {
  const folder = await wrapperFolderOf(path);
  await readdir(folder);
  const found = await findManifest(folder, options.readText ?? readText, options.cache);
  if (!found) {
    const message =
      'this is not a wrapper: there is no startos/ folder and no manifest.yaml, manifest.toml or manifest.json';
    const missing = finding('wrapper-missing', message, { file: folder });
    return { findings: [missing], around: [], manifests: [], unseen: [] };
  }
  const { other } = found;
  if (other && resolve(path) === other.file) return lintFound(folder, other, options);
  const own = await lintFound(folder, found, options);
  if (!other) return own;
  const second = await lintFound(folder, other, options);
  return {
    ...own,
    findings: [...own.findings, ...second.findings],
    around: [...own.around, ...second.around],
    manifests: [...own.manifests, ...second.manifests],
    unseen: [...own.unseen, ...second.unseen],
  };
}

async function lintFound(folder: string, found: FoundManifest, options: LintOptions): Promise<LintReport> {
  const { file: manifestFile, reading, shadowed } = found;
  if (!reading) return unread(found);
  const own = [...lintManifest(reading)];
  const { generation } = reading;
  const manifests = [{ file: manifestFile, generation }];
  const unseen = reading.usesSdk ? unseenIn(reading) : [];
  const ofUnseen = checkUnseen(unseen).map((item) => placeFinding(item, reading.worlds[0]));
  if (!options.manifestOnly) own.push(...ofUnseen);
  // Of an SDK from before what is described here nothing more is said.
  const isOld = own.some(({ code }) => code === 'sdk-unknown');
  if (options.manifestOnly || isOld) return { findings: own, around: [], manifestFile, generation, manifests, unseen };
  options.signal?.throwIfAborted();
  const around =
    generation === '0.3'
      ? await checkWrapper03(folder, dataOf(reading), options.signal)
      : await checkWrapper04(folder, reading, options.readText ?? readText, options.inputs);
  for (const other of shadowed) {
    around.push(
      finding('manifest-shadowed', 'this manifest is not read: another one in this folder comes first', {
        file: other,
      }),
    );
  }
  around.push(...(await checkSubmodules(folder)));
  const placed = around.map((problem) =>
    problem.where.file === undefined ? placeFinding(problem, reading.worlds[0]) : problem,
  );
  return {
    findings: [...own, ...placed],
    around: [...ofUnseen, ...placed],
    manifestFile,
    generation,
    manifests,
    unseen,
  };
}

/** What can be said of a file that holds no manifest that can be read. */
function unread({ file: manifestFile, modules }: FoundManifest): LintReport {
  const { manifest } = modules;
  const { text } = manifest;
  const problems = placeProblems(manifest, text.problems);
  const base = { around: [], manifestFile };
  if (problems.length > 0) return { ...base, findings: problems, manifests: [], unseen: [] };
  if (text.language === 'typescript' && text.root) {
    const message = 'the manifest could not be read without running the code: checked when packing';
    const unseen = finding('manifest-unseen', message, toPlace(manifest, text.root));
    return {
      ...base,
      findings: [unseen],
      around: [unseen],
      unseen: [''],
      generation: '0.4',
      manifests: [{ file: manifestFile, generation: '0.4' }],
    };
  }
  const what =
    text.language === 'typescript'
      ? 'there is no call of setupManifest with an object'
      : 'this does not look like a manifest of StartOS 0.3 or 0.4';
  const unknown = finding('wrapper-missing', `${what}, so nothing can be checked`, { file: manifestFile });
  return { ...base, findings: [unknown], manifests: [], unseen: [] };
}
