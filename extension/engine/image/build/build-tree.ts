import type { Paint } from '../../ansi.ts';
import { formatSize } from '../../format-size.ts';
import { visibleText } from '../../visible-text.ts';
import type { BuildUpdate } from './build-progress.ts';

const MARKS = {
  waiting: ['grey', '·'],
  running: ['cyan', '●'],
  done: ['green', '✓'],
  cached: ['green', '✓'],
  failed: ['red', '✗'],
} as const;

/** Lines of output shown below a step that runs, and below one that failed. */
const TAIL = 3;
const FAILED_TAIL = 20;

interface Step {
  readonly update: BuildUpdate;
  /** Milliseconds of this machine's clock; the builder's may be another. */
  readonly since: number;
  readonly output: readonly string[];
}

/** Builds and their steps as a tree of lines. Steps of BuildKit's own count only while they run, or if they fail. */
export class BuildTree {
  private readonly builds = new Map<string, Map<number, Step>>();
  private readonly now: () => number;

  constructor(now: () => number = () => performance.now()) {
    this.now = now;
  }

  take(update: BuildUpdate): void {
    const steps = this.builds.get(update.build) ?? new Map<number, Step>();
    this.builds.set(update.build, steps);
    const before = steps.get(update.step);
    const goesOn = before !== undefined && before.update.name === update.name;
    // An image is built again to be exported; how long its steps really took is worth more than that they are known now.
    if (goesOn && before.update.state === 'done' && update.state !== 'failed') return;
    const since = goesOn && before.update.state === update.state ? before.since : this.now();
    const output = [...(goesOn ? before.output : []), ...(update.lines ?? [])].slice(-FAILED_TAIL);
    steps.set(update.step, { update, since, output });
  }

  /**
   * The tree as text of at most `height` lines; what has ended is left out first. Lines are cut to `width` columns.
   * @param height none: all of it
   */
  lines(width: number, paint: Paint, height = Number.POSITIVE_INFINITY): string[] {
    for (const shown of [
      () => true,
      ({ update }: Step) => update.state === 'running' || update.state === 'failed',
      () => false,
    ]) {
      const lines = [...this.builds].flatMap(([name, steps]) => this.describeBuild(name, [...steps.values()], shown));
      if (lines.length <= height) return lines.map((line) => fit(line, width, paint));
    }
    return [];
  }

  private describeBuild(name: string, steps: readonly Step[], isShown: (step: Step) => boolean): Line[] {
    const named = steps.filter(({ update }) => !isInternal(update) && update.state !== 'waiting');
    const cached = named.filter(({ update }) => update.state === 'cached').length;
    const counts =
      named.length === 0 ? '' : `  ${count(named.length, 'step')}${cached > 0 ? `, ${cached} cached` : ''}`;
    const state = stateOf(steps);
    const header: Line = { state, indent: 0, text: name, note: counts };
    return [
      header,
      ...steps.filter((step) => isWorthALine(step) && isShown(step)).flatMap((step) => this.describe(step)),
    ];
  }

  private describe({ update, since, output }: Step): Line[] {
    const { state, seconds, done, total } = update;
    const time = seconds ?? (state === 'running' ? (this.now() - since) / 1000 : undefined);
    const moved = state === 'running' && done ? [`${formatSize(done)}${total ? ` of ${formatSize(total)}` : ''}`] : [];
    const took = state === 'cached' ? ['cached'] : time === undefined ? [] : [`${time.toFixed(1)} s`];
    const note = [...moved, ...took].map((text) => `  ${text}`).join('');
    const shown = state === 'running' ? output.slice(-TAIL) : state === 'failed' ? output : [];
    return [
      { state, indent: 1, text: update.name.replaceAll(/\s+/g, ' '), note },
      ...shown.map((text): Line => ({ indent: 2, text, note: '' })),
    ];
  }
}

interface Line {
  readonly state?: BuildUpdate['state'];
  readonly indent: number;
  readonly text: string;
  readonly note: string;
}

function stateOf(steps: readonly Step[]): BuildUpdate['state'] {
  const states = new Set(steps.map(({ update }) => update.state));
  if (states.has('failed')) return 'failed';
  return states.has('running') || states.has('waiting') ? 'running' : 'done';
}

function isInternal({ name }: BuildUpdate): boolean {
  return /^(?:\[[^\]]*internal\]|exporting to |sha256:)/.test(name);
}

function isWorthALine({ update }: Step): boolean {
  if (update.state === 'waiting') return false;
  return !isInternal(update) || update.state === 'running' || update.state === 'failed';
}

function count(number: number, what: string): string {
  return `${number} ${what}${number === 1 ? '' : 's'}`;
}

/** Colours and moves of the cursor that a step prints; what else could move it is made visible. */
const COLOUR = /\u001b\[[0-9;?]*[A-Za-z]|\r/g;

function fit({ state, indent, text, note }: Line, width: number, paint: Paint): string {
  const start = '  '.repeat(indent);
  const room = Math.max(width - start.length - 2 - note.length, 8);
  const plain = visibleText(text.replaceAll(COLOUR, '').replaceAll('\t', '  '));
  const cut = plain.length > room ? `${plain.slice(0, room - 1)}…` : plain;
  if (!state) return `${start}  ${paint('grey', cut)}`;
  const [colour, mark] = MARKS[state];
  return `${start}${paint(colour, mark)} ${indent === 0 ? paint('bold', cut) : cut}${paint('grey', note)}`;
}
