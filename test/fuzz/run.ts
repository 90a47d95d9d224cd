import { parseArgs } from 'node:util';
import { Worker } from 'node:worker_threads';
import { keepResults } from '../support/results.ts';
import { Cases } from './cases.ts';
import { corpusOf, keep } from './corpus.ts';
import { coveredFiles } from './covered-files.ts';
import { TARGETS } from './targets/index.ts';
import type { FuzzMessage, FuzzOrder } from './worker.ts';

/**
 * Fuzzes every parser that meets what strangers wrote: `npm run fuzz -- --seconds 60`, `--hours N`, `--target NAME`. What fails
 * is kept in test/fuzz/corpus and tried first from then on; `--seed N --case N` has one case again.
 */

const { values } = parseArgs({
  options: {
    seconds: { type: 'string' },
    hours: { type: 'string' },
    target: { type: 'string', multiple: true },
    seed: { type: 'string', default: '1' },
    case: { type: 'string' },
  },
});
const seed = Number(values.seed);
const only = values.case === undefined ? undefined : Number(values.case);
const seconds = values.hours === undefined ? Number(values.seconds ?? 60) : Number(values.hours) * 3600;
const targets = TARGETS.filter(({ name }) => values.target === undefined || values.target.includes(name));
if (targets.length === 0 || !(seconds > 0)) throw new Error(`targets: ${TARGETS.map(({ name }) => name).join(', ')}`);
for (const { covers } of targets) coveredFiles(covers);

/** Seconds after which a case counts as hanging. */
const HANGS_AFTER = 20;
/** The heap of one parser, MiB. */
const HEAP = 256;
/** Failures at one place are one failure. */
const seen = new Set<string>();
let failed = 0;
/** By target, for docs/quality.md. */
const figures: Record<string, { cases: number; perSecond: number; compared: number; lines: number; covered: number }> =
  {};
const failures = new Map<string, number>();

async function report(target: string, number: number, input: Uint8Array | undefined, error: string): Promise<void> {
  const place = error
    .split('\n')
    .filter((line) => /^\s+at /.test(line) && !line.includes('node:'))
    .slice(0, 2)
    .join();
  const key = `${target} ${place === '' ? error : place}`;
  if (seen.has(key)) return;
  seen.add(key);
  failed++;
  failures.set(target, (failures.get(target) ?? 0) + 1);
  const path = input && (await keep(target, input));
  console.error(
    `\n${target}: case ${number} of seed ${seed}${path === undefined ? '' : `, kept as ${path}`}\n${error}`,
  );
}

function fuzz(name: string, milliseconds: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const running = new SharedArrayBuffer(8);
    const current = () => new Int32Array(running)[0] ?? 0;
    const order: FuzzOrder = { target: name, seed, only, milliseconds, running };
    const worker = new Worker(new URL('./worker.ts', import.meta.url), {
      workerData: order,
      resourceLimits: { maxOldGenerationSizeMb: HEAP },
    });
    const reports: Promise<void>[] = [];
    let last = 0;
    let since = performance.now();
    const watch = setInterval(() => {
      const now = current();
      if (now !== last || now === 0) {
        last = now;
        since = performance.now();
      } else if (performance.now() - since > HANGS_AFTER * 1000) {
        clearInterval(watch);
        reports.push(stopped(`it ran for more than ${HANGS_AFTER} s`));
        void worker.terminate();
      }
    }, 500);
    const stopped = async (why: string) => {
      const target = TARGETS.find((candidate) => candidate.name === name);
      const number = current() - 1;
      const isMade = new Int32Array(running)[1] === 1;
      if (!target || number < 0 || !isMade) return report(name, number, undefined, `${why}, while it was made`);
      const known = [...(await corpusOf(name)), ...(await target.seeds())];
      const { input } = await new Cases(target, seed, known).input(number);
      return report(name, number, input, why);
    };
    worker.on('message', (message: FuzzMessage) => {
      if (message.kind === 'failure') reports.push(report(name, message.number, message.input, message.error));
      else print(name, message, milliseconds);
    });
    worker.once('error', (error) => reports.push(stopped(error.stack ?? error.message)));
    worker.once('exit', () => {
      clearInterval(watch);
      Promise.all(reports).then(() => resolve(), reject);
    });
  });
}

function print(
  name: string,
  { cases, compared, coverage }: FuzzMessage & { kind: 'done' },
  milliseconds: number,
): void {
  const lines = coverage.reduce((sum, file) => sum + file.lines, 0);
  const covered = coverage.reduce((sum, file) => sum + file.covered, 0);
  const percent = (part: number, all: number) => `${all === 0 ? 0 : Math.floor((100 * part) / all)} %`;
  const files = coverage.map((file) => `${file.file} ${percent(file.covered, file.lines)}`).join(', ');
  const speed = Math.round((cases * 1000) / milliseconds);
  figures[name] = { cases, perSecond: speed, compared, lines, covered };
  const also = compared === 0 ? '' : `, ${compared} by another reader too`;
  console.log(`${name}: ${cases} cases, ${speed}/s${also}; lines covered ${percent(covered, lines)} (${files})`);
}

// Two at once: more would measure each other.
const PARALLEL = Math.min(2, targets.length);
const queue = [...targets];
const share = (seconds * 1000 * PARALLEL) / targets.length;
await Promise.all(
  Array.from({ length: PARALLEL }, async () => {
    for (let next = queue.shift(); next; next = queue.shift()) await fuzz(next.name, share);
  }),
);
const found = (name: string) => ({ failures: failures.get(name) ?? 0 });
await keepResults(
  'fuzz',
  Object.fromEntries(Object.entries(figures).map(([name, own]) => [name, { ...own, ...found(name) }])),
);
console.log(`${failed} failed`);
process.exitCode = failed > 0 ? 1 : 0;
