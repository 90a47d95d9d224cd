import { randomUUID } from 'node:crypto';
import { readdir } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { Worker } from 'node:worker_threads';
import type { FromWorker, PackAnswer, Requests, VerifyAnswer } from '../../extension/worker/protocol.ts';
import type { Random } from '../fuzz/random.ts';
import { digestOf } from '../support/digest.ts';
import { goingOn } from '../support/processes.ts';
import { addFigure } from './figures.ts';
import { makeStale } from './package-state.ts';

export interface WorkerPacking {
  readonly folder: string;
  readonly images: Requests['pack']['params']['images'];
  readonly target: string;
  readonly source: string;
}

/** With less than this a worker does not get as far as packing, MB. */
const SMALLEST_HEAP_MB = 6;

/**
 * Ends the extension's worker at random moments while it packs or verifies, now and then by the end of its memory: nothing that it started goes on, the package
 * is as it was, and the next worker packs the same bytes and leaves nothing beside them.
 * @returns how many of the ends did harm
 */
export async function workerKills(packing: WorkerPacking, kills: number, random: Random): Promise<number> {
  const { folder, images, target, source } = packing;
  const mark = randomUUID();
  const good = digestOf(target);
  const names = new Set(await readdir(dirname(target)));
  const start = (limits: object = {}) =>
    new Worker(resolve('dist/worker.cjs'), { env: { ...process.env, S9PK_TEST_MARK: mark }, ...limits });
  const pack = { type: 'pack', params: { folder, arch: [], images, build: 'auto', dependencyIcons: [] } } as const;
  const verify = { type: 'verify', params: { file: target, knownSigners: {}, ownKeys: false } } as const;
  const timed = async (request: typeof pack | typeof verify) => {
    const worker = start();
    const began = performance.now();
    const answer = await ask(worker, request);
    const duration = performance.now() - began;
    await worker.terminate();
    return { answer, duration };
  };
  await makeStale(source);
  const longest = {
    stale: (await timed(pack)).duration,
    fresh: (await timed(pack)).duration,
    verify: (await timed(verify)).duration,
  };
  const endLater = async (kind: keyof typeof longest) => {
    const worker = start();
    const ended = why(ask(worker, kind === 'verify' ? verify : pack));
    const delay = random.fraction() * longest[kind];
    await Promise.race([ended, new Promise((done) => setTimeout(done, delay))]);
    await worker.terminate();
    return ended;
  };
  // How much is enough depends on when the engine tidies up: less each time, until it is not.
  const endByMemory = async () => {
    for (let heapMb = 12 + random.below(20) / 10; ; heapMb--) {
      const worker = start({ resourceLimits: { maxOldGenerationSizeMb: heapMb } });
      const ended = await why(ask(worker, pack));
      await worker.terminate();
      if (ended !== 'answered' || heapMb < SMALLEST_HEAP_MB) return ended;
      await makeStale(source);
    }
  };
  let failed = 0;
  let midway = 0;
  let outOfMemory = 0;
  const harm = (message: string) => {
    failed++;
    console.error(message);
  };
  for (let index = 0; index < kills; index++) {
    const kind = (['stale', 'fresh', 'verify', 'memory'] as const)[index % 4] ?? 'fresh';
    if (kind === 'stale' || kind === 'memory') await makeStale(source);
    const reason = await (kind === 'memory' ? endByMemory() : endLater(kind));
    if (reason !== 'answered') midway++;
    if (/memory/.test(reason)) outOfMemory++;
    const wentOn = await goingOn(`S9PK_TEST_MARK=${mark}`);
    if (wentOn.length > 0) harm(`worker ${index + 1}: ${wentOn.join(', ')} went on`);
    if (digestOf(target) !== good) harm(`worker ${index + 1}: the package is not what it was`);
    const { answer } = await timed(pack);
    if (!('made' in answer && answer.made) || digestOf(target) !== good)
      harm(`worker ${index + 1}: the next one did not pack: ${JSON.stringify(answer)}`);
    const left = (await readdir(dirname(target))).filter((name) => !names.has(name));
    if (left.length > 0) harm(`worker ${index + 1} left ${left.join(', ')}`);
  }
  console.log(
    `${kills} workers ended (${midway} before their answer, ${outOfMemory} out of memory), ${failed} with harm`,
  );
  const note = `${midway} before their answer, ${outOfMemory} out of memory`;
  addFigure({ what: "the extension's worker ended", tried: kills, harm: failed, note });
  return failed + (midway < kills / 3 ? 1 : 0) + (kills >= 4 && outOfMemory === 0 ? 1 : 0);
}

/** Why the worker ended, unless it answered. */
function why(answer: Promise<unknown>): Promise<string> {
  return answer.then(
    () => 'answered',
    (error: Error) => error.message,
  );
}

/** Asks a worker for one thing. @throws what it failed with, and that it ended */
function ask(worker: Worker, request: object): Promise<PackAnswer | VerifyAnswer> {
  return new Promise((done, fail) => {
    worker.on('message', (message: FromWorker) => {
      if (message.type === 'answer') done(message.answer as PackAnswer | VerifyAnswer);
      else if (message.type === 'failed') fail(new Error(message.message));
    });
    worker.on('error', fail);
    worker.on('exit', (code) => fail(new Error(`the worker ended with code ${code}`)));
    worker.postMessage({ ...request, id: 1 });
  });
}
