/** Work that goes on behind whoever hands it over, at most so many pieces at once. A failure is thrown at the next chance. */
export class WorkBehind {
  private readonly limit: number;
  private readonly running = new Set<Promise<void>>();
  private readonly failures: unknown[] = [];

  constructor(limit: number) {
    this.limit = limit;
  }

  /**
   * Begins work once there is room for it. It is begun whatever failed before, so that what it closes is closed.
   * @throws what earlier work threw
   */
  async add(work: () => Promise<void>): Promise<void> {
    while (this.running.size >= this.limit) await Promise.race(this.running);
    const running = work()
      .catch((error: unknown) => {
        this.failures.push(error);
      })
      .finally(() => this.running.delete(running));
    this.running.add(running);
    this.throwFirst();
  }

  /** Waits until all has ended. @throws the first failure */
  async end(): Promise<void> {
    await Promise.all(this.running);
    this.throwFirst();
  }

  private throwFirst(): void {
    if (this.failures.length > 0) throw this.failures[0];
  }
}
