interface Closable {
  close(): Promise<void>;
  checkUnchanged?(): Promise<void>;
}

/** Collects what was opened, to close all of it at the end of a block with `await using`. */
export class Closers implements AsyncDisposable {
  private readonly opened: Closable[] = [];

  /** Remembers something to close, and gives it back. */
  use<T extends Closable>(thing: T): T {
    this.opened.push(thing);
    return thing;
  }

  /** Makes sure that nobody wrote to any of it since it was opened. @throws FindingError `file-changed` */
  async checkUnchanged(): Promise<void> {
    for (const thing of this.opened) await thing.checkUnchanged?.();
  }

  /** Closes all, whatever one of them says. @throws what the first one said that could not be closed */
  async [Symbol.asyncDispose](): Promise<void> {
    const failures: unknown[] = [];
    for (const thing of this.opened.splice(0).reverse())
      await thing.close().catch((error: unknown) => failures.push(error));
    if (failures.length > 0) throw failures[0];
  }
}
