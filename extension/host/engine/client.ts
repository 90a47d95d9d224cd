import * as vscode from 'vscode';
import { type OnBuild, plainBuildLog } from '../../engine/image/build/build-progress.ts';
import type { OnProgress } from '../../engine/progress.ts';
import type { FromWorker, RequestKind, Requests, ToWorker } from '../../worker/protocol.ts';
import type { Log } from '../say.ts';
import type { StartWorker, WorkerPort } from './port.ts';

interface Pending {
  readonly resolve: (answer: Requests[RequestKind]['answer']) => void;
  readonly reject: (error: Error) => void;
  readonly listeners: Listeners;
}

/** What wants to hear from a request while it goes on. Lines go to the log, and so do builds, where nobody does. */
export interface Listeners {
  readonly onProgress?: OnProgress;
  readonly onLine?: (line: string) => void;
  readonly onBuild?: OnBuild;
  /** Hears of a file of a package whose bytes were compared with their hash. */
  readonly onChecked?: (path: string, isGood: boolean) => void;
}

/** VS Code gives an extension five seconds to end. */
const STOP_LIMIT_MS = 4000;

/** Sends work to the worker, which starts with the first request and is started again if it dies. */
export class EngineClient {
  private worker: WorkerPort | undefined;
  private isStopped = false;
  private nextId = 1;
  private readonly pending = new Map<number, Pending>();
  private readonly start: StartWorker;
  private readonly log: Log;

  constructor(start: StartWorker, log: Log) {
    this.start = start;
    this.log = log;
  }

  /**
   * Has the worker do something.
   * @throws vscode.CancellationError if `token` is cancelled; an Error with the worker's message if it fails.
   */
  request<K extends RequestKind>(
    type: K,
    params: Requests[K]['params'],
    token?: vscode.CancellationToken,
    listeners: Listeners = {},
  ): Promise<Requests[K]['answer']> {
    if (this.isStopped) return Promise.reject(new vscode.CancellationError());
    const { onLine = (line: string) => this.log.info(line) } = listeners;
    const id = this.nextId++;
    const worker = this.worker ?? this.startWorker();
    return new Promise<Requests[K]['answer']>((resolve, reject) => {
      const subscription = token?.onCancellationRequested(() => worker.post({ type: 'cancel', id }));
      const end = () => {
        subscription?.dispose();
        this.pending.delete(id);
      };
      this.pending.set(id, {
        resolve: (answer) => {
          end();
          resolve(answer as Requests[K]['answer']);
        },
        reject: (error) => {
          end();
          reject(error);
        },
        listeners: { onLine, onBuild: plainBuildLog(onLine), ...listeners },
      });
      try {
        worker.post({ type, id, params } as ToWorker);
      } catch (error) {
        this.pending.get(id)?.reject(error as Error);
      }
    });
  }

  private startWorker(): WorkerPort {
    const worker = this.start(
      (message) => this.receive(message),
      (error) => this.workerEnded(worker, error),
    );
    this.worker = worker;
    return worker;
  }

  private receive(message: FromWorker): void {
    const request = this.pending.get(message.id);
    switch (message.type) {
      case 'progress':
        request?.listeners.onProgress?.(message.progress);
        break;
      case 'log':
        request?.listeners.onLine?.(message.line);
        break;
      case 'checked':
        request?.listeners.onChecked?.(message.path, message.isGood);
        break;
      case 'build':
        request?.listeners.onBuild?.(message.update);
        break;
      case 'answer':
        request?.resolve(message.answer);
        break;
      case 'failed':
        request?.reject(message.cancelled ? new vscode.CancellationError() : new Error(message.message));
        break;
    }
  }

  private workerEnded(worker: WorkerPort, error: Error): void {
    if (this.worker !== worker) return;
    this.worker = undefined;
    this.log.error(error);
    const told = new Error(
      vscode.l10n.t(
        'The engine ended unexpectedly ({0}). What it was doing is not done, and the files that were there are unchanged. Try again: it starts anew.',
        error.message,
      ),
    );
    for (const request of [...this.pending.values()]) request.reject(told);
  }

  /** Cancels everything, waits until the worker has cleaned up (not for ever), and ends it. */
  async stop(): Promise<void> {
    this.isStopped = true;
    const { worker } = this;
    if (!worker) return;
    for (const id of this.pending.keys()) worker.post({ type: 'cancel', id });
    for (const end = Date.now() + STOP_LIMIT_MS; this.pending.size > 0 && Date.now() < end; ) {
      await new Promise((done) => setTimeout(done, 20));
    }
    await worker.end();
    for (const request of [...this.pending.values()]) request.reject(new vscode.CancellationError());
  }
}
