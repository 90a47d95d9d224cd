/** Collects what was opened, to close all of it at the end of a block with `await using`. */
export class Closers implements AsyncDisposable {
  private readonly opened: { close(): Promise<void> }[] = [];

  /** Remembers something to close, and gives it back. */
  use<T extends { close(): Promise<void> }>(thing: T): T {
    this.opened.push(thing);
    return thing;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const thing of this.opened.splice(0).reverse()) await thing.close();
  }
}
