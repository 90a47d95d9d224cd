import * as vscode from 'vscode';
import { type FromWorker, isAddress, type Request, type ToWorker } from '../worker/protocol.ts';
import { stampOf } from './stat-file.ts';
import type { StartWorker, WorkerPort } from './worker-port.ts';

/** Larger packages do not fit into memory beside everything else, in bytes. */
const MAX_PACKAGE = 1 << 30;
/** Packages that the worker keeps, so that not each look reads them anew. */
const MAX_HELD = 3;

/**
 * Hands packages over that the worker cannot reach, before requests about them: those of a browser, or of a repository that is
 * opened from elsewhere. They are read whole, since VS Code reads no parts of files.
 */
export function handingOver(start: StartWorker): StartWorker {
  return (onMessage, onEnd) => new HandingOver(start(onMessage, onEnd), onMessage);
}

class HandingOver implements WorkerPort {
  private readonly worker: WorkerPort;
  private readonly onMessage: (message: FromWorker) => void;
  /** By address, the last used last: what tells the state that the worker holds. */
  private readonly held = new Map<string, string>();
  /** One package is handed over at a time. */
  private turn: Promise<unknown> = Promise.resolve();

  constructor(worker: WorkerPort, onMessage: (message: FromWorker) => void) {
    this.worker = worker;
    this.onMessage = onMessage;
  }

  post(message: ToWorker): void {
    const files = message.type === 'cancel' ? [] : packagesOf(message).filter(isAddress);
    if (files.length === 0) this.worker.post(message);
    else this.turn = this.turn.then(() => this.postAfter(files, message));
  }

  private async postAfter(files: readonly string[], message: ToWorker): Promise<void> {
    try {
      for (const file of files) await this.handOver(file);
      this.worker.post(message);
    } catch (error) {
      this.onMessage({ type: 'failed', id: message.id, message: (error as Error).message, cancelled: false });
    }
  }

  private async handOver(file: string): Promise<void> {
    const uri = vscode.Uri.parse(file);
    const stamp = await stampOf(uri);
    const isHeld = stamp !== '' && this.held.get(file) === stamp;
    // The last used stands last.
    this.held.delete(file);
    if (!isHeld) {
      const { size } = await vscode.workspace.fs.stat(uri);
      if (size > MAX_PACKAGE) throw new Error(vscode.l10n.t('{0} is too large to be read into memory.', uri.path));
      // A copy: what the file system gave may be needed by others, and what is handed over is gone here.
      const bytes = new Uint8Array(await vscode.workspace.fs.readFile(uri));
      this.worker.post({ type: 'hold', file, stamp, bytes }, [bytes.buffer]);
    }
    this.held.set(file, stamp);
    for (const oldest of this.held.keys()) {
      if (this.held.size <= MAX_HELD) break;
      this.held.delete(oldest);
      this.worker.post({ type: 'drop', file: oldest });
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
