import { parentPort, workerData } from 'node:worker_threads';
import { Cases } from './cases.ts';
import { corpusOf } from './corpus.ts';
import { Coverage, type FileCoverage } from './coverage.ts';

export interface FuzzOrder {
  readonly target: string;
  readonly seed: number;
  /** Only this one; undefined for as many as there is time for. */
  readonly only: number | undefined;
  readonly milliseconds: number;
  /** Where the number of the running case is put, from 1, and whether its input is made; for whoever watches it. */
  readonly running: SharedArrayBuffer;
}

export type FuzzMessage =
  | { readonly kind: 'failure'; readonly number: number; readonly input: Uint8Array; readonly error: string }
  | {
      readonly kind: 'done';
      readonly cases: number;
      readonly compared: number;
      readonly coverage: readonly FileCoverage[];
    };

/** Buffers that one case may hold, bytes. */
const MOST_BUFFERS = 256 << 20;
/** One in so many cases is read by the other implementation, too: those are programs, mostly. */
const COMPARED = 25;

const order = workerData as FuzzOrder;
const running = new Int32Array(order.running);
const coverage = new Coverage();
await coverage.start();
const { TARGETS } = await import('./targets/index.ts');
const target = TARGETS.find(({ name }) => name === order.target);
if (!target) throw new Error(`there is no target ${order.target}`);
const known = [...(await corpusOf(target.name)), ...(await target.seeds())];
const cases = new Cases(target, order.seed, known);
const end = performance.now() + order.milliseconds;
let compared = 0;
let number = order.only ?? 0;
for (; order.only === undefined ? number < known.length || performance.now() < end : number === order.only; number++) {
  Atomics.store(running, 1, 0);
  Atomics.store(running, 0, number + 1);
  const { input, random } = await cases.input(number);
  Atomics.store(running, 1, 1);
  try {
    // What a parser writes into is not what others are made of.
    await target.read(input.slice(), random);
    const buffers = process.memoryUsage().arrayBuffers;
    if (buffers > MOST_BUFFERS) throw new Error(`${buffers >> 20} MiB of buffers are held`);
    if (
      target.compare &&
      (order.only !== undefined || number < known.length || random.oneIn(target.comparesOneIn ?? COMPARED))
    ) {
      compared++;
      await target.compare(input.slice());
    }
  } catch (error) {
    const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
    parentPort?.postMessage({ kind: 'failure', number, input, error: text } satisfies FuzzMessage);
  }
}
Atomics.store(running, 0, 0);
const message: FuzzMessage = { kind: 'done', cases: number, compared, coverage: await coverage.of(target.covers) };
parentPort?.postMessage(message);
