import { OneAtATime } from '../../../engine/turns/one-at-a-time.ts';
import type { PackageSummary } from '../../../worker/protocol.ts';
import type { Quiet } from './quiet.ts';

/** What a row says of a package. */
export type PackageFacts = Omit<PackageSummary, 'findings' | 'entries' | 'manifest' | 'dependencies' | 'volumes'>;

/** Packages of which all is kept that was read: as many as somebody looks into in turns. */
const MAX_WHOLE = 16;

/**
 * What packages say of themselves, each read once for a state of its file. Of all of them only what their rows say is kept, so that
 * a workspace may hold any number.
 */
export class Summaries<File extends { toString(): string }> {
  private readonly read: (file: File) => Promise<PackageSummary>;
  private readonly facts = new Map<string, PackageFacts>();
  private readonly reading = new Map<string, Promise<PackageSummary>>();
  /** The last used stands last. */
  private readonly whole = new Map<string, PackageSummary>();
  private readonly waiting = new Map<string, Promise<PackageFacts>>();
  private readonly turns = new OneAtATime();
  private readonly quiet: Quiet;

  /** @param read what never fails: of what cannot be read, a summary says so */
  constructor(read: (file: File) => Promise<PackageSummary>, quiet: Quiet) {
    this.read = read;
    this.quiet = quiet;
  }

  /** What is known without reading anything. */
  known(file: File): PackageFacts | undefined {
    return this.facts.get(file.toString());
  }

  /** All that a package says, at once: somebody looks into it. */
  async of(file: File): Promise<PackageSummary> {
    const key = file.toString();
    const whole = this.whole.get(key);
    if (!whole) return this.reading.get(key) ?? this.begin(file);
    this.keep(key, whole);
    return whole;
  }

  /** What a package's row says, after those that were asked for before and once nobody waits for anything else. */
  factsOf(file: File): Promise<PackageFacts> {
    const key = file.toString();
    const waiting = this.waiting.get(key);
    if (waiting) return waiting;
    const facts = this.turns.run(async () => {
      await this.quiet.come();
      if (this.waiting.get(key) === facts) this.waiting.delete(key);
      return this.facts.get(key) ?? factsIn(await this.of(file));
    });
    this.waiting.set(key, facts);
    return facts;
  }

  /** The file changed, or it is gone. */
  forget(file: File): void {
    const key = file.toString();
    for (const map of [this.facts, this.reading, this.whole]) map.delete(key);
  }

  clear(): void {
    for (const map of [this.facts, this.reading, this.whole]) map.clear();
  }

  private begin(file: File): Promise<PackageSummary> {
    const key = file.toString();
    const reading = this.read(file).then((summary) => {
      // It may have changed while it was read.
      if (this.reading.get(key) !== reading) return summary;
      this.reading.delete(key);
      this.facts.set(key, factsIn(summary));
      this.keep(key, summary);
      return summary;
    });
    this.reading.set(key, reading);
    return reading;
  }

  private keep(key: string, summary: PackageSummary): void {
    this.whole.delete(key);
    this.whole.set(key, summary);
    for (const oldest of this.whole.keys()) {
      if (this.whole.size <= MAX_WHOLE) break;
      this.whole.delete(oldest);
    }
  }
}

function factsIn({
  findings: _,
  entries: __,
  manifest: ___,
  dependencies: ____,
  volumes: _____,
  ...facts
}: PackageSummary) {
  return facts;
}
