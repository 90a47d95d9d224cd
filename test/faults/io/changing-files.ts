import {
  appendFileSync,
  copyFileSync,
  readFileSync,
  renameSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tarOf } from '../../support/tars.ts';
import { savedImage } from '../../support/wrapper-03.ts';
import { COMMANDS, type Place, type TriedCommand } from './commands.ts';
import { type Ended, runCommand } from './run-command.ts';
import { differences, type Snapshot, snapshotOf } from './snapshot.ts';
import type { Tried } from './try-faults.ts';
import { watch } from './watched-fs.ts';

/** A file that somebody writes to while a command reads it. */
interface Changing {
  readonly command: string;
  readonly file: string;
  /** What it holds afterwards. */
  readonly other: (place: Place) => Uint8Array;
}

/** Text of the same length, as an editor would leave it. */
const text = (from: string, to: string, file: string) => (place: Place) =>
  Buffer.from(readFileSync(place.path(file), 'utf8').replaceAll(from, to));
const taken = (file: string) => (place: Place) => readFileSync(place.path(file));

const OTHER_ROOT = tarOf([
  { name: 'etc/' },
  { name: 'etc/hostname', content: 'other\n' },
  { name: 'bin/' },
  { name: 'bin/sh', content: '#!ba\n'.repeat(1000), mode: 0o755 },
  { name: 'sh', linkTo: '/bin/sh' },
]);

const CHANGING: readonly Changing[] = [
  { command: 'verify', file: 'packages/new.s9pk', other: taken('packages/was-new.s9pk') },
  { command: 'verify 0.3', file: 'packages/older.s9pk', other: taken('packages/was-older.s9pk') },
  { command: 'extract', file: 'packages/new.s9pk', other: taken('packages/was-new.s9pk') },
  { command: 'extract of an image', file: 'packages/new.s9pk', other: taken('packages/was-new.s9pk') },
  { command: 'extract 0.3', file: 'packages/older.s9pk', other: taken('packages/was-older.s9pk') },
  { command: 'edit to another', file: 'packages/new.s9pk', other: taken('packages/was-new.s9pk') },
  { command: 'edit 0.3 to another', file: 'packages/older.s9pk', other: taken('packages/was-older.s9pk') },
  { command: 'convert', file: 'packages/older.s9pk', other: taken('packages/was-older.s9pk') },
  { command: 'image squashfs', file: 'inputs/root.tar.gz', other: () => OTHER_ROOT },
  { command: 'pack, with an empty cache', file: 'wrapper/root.tar', other: () => OTHER_ROOT },
  { command: 'pack', file: 'wrapper/assets/README.md', other: text('asset', 'other', 'wrapper/assets/README.md') },
  { command: 'pack', file: 'wrapper/LICENSE', other: text('MIT', 'GPL', 'wrapper/LICENSE') },
  { command: 'pack', file: 'wrapper/manifest.json', other: text('Large', 'Other', 'wrapper/manifest.json') },
  { command: 'pack of a squashfs', file: 'inputs/image.squashfs', other: taken('packages/was.squashfs') },
  {
    command: 'pack 0.3',
    file: 'older/docker-images/x86_64.tar',
    other: () => savedImage('amd64', 'start9/hello-world/main:1.0.0', 'other:latest'),
  },
  { command: 'pack 0.3', file: 'older/scripts/embassy.js', other: text('var a', 'let a', 'older/scripts/embassy.js') },
];

type Change = (path: string, other: Uint8Array, place: Place) => void;

/** What others do to files, each leaving a state that a run can be compared with. */
const CHANGES: Readonly<Record<string, Change>> = {
  'cut short': (path) => truncateSync(path, readFileSync(path).length >> 1),
  grown: (path) => appendFileSync(path, Buffer.alloc(700, 'x')),
  'written over': (path, other) => writeFileSync(path, other),
  replaced: (path, other, place) => {
    const next = place.path('next');
    writeFileSync(next, other);
    renameSync(next, path);
  },
};

/** What a run made and said. */
interface Outcome {
  readonly ended: Ended;
  readonly out: Snapshot;
}

/**
 * Changes a file at every moment at which a command does something with it: what comes out is made of the file as it was before or
 * as it is after, or it is said that it was changed.
 */
