import { realpath } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { Work } from '../progress.ts';
import { Claim } from '../turns/claim.ts';

/** What hears that it is waited for. */
export interface ClaimOptions extends Pick<Work, 'signal' | 'onProgress'> {
  readonly log?: ((line: string) => void) | undefined;
}

/**
 * Makes sure that nobody else on this machine builds in a wrapper's folder: two builds at once would write one bundle, and one of
 * them would pack half of it. Waits until the other has ended, and says who that is.
 * @returns what ends with the block that it is used in
 * @throws the signal's reason
 */
export async function claimWrapper(folder: string, { signal, onProgress, log }: ClaimOptions): Promise<Claim> {
  const path = await realpath(folder).catch(() => resolve(folder));
  const onWait = (holder: string) => {
    const message = `Waiting for ${holder}, which works in ${path}`;
    log?.(message);
    onProgress?.({ stage: message, done: 0, total: 0 });
  };
  return Claim.wait(`wrapper ${path}`, onWait, signal);
}
