import { Worker } from 'node:worker_threads';
import type { StartWorker } from './port.ts';

/** Starts the engine's worker as a thread of Node. */
export function workerThread(file: string): StartWorker {
  return (onMessage, onEnd) => {
    const worker = new Worker(file);
    worker.on('message', onMessage);
    worker.on('error', onEnd);
    // What came cannot be taken over: whoever waits for it must hear so.
    worker.on('messageerror', (error) => {
      onEnd(error);
      void worker.terminate();
    });
    worker.on('exit', (code) => onEnd(new Error(`the worker ended with code ${code}`)));
    return {
      post: (message, transfer = []) => worker.postMessage(message, [...transfer]),
      end: async () => void (await worker.terminate()),
    };
  };
}
