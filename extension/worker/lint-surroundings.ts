import type { Work } from '../engine/progress.ts';
import { lintWrapper } from '../manifest/wrapper/lint-wrapper.ts';
import type { LintAnswer, LintRequest } from './protocol.ts';

/** Checks the files around a wrapper's manifest. */
export async function lintSurroundings({ folder }: LintRequest, { signal }: Work): Promise<LintAnswer> {
  const { around } = await lintWrapper(folder, { signal });
  return { findings: around };
}
