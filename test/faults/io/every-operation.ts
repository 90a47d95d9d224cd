import { fork } from 'node:child_process';
import { mkdir } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { addFigure } from '../figures.ts';
import type { Share, Tried } from './try-faults.ts';

export interface Tries {
  /** Chooses a part of what is tried of commands that are much like others; none: everything is tried, in some ten minutes. */
  readonly seed?: number | undefined;
  /** Names of commands; none: all. */
  readonly wanted?: readonly string[];
}

/**
 * Lets every single operation of files go wrong in turn, in every way that it can, under each command line: it fails and says
 * what and where, or gives what it gives otherwise; what was there stays; nothing is left.
 * @returns how many faults did harm
 */
export async function everyOperation(folder: string, { seed, wanted = [] }: Tries = {}): Promise<number> {
  const count = availableParallelism();
  const shares = await Promise.all(
    Array.from({ length: count }, async (_, first) => {
      const own = join(folder, `${first}`);
      await mkdir(own, { recursive: true });
      return runShare({ folder: own, first, count, wanted, seed });
    }),
  );
  let harms = 0;
  let tried = 0;
  for (const [index, { command, operations }] of (shares[0] ?? []).entries()) {
    const all = shares.flatMap((share) => share[index] ?? []);
    const faults = all.reduce((sum, share) => sum + share.faults, 0);
    const found = all.flatMap((share) => share.harms);
    for (const harm of found.slice(0, SHOWN)) console.error(`${command}: ${harm}`);
    console.log(`${command}: ${operations} operations, ${faults} faults, ${found.length} with harm`);
    harms += found.length;
    tried += faults;
  }
  addFigure({ what: 'operations of files that fail, and inputs that change', tried, harm: harms });
  return tried === 0 ? 1 : harms;
}

/** Harms of one command that are shown. */
const SHOWN = 20;

function runShare(share: Share): Promise<Tried[]> {
  return new Promise((resolve, reject) => {
    const child = fork(fileURLToPath(new URL('try-faults.ts', import.meta.url)), [JSON.stringify(share)]);
    child.once('message', (tried) => resolve(tried as Tried[]));
    child.once('error', reject);
    child.once('exit', (code) => reject(new Error(`trying faults ended with ${code}`)));
  });
}
