/** What a long operation is doing now. Sent at most every 100 ms and once at the end of a stage. */
export interface Progress {
  /** A word or two for people: `Hashing`, `Compressing images/x86_64/main`. */
  readonly stage: string;
  /** Bytes done and to do in this stage; both 0 where the amount is not known. */
  readonly done: number;
  readonly total: number;
  /** Seconds left in this stage by the rate so far; absent until the rate is known well enough. */
  readonly eta?: number;
}

export type OnProgress = (progress: Progress) => void;

/** What every long operation takes: a way to stop it and a way to hear from it. */
export interface Work {
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: OnProgress | undefined;
}

const REPORT_EVERY_MS = 100;
/** Below this much running time a rate says more about start-up than about what is left. */
const ETA_AFTER_MS = 1000;

/** Counts the bytes of one stage and reports them with an honest time left. */
export class StageMeter {
  private readonly started = performance.now();
  private lastReport = 0;
  private done = 0;
  private readonly stage: string;
  private readonly total: number;
  private readonly work: Work;

  constructor(stage: string, total: number, work: Work) {
    this.stage = stage;
    this.total = total;
    this.work = work;
    this.report();
  }

  /**
   * Adds `bytes` done.
   * @throws the signal's reason once the work is cancelled, so that calling this is enough to make a loop stoppable.
   */
  add(bytes: number): void {
    this.work.signal?.throwIfAborted();
    this.done += bytes;
    if (performance.now() - this.lastReport >= REPORT_EVERY_MS || this.done >= this.total) this.report();
  }

  private report(): void {
    this.lastReport = performance.now();
    const elapsed = this.lastReport - this.started;
    const eta =
      elapsed > ETA_AFTER_MS && this.done > 0 && this.total > this.done
        ? { eta: ((this.total - this.done) / this.done) * (elapsed / 1000) }
        : {};
    this.work.onProgress?.({ stage: this.stage, done: this.done, total: this.total, ...eta });
  }
}

/** Makes one progress of several things that go on at once: that of the one which began first and still runs. */
export class TurnTaker {
  private readonly running: { last?: Progress }[] = [];
  private readonly onProgress: OnProgress;

  constructor(onProgress: OnProgress) {
    this.onProgress = onProgress;
  }

  begin(): { readonly onProgress: OnProgress; readonly end: () => void } {
    const turn: { last?: Progress } = {};
    this.running.push(turn);
    return {
      onProgress: (progress) => {
        turn.last = progress;
        if (this.running[0] === turn) this.onProgress(progress);
      },
      end: () => {
        const wasFirst = this.running[0] === turn;
        this.running.splice(this.running.indexOf(turn), 1);
        const [first] = this.running;
        if (wasFirst && first?.last) this.onProgress(first.last);
      },
    };
  }
}