export async function tryChanges(
  place: Place,
  isOurs: (index: number) => boolean,
  wanted: readonly string[],
): Promise<Tried> {
  const harms: string[] = [];
  let moments = 0;
  let number = 0;
  let tried = 0;
  for (const changing of CHANGING) {
    const command = COMMANDS.find(({ name }) => name === changing.command);
    if (!command) throw new Error(`there is no command "${changing.command}"`);
    if (wanted.length > 0 && !wanted.includes(command.name)) continue;
    const trial = new ChangeTrial(place, command, changing);
    const count = await trial.moments();
    moments += count;
    for (const [name, change] of Object.entries(CHANGES))
      for (let at = 0; at < count; at++) {
        if (!isOurs(number++)) continue;
        tried++;
        const problem = await trial.change(change, at);
        if (problem !== undefined) harms.push(`${command.name}, ${changing.file} ${name} at ${at}: ${problem}`);
      }
  }
  return { command: 'files that change', operations: moments, faults: tried, harms };
}

class ChangeTrial {
  private readonly place: Place;
  private readonly command: TriedCommand;
  private readonly path: string;
  private readonly other: Uint8Array;
  private readonly kept: string;
  private readonly outcomes = new Map<Change | undefined, Outcome>();

  constructor(place: Place, command: TriedCommand, { file, other }: Changing) {
    this.place = place;
    this.command = command;
    this.path = place.path(file);
    this.other = other(place);
    this.kept = place.path('original');
    copyFileSync(this.path, this.kept);
  }

  /** How often the command does something with the file. */
  async moments(): Promise<number> {
    let count = 0;
    this.restore();
    this.place.reset(this.command);
    watch(({ path }) => {
      if (path === this.path) count++;
      return undefined;
    });
    this.outcomes.set(undefined, await this.start());
    watch(() => undefined);
    return count;
  }

  async change(change: Change, at: number): Promise<string | undefined> {
    const states = [await this.outcomeOf(undefined), await this.outcomeOf(change)];
    this.restore();
    this.place.reset(this.command);
    let count = 0;
    watch(({ path }) => {
      if (path === this.path && count++ === at) change(this.path, this.other, this.place);
      return undefined;
    });
    const { ended, out } = await this.start();
    watch(() => undefined);
    this.restore();
    const before = states[0];
    if (before && this.command.cache) {
      this.place.reset(this.command, true);
      const next = await this.start();
      if (!isSame(next, before)) return `the next run: ${next.ended.shown}`;
    }
    const isOfAState = states.some((state) => state.ended.code === 0 && differences(state.out, out).length === 0);
    if (ended.code === 0 && isOfAState) return undefined;
    this.place.reset(this.command);
    const left = differences(snapshotOf(this.place.path('out')), out);
    // It may be the packed state that is refused, in other words than the file itself would be.
    const known = new Set(['output-write', ...states.flatMap((state) => codesOf(state.ended))]);
    const isSaid = states.some((state) => isSame(state, { ended, out })) || isToldBy(ended, known);
    if (ended.code !== 0 && isSaid && left.length === 0) return undefined;
    return `exit ${ended.code}, ${left.join(' ')}: ${ended.shown}`;
  }

  /** What a run gives of the file as a change leaves it. */
  private async outcomeOf(change: Change | undefined): Promise<Outcome> {
    const known = this.outcomes.get(change);
    if (known) return known;
    this.restore();
    this.place.reset(this.command);
    change?.(this.path, this.other, this.place);
    const outcome = await this.start();
    this.outcomes.set(change, outcome);
    this.restore();
    return outcome;
  }

  private async start(): Promise<Outcome> {
    const ended = await runCommand([...this.command.args, '--quiet']);
    return { ended, out: snapshotOf(this.place.path('out')) };
  }

  /** The file as it was, last written to long ago. */
  private restore(): void {
    copyFileSync(this.kept, this.path);
    utimesSync(this.path, 1_600_000_000, 1_600_000_000);
  }
}

/** Whether it is said that the file was changed, or nothing but what these codes stand for. */
function isToldBy(ended: Ended, known: ReadonlySet<string>): boolean {
  const codes = codesOf(ended);
  return codes.includes('file-changed') || (codes.length > 0 && codes.every((code) => known.has(code)));
}

function codesOf({ shown }: Ended): string[] {
  return [...shown.matchAll(/\[([a-z0-9-]+)\]$/gm)].map(([, code]) => code ?? '');
}

function isSame(a: Outcome, b: Outcome): boolean {
  return a.ended.code === b.ended.code && a.ended.shown === b.ended.shown && differences(a.out, b.out).length === 0;
}
