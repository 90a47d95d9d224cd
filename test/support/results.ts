import { existsSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { availableParallelism, cpus } from 'node:os';
import { dirname, join } from 'node:path';

/**
 * The figures of the commands that try and measure this project: each is a JSON file with a part for whatever can be run alone,
 * and the machine that it ran on. No times of day, so that equal figures are equal files.
 */

export interface Machine {
  /** Threads that run at once. */
  readonly cores: number;
  readonly processor: string;
  readonly node: string;
  readonly system: string;
}

export type Parts<Figures> = Readonly<Record<string, Figures & { readonly machine: Machine }>>;

export function thisMachine(): Machine {
  return {
    cores: availableParallelism(),
    processor: cpus()[0]?.model.trim() ?? 'unknown',
    node: process.version,
    system: `${process.platform} ${process.arch}`,
  };
}

/** What a file of figures says; no parts where there is none yet. */
export async function readParts<Figures>(path: string): Promise<Parts<Figures>> {
  if (!existsSync(path)) return {};
  return (JSON.parse(await readFile(path, 'utf8')) as { parts: Parts<Figures> }).parts;
}

/**
 * Writes a file of figures, sorted by part.
 * @param more what stands beside the parts, for programs
 */
export async function writeParts<Figures>(path: string, parts: Parts<Figures>, more: object = {}): Promise<void> {
  const sorted = Object.fromEntries(Object.entries(parts).sort(([a], [b]) => (a < b ? -1 : 1)));
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, `${printed({ parts: sorted, ...more })}\n`);
}

/**
 * Writes `NAME.json` into the folder that S9PK_RESULTS names (`bench/quality` is the committed one), where parts that did not run
 * stay as they were. Without S9PK_RESULTS nothing is written.
 * @param figures by part
 */
export async function keepResults(name: string, figures: Readonly<Record<string, object>>): Promise<void> {
  const folder = process.env['S9PK_RESULTS'];
  if (!folder) return;
  const path = join(folder, `${name}.json`);
  const machine = thisMachine();
  const ran = Object.fromEntries(Object.entries(figures).map(([part, own]) => [part, { machine, ...own }]));
  await writeParts(path, { ...(await readParts<object>(path)), ...ran });
}

/** JSON with numbers of six digits, and lists of them on one line. */
function printed(value: unknown): string {
  const rounded = (_: string, item: unknown) =>
    typeof item === 'number' && !Number.isInteger(item) ? Number(item.toPrecision(6)) : item;
  return JSON.stringify(value, rounded, 2).replace(/\[[\s\d.e+,-]+\]/g, (list) => list.replace(/\s+/g, ' '));
}
