import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { readParts, thisMachine, writeParts } from '../../support/results.ts';
import type { Measurements } from '../compare.ts';
import { type BenchParts, type Row, rowsOf } from './rows.ts';

/** The results that are committed, which every run is compared with. */
export const COMMITTED = join('bench', 'results.json');

export function committedResults(): Promise<BenchParts> {
  return readParts<Measurements>(COMMITTED);
}

/**
 * What a run wrote before: a file of parts, or what was measured of one part alone, without rounds.
 * @param part whose measurements those are
 */
export async function readResults(path: string, part: string | undefined): Promise<BenchParts> {
  const read = JSON.parse(await readFile(path, 'utf8')) as { parts?: BenchParts } & Partial<Measurements> & {
      machine?: object;
    };
  if (read.parts) return read.parts;
  if (part === undefined) throw new Error(`${path} has no parts: say which one it is of`);
  const { measured = [], noted = {}, sampled = {}, machine } = read;
  return { [part]: { measured, noted, sampled, machine: { ...thisMachine(), ...machine } } };
}

/** Writes what was measured and, beside it, what it says of each target, for programs. */
export async function writeResults(path: string, parts: BenchParts, rows: readonly Row[]): Promise<void> {
  await writeParts(path, parts, { targets: rows.map(plainRow) });
}

/** Puts these parts in the place of those that were committed. */
export async function saveResults(parts: BenchParts): Promise<void> {
  const all = { ...(await committedResults()), ...parts };
  await writeResults(COMMITTED, all, rowsOf(all));
}

function plainRow({ target, reading, isMet, before, factor, change }: Row): object {
  const { id, part, what, peer, bound, unit } = target;
  const value = reading && { value: reading.value, noise: reading.noise, isMet };
  return { id, part, what, peer, bound, unit, ...value, ...(before && { before: before.value, factor, change }) };
}
