import { FindingError, finding } from '../finding.ts';

/**
 * The time of reproducible builds (reproducible-builds.org) from the environment: seconds since 1970, 0 if unset.
 * @throws FindingError if it is set to something else.
 */
export function sourceDateEpoch(env: NodeJS.ProcessEnv): number {
  const text = env['SOURCE_DATE_EPOCH'] ?? '';
  const seconds = Number(text);
  if (Number.isInteger(seconds) && seconds >= 0 && seconds <= 0xffffffff) return seconds;
  throw new FindingError([
    finding('input-unsuitable', `SOURCE_DATE_EPOCH must be whole seconds since 1970, not "${text}"`),
  ]);
}
