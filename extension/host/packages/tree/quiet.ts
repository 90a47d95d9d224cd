/** How long nobody may have asked for anything, in milliseconds. */
const QUIET_MS = 300;

/** Knows whether somebody waits for what is shown: what is read behind waits until nobody does. */
export class Quiet {
  private disturbed = Number.NEGATIVE_INFINITY;

  /** Somebody asked for something now. */
  disturb(): void {
    this.disturbed = performance.now();
  }

  /** Waits until nobody asked for anything for a moment. */
  async come(): Promise<void> {
    for (let left = this.left(); left > 0; left = this.left()) await new Promise((done) => setTimeout(done, left));
  }

  private left(): number {
    return this.disturbed + QUIET_MS - performance.now();
  }
}
