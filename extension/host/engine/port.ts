import type { FromWorker, Handover, ToWorker } from '../../worker/protocol.ts';

/** A worker as the engine's client sees it, a thread or a web worker. */
export interface WorkerPort {
  /** @param transfer memory of the message that is the worker's from then on */
  post(message: ToWorker | Handover, transfer?: readonly ArrayBuffer[]): void;
  end(): Promise<void>;
}

/** Starts a worker; `onEnd` hears of one that ended by itself, and why. */
export type StartWorker = (onMessage: (message: FromWorker) => void, onEnd: (error: Error) => void) => WorkerPort;
