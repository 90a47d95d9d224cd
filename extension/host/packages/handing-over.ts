import * as vscode from 'vscode';
import { type FromWorker, isAddress, type Request, type ToWorker } from '../../worker/protocol.ts';
import type { StartWorker, WorkerPort } from '../engine/port.ts';
import { uriOfPath } from '../manifest/workspace-paths.ts';
import { stampOf } from '../stat-file.ts';

/** Larger packages do not fit into memory beside everything else, in bytes. */
const MAX_PACKAGE = 1 << 30;
/** Bytes of packages that the worker keeps, so that not each look reads them anew. */
const MAX_HELD = 1 << 29;

/**
 * Hands packages over that the worker cannot reach, before requests about them: those of a browser, or of a repository that is
 * opened from elsewhere. They are read whole, since VS Code reads no parts of files.
 */
export function handingOver(start: StartWorker): StartWorker {
  return (onMessage, onEnd) => new HandingOver(start(onMessage, onEnd), onMessage);
}

interface Held {
  /** What tells one state of a file from another. */
  readonly stamp: string;
  /** Bytes. */
  readonly size: number;
}

class HandingOver implements WorkerPort {
  private readonly worker: WorkerPort;
  private readonly onMessage: (message: FromWorker) => void;
  /** What the worker holds, by address, the last used last. */
  private readonly held = new Map<string, Held>();
  /** Requests that wait for their packages. */
  private readonly waiting = new Set<number>();
  /** One package is handed over at a time. */
  private turn: Promise<unknown> = Promise.resolve();

  constructor(worker: WorkerPort, onMessage: (message: FromWorker) => void) {
    this.worker = worker;
    this.onMessage = onMessage;
  }

  post(message: ToWorker): void {
    const { id } = message;
    if (message.type === 'cancel' && this.waiting.delete(id)) {
      this.onMessage({ type: 'failed', id, message: 'cancelled', cancelled: true });
      return;
    }
    const files = message.type === 'cancel' ? [] : packagesOf(message).filter(isAddress);
    if (files.length === 0) {
      this.worker.post(message);
      return;
    }
    this.waiting.add(id);
    this.turn = this.turn.then(() => this.postAfter(files, message));
  }

  private async postAfter(files: readonly string[], message: ToWorker): Promise<void> {
    const { id } = message;
    try {
      for (const file of files) if (this.waiting.has(id)) await this.handOver(file, files);
      if (this.waiting.has(id)) this.worker.post(message);
      this.waiting.delete(id);
    } catch (error) {
      if (this.waiting.delete(id)) {
        this.onMessage({ type: 'failed', id, message: (error as Error).message, cancelled: false });
      }
    }
  }

  /** @param needed packages that the same request is about */
  private async handOver(file: string, needed: readonly string[]): Promise<void> {
    const uri = uriOfPath(file);
    const stamp = await stampOf(uri);
    const known = this.held.get(file);
    // The last used stands last.
    this.held.delete(file);
    if (known && stamp !== '' && known.stamp === stamp) this.held.set(file, known);
    else {
      if (known) this.worker.post({ type: 'drop', file });
      const { size } = await vscode.workspace.fs.stat(uri);
      if (size > MAX_PACKAGE) throw new Error(vscode.l10n.t('{0} is too large to be read into memory.', uri.path));
      // A copy: what the file system gave may be needed by others, and what is handed over is gone here.
      this.dropOthers(needed, size);
      const bytes = new Uint8Array(await vscode.workspace.fs.readFile(uri));
      this.held.set(file, { stamp, size: bytes.length });
      this.worker.post({ type: 'hold', file, stamp, bytes }, [bytes.buffer]);
    }
  }

  /** Makes room by dropping what was not used for the longest time, but for these files. */
  private dropOthers(files: readonly string[], room: number): void {
    let total = [...this.held.values()].reduce((sum, { size }) => sum + size, room);
    for (const [file, { size }] of this.held) {
      if (total <= MAX_HELD) break;
      if (files.includes(file)) continue;
      total -= size;
      this.held.delete(file);
      this.worker.post({ type: 'drop', file });
    }
  }

  end(): Promise<void> {
    return this.worker.end();
  }
}

/** The packages that a request is about. */
function packagesOf({ params }: Request): string[] {
  const names = [
    'file' in params && params.file,
    'before' in params && params.before,
    'after' in params && params.after,
  ];
  return names.filter((name) => typeof name === 'string');
}
