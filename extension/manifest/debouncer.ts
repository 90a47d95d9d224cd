/** Pause in typing after which a manifest is checked, in milliseconds. */
export const TYPING_PAUSE_MS = 150;
/** Pause in changes of files after which what is around a manifest is checked, in milliseconds. */
export const FILES_PAUSE_MS = 700;

/** Work that waits for a pause: what is asked for again meanwhile is done once, and waits anew. */
export class Debouncer {
  private readonly timers = new Map<string, NodeJS.Timeout>();
  private readonly onError: (error: Error) => void;

  /** @param onError hears of work that fails, for which nobody waits */
  constructor(onError: (error: Error) => void) {
    this.onError = onError;
  }

  /** @param pause in milliseconds; 0: as soon as nothing else runs */
  later(key: string, pause: number, run: () => Promise<void>): void {
    clearTimeout(this.timers.get(key));
    const timer = setTimeout(() => {
      this.timers.delete(key);
      run().catch(this.onError);
    }, pause);
    this.timers.set(key, timer);
  }

  isWaiting(key: string): boolean {
    return this.timers.has(key);
  }

  /** Gives up all that waits. */
  stop(): void {
    for (const timer of this.timers.values()) clearTimeout(timer);
    this.timers.clear();
  }
}
