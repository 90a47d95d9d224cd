import { BUDGET } from '../../budget.ts';
import { type Finding, finding } from '../../finding.ts';
import { FindingList } from '../../finding-list.ts';
import { readSolveStatus, type SolveStatus } from './solve-status.ts';

/** One step of a build, after something happened to it. */
export interface BuildUpdate {
  /** What is being built: `main for x86_64`. */
  readonly build: string;
  /** Number of the step, from 1, in the order in which the builder named them. */
  readonly step: number;
  readonly name: string;
  readonly state: 'waiting' | 'running' | 'done' | 'cached' | 'failed';
  /** How long it took, once it has ended. */
  readonly seconds?: number;
  /** Bytes moved so far, where the step moves some; `total` where it is known. */
  readonly done?: number;
  readonly total?: number;
  /** Lines that the step has just printed. */
  readonly lines?: readonly string[];
}

export type OnBuild = (update: BuildUpdate) => void;

interface Step {
  update: BuildUpdate;
  /** What the step printed behind its last line break. */
  rest: string;
}

/**
 * Reads what `docker buildx build --progress rawjson` prints, a line at a time: steps and warnings out of the objects (on a
 * line each, or laid out over several, as buildx 0.13 does), and the text between them as it is.
 */
export class BuildProgress {
  private readonly found = new FindingList();
  private readonly steps = new Map<string, Step>();
  private readonly text: string[] = [];
  private textLength = 0;
  /** The lines of an object that has begun; undefined between objects. */
  private object: string[] | undefined;
  private objectLength = 0;
  private readonly build: string;
  private readonly dockerfile: string | undefined;
  private readonly onBuild: OnBuild;
  private readonly log: (line: string) => void;

  constructor(build: string, dockerfile: string | undefined, onBuild: OnBuild, log: (line: string) => void) {
    this.build = build;
    this.dockerfile = dockerfile;
    this.onBuild = onBuild;
    this.log = log;
  }

  /** What the builder complained of, at the Dockerfile's lines. */
  get warnings(): Finding[] {
    return this.found.all();
  }

  /** The end of all that was said in words: what steps printed, and the tool itself. */
  get output(): string {
    return this.text.join('\n');
  }

  /** Takes a line as the tool prints it. */
  readonly line = (line: string): void => {
    if (this.object) {
      this.object.push(line);
      this.objectLength += line.length;
      // What never ends is no object, and is not kept.
      if (line === '}' || this.objectLength > BUDGET.outputLength) this.endObject();
    } else if (line === '{') {
      this.object = [line];
      this.objectLength = line.length;
    } else if (line.startsWith('{"')) {
      this.object = [line];
      this.endObject();
    } else {
      this.say(line);
      this.log(line);
    }
  };

  private endObject(): void {
    const lines = this.object ?? [];
    this.object = undefined;
    try {
      this.take(readSolveStatus(JSON.parse(lines.join('\n'))));
    } catch (error) {
      if (!(error instanceof SyntaxError)) throw error;
      for (const line of lines) this.say(line);
    }
  }

  private say(line: string): void {
    this.text.push(line);
    this.textLength += line.length;
    while (this.text.length > KEPT_LINES || (this.textLength > BUDGET.outputLength && this.text.length > 1))
      this.textLength -= this.text.shift()?.length ?? 0;
  }

