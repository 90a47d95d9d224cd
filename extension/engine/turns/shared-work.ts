/**
 * Work that several wait for and that is done once. What failed is begun anew by whoever asks next; so is what somebody else began
 * and cancelled, without those who waited for it noticing.
 */
export class SharedWork<T> {
  private readonly work: (signal: AbortSignal | undefined) => Promise<T>;
  private begun: { readonly result: Promise<T>; readonly signal: AbortSignal | undefined } | undefined;

  constructor(work: (signal: AbortSignal | undefined) => Promise<T>) {
    this.work = work;
  }

  /** @throws what the work throws, and the signal's reason */
  async result(signal?: AbortSignal): Promise<T> {
    for (;;) {
      signal?.throwIfAborted();
      this.begun ??= this.begin(signal);
      const { result, signal: theirs } = this.begun;
      try {
        return await result;
      } catch (error) {
        if (theirs === signal || !theirs?.aborted) throw error;
      }
    }
  }

  private begin(signal: AbortSignal | undefined) {
    const begun = { result: this.work(signal), signal };
    begun.result.catch(() => {
      if (this.begun === begun) this.begun = undefined;
    });
    return begun;
  }
}
