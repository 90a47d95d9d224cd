import { join } from 'node:path';
import { type Finding, FindingError } from '../engine/finding.ts';
import { isFile } from '../engine/io/path-kind.ts';
import { readText } from '../engine/io/whole-file.ts';
import { sourceNewerThan } from '../engine/pack/bundle/build-bundle.ts';
import { runBundle } from '../engine/pack/bundle/run-bundle.ts';
import { parseManifest } from '../engine/package/parse-manifest.ts';
import type { Work } from '../engine/progress.ts';
import { locateFindings } from '../manifest/meaning/locate.ts';
import { lintWrapper } from '../manifest/wrapper/lint-wrapper.ts';
import type { LintAnswer, LintRequest } from './protocol.ts';

/**
 * Checks the files around a wrapper's manifest. What its text alone does not tell is asked of the bundle, if it is up to
 * date and the user trusts the folder: running it runs the wrapper's code.
 */
export async function lintSurroundings({ folder, mayRun, whole }: LintRequest, { signal }: Work): Promise<LintAnswer> {
  const report = await lintWrapper(folder, { signal });
  const { manifestFile, unseen } = report;
  const around = whole ? report.findings : report.around;
  const isAsked = around.some(({ code }) => code === 'manifest-unseen');
  if (!mayRun || !isAsked || manifestFile === undefined) return { findings: around };
  const answer = await askBundle(folder, manifestFile, signal);
  if (!answer) return { findings: around };
  const isUnseen = ({ where: { path = '' } }: Finding) =>
    unseen.some((above) => path === above || path.startsWith(`${above}/`));
  return { findings: [...around.filter(({ code }) => code !== 'manifest-unseen'), ...answer.filter(isUnseen)] };
}

/** What is wrong with the manifest that a bundle gives; undefined if the bundle is missing, older, or does not run. */
async function askBundle(
  folder: string,
  manifestFile: string,
  signal: AbortSignal | undefined,
): Promise<Finding[] | undefined> {
  const javascript = join(folder, 'javascript');
  const bundle = join(javascript, 'index.js');
  if (!(await isFile(bundle)) || (await sourceNewerThan(bundle, folder)) !== undefined) return undefined;
  try {
    const { manifest } = await runBundle(javascript, { folder, signal, log: () => undefined });
    return await locateFindings(parseManifest(manifest).findings, manifestFile, readText);
  } catch (error) {
    if (!(error instanceof FindingError)) throw error;
    return undefined;
  }
}
