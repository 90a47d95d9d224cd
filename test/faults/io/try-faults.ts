import { readdirSync, readlinkSync } from 'node:fs';
import { basename } from 'node:path';
import { isTried, SAMPLE } from '../sample.ts';
import { tryChanges } from './changing-files.ts';
import { COMMANDS, Place, type TriedCommand } from './commands.ts';
import { FAULTS, type Fault } from './faults.ts';
import { type Ended, runCommand } from './run-command.ts';
import { differences, type Snapshot, snapshotOf } from './snapshot.ts';
import { type Operation, watch, watchFolder } from './watched-fs.ts';

/** What came of trying faults on one command. */
export interface Tried {
  readonly command: string;
  readonly operations: number;
  readonly faults: number;
  /** Each fault that did harm, in words. */
  readonly harms: readonly string[];
}

/** Which of all faults a process tries. */
export interface Share {
  readonly folder: string;
  /** Every so many, from this one on, where all processes together try everything. */
  readonly first: number;
  readonly count: number;
  /** Which part is tried of what is sampled; none: everything is tried. */
  readonly seed: number | undefined;
  /** Only commands of these names; none: all. */
  readonly wanted: readonly string[];
}

/** Longer than stopping takes, milliseconds. */
const STOPS_WITHIN = 3000;
const STAGING = /(?:^|\/)\.[^/]*\.tmp-s9pk-[0-9a-f]{16}(?:\/|$)/;
/** Folders that no command may change. */
const SOURCES = ['wrapper', 'older', 'inputs', 'packages'];

/** Tries a share of all faults, one at a time, each in a place that is as it was. */
export async function tryShare({ folder, first, count, seed, wanted }: Share): Promise<Tried[]> {
  watchFolder(folder);
  const place = new Place(folder);
  await place.make();
  // What was just written counts as unsettled, and is then hashed anew.
  await new Promise((resolve) => setTimeout(resolve, 3000));
  const isOurs = (index: number, isSampled: boolean) => {
    const chosen = isSampled ? seed : undefined;
    const turn = chosen === undefined ? index : Math.floor(index / SAMPLE);
    return isTried(index, chosen) && turn % count === first;
  };
  const results: Tried[] = [];
  for (const command of COMMANDS) {
    if (wanted.length > 0 && !wanted.includes(command.name)) continue;
    const trial = new Trial(place, command);
    results.push(await trial.run((index) => isOurs(index, command.isSampled === true)));
  }
  results.push(await tryChanges(place, (index) => isOurs(index, true), wanted));
  return results;
}

interface Good {
  readonly ended: Ended;
  readonly before: Snapshot;
  readonly after: Snapshot;
  readonly operations: readonly Operation[];
}

class Trial {
  private readonly place: Place;
  private readonly command: TriedCommand;
  private readonly sources: readonly Snapshot[];
  private readonly harms: string[] = [];
  /** What an earlier fault left open. */
  private readonly open = new Set<string>();
  private faults = 0;

  constructor(place: Place, command: TriedCommand) {
    this.place = place;
    this.command = command;
    this.sources = this.lookAtSources();
  }

  async run(isOurs: (index: number) => boolean): Promise<Tried> {
    const { command, place } = this;
    if (command.cache === 'full') await place.fillCache(command);
    const good = await this.runGood();
    const { length } = good.operations;
    for (let index = 0; index < length; index++) {
      for (const [number, fault] of FAULTS.entries())
        if (isOurs(index * FAULTS.length + number)) await this.tryOne(fault, index, good);
    }
    return { command: command.name, operations: length, faults: this.faults, harms: this.harms };
  }

  private async runGood(): Promise<Good> {
    const operations: Operation[] = [];
    this.place.reset(this.command);
    const before = snapshotOf(this.place.path('out'));
    watch((operation) => {
      operations.push(operation);
      return undefined;
    });
    const ended = await this.start();
    watch(() => undefined);
    if (ended.code !== 0) throw new Error(`${this.command.name}: ${ended.shown}`);
    return { ended, before, after: snapshotOf(this.place.path('out')), operations };
  }