  private take({ vertexes, statuses, logs, warnings }: SolveStatus): void {
    for (const { digest, name, started, completed, cached, error } of vertexes) {
      if (error) this.say(error);
      const step = this.stepOf(digest);
      if (!step) continue;
      const state = error ? 'failed' : cached ? 'cached' : completed ? 'done' : started ? 'running' : 'waiting';
      const seconds = secondsBetween(started, completed);
      this.publish(step, {
        ...step.update,
        ...(name !== undefined && { name: cut(name) }),
        // A step is told again when it goes on after an end.
        state,
        ...(seconds !== undefined && { seconds }),
      });
    }
    for (const { vertex, current, total } of statuses) {
      const step = this.stepOf(vertex);
      if (step) this.publish(step, { ...step.update, done: current, ...(total !== undefined && { total }) });
    }
    for (const { vertex, data } of logs) {
      const step = this.stepOf(vertex);
      const lines = ((step?.rest ?? '') + Buffer.from(data, 'base64').toString()).split(/\r?\n/);
      const rest = lines.pop() ?? '';
      if (step) step.rest = rest.slice(-BUDGET.lineLength);
      else if (rest !== '') lines.push(rest);
      for (const line of lines) this.say(line);
      if (step && lines.length > 0) this.onBuild({ ...step.update, lines });
    }
    for (const warning of warnings) this.warn(warning);
  }

  /** A step, from when it is first named; undefined for those beyond the limit, of which only the words are kept. */
  private stepOf(digest: string): Step | undefined {
    const key = cut(digest);
    const known = this.steps.get(key);
    if (known || this.steps.size >= BUDGET.buildSteps) return known;
    const update: BuildUpdate = { build: this.build, step: this.steps.size + 1, name: key, state: 'waiting' };
    const step = { update, rest: '' };
    this.steps.set(key, step);
    return step;
  }

  private publish(step: Step, update: BuildUpdate): void {
    const lines = update.state !== 'running' && step.rest !== '' ? [step.rest] : [];
    if (lines.length > 0) step.rest = '';
    for (const line of lines) this.say(line);
    step.update = update;
    this.onBuild(lines.length > 0 ? { ...update, lines } : update);
  }

  private warn({ short, detail, url, line }: SolveStatus['warnings'][number]): void {
    const decode = (text: string) => Buffer.from(text, 'base64').toString().trim();
    const more = detail.map(decode).filter((text) => text !== '');
    const sentences = [decode(short), ...more].map((text) => text.replace(/\.$/, ''));
    const message = `${sentences.join('; ')}${url ? ` (${url})` : ''}`;
    if (this.dockerfile === undefined) return;
    const where = { file: this.dockerfile, ...(line !== undefined && { line, column: 1 }) };
    this.found.add(finding('dockerfile-warning', message, where));
  }
}

/** Characters of a name: a heredoc may be longer, and nobody reads on. */
const NAME_LENGTH = 4096;

function cut(name: string): string {
  // A part of a text would hold on to all of it.
  return name.length <= NAME_LENGTH ? name : Buffer.from(name.slice(0, NAME_LENGTH)).toString();
}

/** How long a step took; undefined if it has not begun or ended, or its times are none. */
function secondsBetween(started: string | undefined, completed: string | undefined): number | undefined {
  const seconds = (Date.parse(completed ?? '') - Date.parse(started ?? '')) / 1000;
  return Number.isNaN(seconds) ? undefined : Math.max(seconds, 0);
}

/** Enough for the reason of a failure; all of it is in the log. */
const KEPT_LINES = 5000;

/** Updates as lines of a log, in the manner of `--progress plain`: what began, what it printed, how it ended. */
export function plainBuildLog(log: (line: string) => void): OnBuild {
  const told = new Map<string, Pick<BuildUpdate, 'name' | 'state'>>();
  return ({ build, step, name, state, seconds, lines }) => {
    const prefix = `[${build}] #${step}`;
    const last = told.get(prefix);
    const before = last?.name === name ? last.state : undefined;
    if (before === undefined && state !== 'waiting') log(`${prefix} ${name}`);
    for (const line of lines ?? []) log(`${prefix} ${line}`);
    if (state === 'waiting' || state === before) return;
    // An image is built again to be exported, and steps that ended are told once more.
    if (before === undefined || before === 'running') {
      if (state === 'cached') log(`${prefix} CACHED`);
      if (state === 'failed') log(`${prefix} FAILED`);
      if (state === 'done') log(`${prefix} DONE ${(seconds ?? 0).toFixed(1)}s`);
    }
    if (before !== 'done' && before !== 'cached') told.set(prefix, { name, state });
  };
}
