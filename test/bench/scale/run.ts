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

/** Bytes: less is what V8 takes as it likes. */
const MEMORY_FLOOR = 8 << 20;

interface Measured {
  readonly size: number;
  readonly seconds: number;
  readonly processor: number;
  readonly memory: number;
}

/**
 * Time and memory of everything that grows with its input, at sizes of several decades, and the exponents that fit.
 * @param options `full`: sizes of 20 GB and a million files too; `only`: series with this in their names; `plots`: where charts are
 *   written as SVG
 */
export async function benchScale(options: {
  readonly full: boolean;
  readonly only?: string;
  readonly plots?: string;
}): Promise<void> {
  console.log('\nhow time and memory grow, memory above what there was before');
  const wanted = SERIES.filter(({ name }) => name.includes(options.only ?? ''));
  const measured = new Map<Series, Measured[]>();
  for (const series of wanted) {
    const points: Measured[] = [];
    for (const size of [...series.sizes, ...(options.full ? (series.more ?? []) : [])]) {
      await using temporary = await temporaryFolder();
      const words = [POINT, series.name, String(size), temporary.path];
      await runFile(execPath, [...words, 'prepare']);
      const { stdout } = await runFile(execPath, words);
      points.push({ size, ...(JSON.parse(stdout) as Omit<Measured, 'size'>) });
    }
    measured.set(series, points);
    const fit = (what: 'processor' | 'memory', least: number) => {
      const fitted = points.filter((point) => point.size >= series.from && point[what] >= least);
      return fitted.length < 2
        ? '-'
        : exponentOf(fitted.map((point) => ({ size: point.size, cost: point[what] }))).toFixed(2);
    };
    const last = points.at(-1);
    const most = Math.max(...points.map(({ memory }) => memory));
    noted[`${series.name}, points`] = JSON.stringify(points);
    console.log(
      `  ${series.name.padEnd(26)} ${String(points[0]?.size).padStart(8)} to ${String(last?.size).padStart(11)} ${series.unit.padEnd(8)} ` +
        `time exponent ${fit('processor', 0)} (promised ${series.exponent}), memory exponent ${fit('memory', MEMORY_FLOOR)}; at the largest ` +
        `${last?.seconds.toFixed(2)} s, ${last?.processor.toFixed(2)} s of processors; memory at most ${(most / 1e6).toFixed(0)} MB`,
    );
  }
  if (options.plots === undefined) return;
  await mkdir(options.plots, { recursive: true });
  for (const unit of new Set(wanted.map((series) => series.unit))) {
    const of = wanted.filter((series) => series.unit === unit);
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
