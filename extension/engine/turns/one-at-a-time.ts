/** Work that is done one after the other, in the order in which it was asked for, whoever asks. */
export class OneAtATime {
  private last: Promise<unknown> = Promise.resolve();

  /** Does `work` once all before it has ended, however it ended. */
  run<T>(work: () => Promise<T>): Promise<T> {
    const own = this.last.then(work);
    this.last = own.catch(() => undefined);
    return own;
  }
}