  private async tryOne(fault: Fault, index: number, good: Good): Promise<void> {
    const planned = good.operations[index];
    if (!planned || !fault.befalls(planned)) return;
    this.place.reset(this.command);
    let at = 0;
    const met: Operation[] = [];
    watch((operation) => {
      const isDue = met.length > 0 ? fault.stays === true : at++ === index;
      if (!isDue || !fault.befalls(operation)) return undefined;
      met.push(operation);
      return fault.outcome();
    });
    const began = performance.now();
    const ended = await this.start();
    const took = performance.now() - began;
    watch(() => undefined);
    const [first] = met;
    if (!first) return;
    this.faults++;
    const problems = this.problemsOf(fault, met, ended, good);
    if (fault.isCancelling && took > STOPS_WITHIN) problems.push(`it took ${took.toFixed(0)} ms to stop`);
    if (this.command.cache) {
      // Whatever is kept now, the next run makes the same of it.
      this.place.reset(this.command, true);
      const next = await this.start();
      const left = differences(good.after, snapshotOf(this.place.path('out')));
      if (next.code !== 0 || left.length > 0) problems.push(`the next run: ${next.code}, ${left}, ${next.shown}`);
    }
    for (const problem of problems)
      this.harms.push(
        `${fault.name} at ${index}, ${first.name} ${first.path.slice(this.place.folder.length)}: ${problem}`,
      );
  }

  private start(): Promise<Ended> {
    return runCommand([...this.command.args, '--quiet']);
  }

  private problemsOf(fault: Fault, met: readonly Operation[], { code, stdout, shown }: Ended, good: Good): string[] {
    if (typeof code === 'string') return [code];
    const problems: string[] = [];
    // What cannot be removed is left; nothing else is.
    const mayLeave = met.some(({ name }) => name === 'rm' || name === 'rmdir') && !fault.isCancelling;
    const isLeft = (change: string) => !(mayLeave && change.startsWith('+') && STAGING.test(change.slice(1)));
    const out = differences(code === 0 ? good.after : good.before, snapshotOf(this.place.path('out'))).filter(isLeft);
    if (out.length > 0) problems.push(`exit ${code}, but ${out.join(' ')}: ${shown}`);
    if (code === 0 && stdout !== good.ended.stdout) problems.push(`it says something else: ${shown}`);
    if (code !== 0) problems.push(...messageProblems(fault, met, code, shown, this.place));
    const temporary = readdirSync(this.place.path('tmp'));
    if (temporary.length > 0 && !mayLeave) problems.push(`left ${temporary} in the temporary folder`);
    const changed = this.sources.flatMap((old, number) => differences(old, this.lookAtSources()[number] ?? old));
    if (changed.length > 0) problems.push(`sources are others: ${changed.join(' ')}`);
    const open = openBelow(this.place.folder).filter((path) => !this.open.has(path));
    for (const path of open) this.open.add(path);
    if (open.length > 0) problems.push(`still open: ${open.join(' ')}`);
    return problems;
  }

  private lookAtSources(): Snapshot[] {
    return SOURCES.map((name) => snapshotOf(this.place.path(name)));
  }
}

function messageProblems(fault: Fault, met: readonly Operation[], code: number, shown: string, place: Place): string[] {
  if (fault.isHarmless) return [`exit ${code}: ${shown}`];
  if (fault.isCancelling) return code === 130 && fault.said.test(shown) ? [] : [`exit ${code}: ${shown}`];
  const problems: string[] = [];
  if (code !== 1 && code !== 2) problems.push(`exit ${code}`);
  if (!fault.said.test(shown)) problems.push(`it does not say what failed: ${shown}`);
  if (/\n\s+at |undefined|\[object/.test(shown)) problems.push(`it shows what is inside: ${shown}`);
  const isNamed = ({ path }: Operation) =>
    shown.includes(path.slice(place.folder.length + 1)) || shown.includes(basename(path));
  if (!met.some(isNamed)) problems.push(`it does not say where: ${shown}`);
  return problems;
}

/** Files and folders below a folder that this process has open. */
function openBelow(folder: string): string[] {
  if (process.platform !== 'linux') return [];
  return readdirSync('/proc/self/fd').flatMap((name) => {
    try {
      const path = readlinkSync(`/proc/self/fd/${name}`);
      return path.startsWith(`${folder}/`) ? [path] : [];
    } catch {
      // The one that the list was read through.
      return [];
    }
  });
}

if (process.send && process.argv[2] !== undefined) {
  const tried = await tryShare(JSON.parse(process.argv[2]) as Share);
  process.send(tried, () => process.exit(0));
}
