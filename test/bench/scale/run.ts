import { execFile } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execPath } from 'node:process';
import { promisify } from 'node:util';
import { temporaryFolder } from '../../support/tools.ts';
import { noted } from '../compare.ts';
import { exponentOf } from './exponent.ts';
import { plot } from './plot.ts';
import { SERIES, type Series } from './series.ts';

const runFile = promisify(execFile);
const POINT = join(import.meta.dirname, 'point.ts');

interface Measured {
  readonly size: number;
  readonly seconds: number;
  readonly processor: number;
  readonly memory: number;
}

/**
 * Time and memory of everything that grows with its input, at sizes of several decades, and the exponent that fits.
 * @param options `full`: sizes of 20 GB and a million files too; `plots`: where charts are written as SVG
 */
export async function benchScale(options: { readonly full: boolean; readonly plots?: string }): Promise<void> {
  console.log('\nhow time and memory grow');
  const measured = new Map<Series, Measured[]>();
  for (const series of SERIES) {
    const points: Measured[] = [];
    for (const size of [...series.sizes, ...(options.full ? (series.more ?? []) : [])]) {
      await using temporary = await temporaryFolder();
      const words = [POINT, series.name, String(size), temporary.path];
      await runFile(execPath, [...words, 'prepare']);
      const { stdout } = await runFile(execPath, words);
      points.push({ size, ...(JSON.parse(stdout) as Omit<Measured, 'size'>) });
    }
    measured.set(series, points);
    const fitted = exponentOf(
      points.filter(({ size }) => size >= series.from).map(({ size, processor }) => ({ size, cost: processor })),
    );
    const most = Math.max(...points.map(({ memory }) => memory)) / 1e6;
    const last = points.at(-1);
    noted[`${series.name}, points`] = JSON.stringify(points);
    console.log(
      `  ${series.name.padEnd(28)} up to ${String(last?.size).padStart(11)} ${series.unit.padEnd(8)} ` +
        `${last?.seconds.toFixed(2).padStart(7)} s  exponent ${fitted.toFixed(2)} (promised ${series.exponent})  ` +
        `memory at most ${most.toFixed(0)} MB above base`,
    );
  }
  if (options.plots === undefined) return;
  await mkdir(options.plots, { recursive: true });
  for (const unit of new Set(SERIES.map((series) => series.unit))) {
    const of = SERIES.filter((series) => series.unit === unit);
    for (const [what, label] of [
      ['seconds', 'seconds'],
      ['memory', 'bytes of memory above base'],
    ] as const) {
      const lines = of.map((series) => ({
        name: series.name,
        points: (measured.get(series) ?? []).map((point) => ({ size: point.size, cost: point[what] })),
      }));
      const path = join(options.plots, `${unit}-${what}.svg`);
      await writeFile(path, plot(`${label} by ${unit}`, unit, label, lines));
      console.log(`  ${path}`);
    }
  }
}
