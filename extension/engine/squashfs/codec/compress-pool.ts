import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import { type CodecSettings, codecFor, roomFor } from './codec.ts';

/** Raw blocks in memory that threads share, one after the other, and room for what they become. */
export interface Job {
  readonly settings: CodecSettings;
  readonly raw: Uint8Array<SharedArrayBuffer>;
  /** As long as the blocks together, and {@link roomFor} one more. */
  readonly packed: Uint8Array<SharedArrayBuffer>;
  /** Which bytes of `raw` are blocks. */
  readonly blocks: readonly { readonly offset: number; readonly length: number }[];
}

export type ToThread = Job & { readonly id: number };
export type FromThread = { readonly id: number } & (
  | { readonly sizes: readonly number[] }
  | { readonly failure: string }
);

/**
 * Compresses the blocks of a job in this thread: what becomes smaller stands in `packed`, one after the other.
 * @returns the bytes of each, 0 where it would not be smaller
 */
export function compressJob({ settings, raw, packed, blocks }: Job): number[] {
  const codec = codecOf(settings);
  let position = 0;
  return blocks.map(({ offset, length }) => {
    const size = codec.compress(raw.subarray(offset, offset + length), packed.subarray(position));
    if (size >= length) return 0;
    position += size;
    return size;
  });
}

/** One image is made after the other with the same settings; another one's contexts are not worth their memory. */
let last: { readonly key: string; readonly codec: ReturnType<typeof codecFor> } | undefined;

function codecOf(settings: CodecSettings): ReturnType<typeof codecFor> {
  const key = `${settings.compressor} ${settings.level} ${settings.blockSize}`;
  if (last?.key !== key) last = { key, codec: codecFor(settings) };
  return last.codec;
}

/** Shared memory for a job of blocks of `blockSize` bytes, `capacity` of them together. */
export function jobMemory(capacity: number, blockSize: number): Pick<Job, 'raw' | 'packed'> {
  return {
    raw: new Uint8Array(new SharedArrayBuffer(capacity)),
    packed: new Uint8Array(new SharedArrayBuffer(capacity + roomFor(blockSize))),
  };
}

/** Threads with nothing to do for so long are ended, and with them the memory of their contexts. */
const IDLE_MS = 5000;
/** Jobs that a thread has at once: the one it works on, and the next, so that it never waits for us. */
const JOBS_A_THREAD = 2;

/**
 * Threads that compress. They outlast images and are shared by all that are made at once. Where threads cannot be started,
 * or one ends (without memory, say), its jobs are done in this thread: the bytes are the same.
 */
export class CompressPool {
  readonly threads: number;
  private readonly running: PoolThread[] = [];
  private readonly waiting: Pending[] = [];
  private canStart = true;
  private idle: NodeJS.Timeout | undefined;

  constructor(threads: number) {
    this.threads = threads;
  }

  /** The pool of this process for so many threads; by default one for each core. */
  static of(threads = availableParallelism()): CompressPool {
    const known = pools.get(threads) ?? new CompressPool(threads);
    pools.set(threads, known);
    return known;
  }

  /** @returns what {@link compressJob} does, once a thread has done it */
  run(job: Job): Promise<number[]> {
    clearTimeout(this.idle);
    return new Promise((resolve, reject) => {
      this.waiting.push({ job, resolve, reject });
      this.next();
    });
  }

  private next(): void {
    while (this.waiting.length > 0) {
      const thread = this.freeThread();
      if (thread === 'none') return;
      const pending = this.waiting.shift();
      if (pending && thread === 'here') finishHere(pending);
      else if (pending && thread !== 'here') thread.send(pending);
    }
    if (this.running.every(({ jobs }) => jobs === 0)) {
      this.idle = setTimeout(() => this.end(), IDLE_MS);
      this.idle.unref();
    }
  }

  /** The thread with the fewest jobs; a new one while there are fewer than there may be and none is without any. */
  private freeThread(): PoolThread | 'here' | 'none' {
    const [least] = [...this.running].sort((a, b) => a.jobs - b.jobs);
    if (least?.jobs === 0) return least;
    if (this.canStart && this.running.length < this.threads) {
      const thread = startThread(
        () => this.next(),
        (unfinished) => this.lose(thread, unfinished),
      );
      if (thread) {
        this.running.push(thread);
        return thread;
      }
      this.canStart = false;
    }
    if (!least) return 'here';
    return least.jobs < JOBS_A_THREAD ? least : 'none';
  }

  private lose(thread: PoolThread | undefined, unfinished: readonly Pending[]): void {
    if (thread && this.running.includes(thread)) this.running.splice(this.running.indexOf(thread), 1);
    if (unfinished.length > 0) this.canStart = false;
    for (const pending of unfinished) finishHere(pending);
    this.next();
  }

  private end(): void {
    for (const thread of this.running.splice(0)) thread.end();
  }
}

const pools = new Map<number, CompressPool>();

interface Pending {
  readonly job: Job;
  readonly resolve: (sizes: number[]) => void;
  readonly reject: (error: unknown) => void;
}

function finishHere({ job, resolve, reject }: Pending): void {
  try {
    resolve(compressJob(job));
  } catch (error) {
    reject(error);
  }
}

interface PoolThread {
  /** How many it has not answered yet. */
  readonly jobs: number;
  send(pending: Pending): void;
  end(): void;
}

/** @returns undefined where the system gives us no thread */
function startThread(onAnswer: () => void, onLost: (unfinished: readonly Pending[]) => void): PoolThread | undefined {
  const worker = newWorker();
  if (!worker) return undefined;
  const pending = new Map<number, Pending>();
  let next = 0;
  worker.unref();
  worker.on('message', (answer: FromThread) => {
    const { resolve, reject } = pending.get(answer.id) ?? {};
    pending.delete(answer.id);
    // A thread keeps the process alive only while somebody waits for it.
    if (pending.size === 0) worker.unref();
    if ('sizes' in answer) resolve?.([...answer.sizes]);
    else reject?.(new Error(answer.failure));
    onAnswer();
  });
  const lose = () => {
    const unfinished = [...pending.values()];
    pending.clear();
    onLost(unfinished);
  };
  // After an error comes the exit, where the jobs are taken back.
  worker.on('error', () => undefined);
  worker.on('exit', lose);
  return {
    get jobs() {
      return pending.size;
    },
    send(job) {
      worker.ref();
      pending.set(next, job);
      worker.postMessage({ ...job.job, id: next } satisfies ToThread);
      next++;
    },
    end() {
      void worker.terminate();
    },
  };
}

function newWorker(): Worker | undefined {
  // The sources run as they are; the bundles have the thread's beside them.
  const name = import.meta.url.endsWith('.ts') ? './compress-thread.ts' : './compress-thread.cjs';
  try {
    return new Worker(new URL(name, import.meta.url), { name: 'compress' });
  } catch {
    return undefined;
  }
}
