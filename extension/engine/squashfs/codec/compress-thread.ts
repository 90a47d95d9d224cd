import { parentPort } from 'node:worker_threads';
import { compressJob, type FromThread, type ToThread } from './compress-pool.ts';

/** A thread of the pool: does one job after the other, with contexts that outlast them. */

const port = parentPort;
if (!port) throw new Error('this is a worker thread');
port.on('message', ({ id, ...job }: ToThread) => {
  port.postMessage(answer(id, () => compressJob(job)));
});

function answer(id: number, work: () => number[]): FromThread {
  try {
    return { id, sizes: work() };
  } catch (error) {
    return { id, failure: error instanceof Error ? error.message : String(error) };
  }
}
