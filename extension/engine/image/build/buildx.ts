import type { Finding } from '../../finding.ts';
import type { RunResult } from '../../process/run.ts';
import { BuildProgress, type OnBuild } from './build-progress.ts';
import type { BuildSubject } from './explain-failure.ts';

export interface BuildxOptions {
  /** A buildx builder by name; by default the one that is in use. */
  readonly builder?: string | undefined;
  /** Runs docker to its end; lines go to `onLine`, if there is one. */
  readonly run: (args: readonly string[], onLine?: (line: string) => void) => Promise<RunResult>;
  /** Hears of every step. */
  readonly onBuild: OnBuild;
  readonly log: (line: string) => void;
}

export interface BuildxResult extends Pick<RunResult, 'code' | 'signal'> {
  /** What it said, for the reason of a failure. */
  readonly output: string;
  /** What it complained of, at the lines of the Dockerfile. */
  readonly warnings: readonly Finding[];
}

const STEPS_UNSUPPORTED = /invalid progress mode|invalid value "?rawjson/i;

/** Builds with docker's buildx, whose steps are told one by one where it tells them in a form for programs. */
export class Buildx {
  private readonly options: BuildxOptions;
  /** Before version 0.13, buildx tells its steps as text only. */
  private tellsSteps = true;

  constructor(options: BuildxOptions) {
    this.options = options;
  }

  /**
   * Runs one build to its end, whatever comes of it.
   * @param rest what it builds and where that goes
   * @throws the signal's reason, and the error of a docker that cannot be started
   */
  async build(rest: readonly string[], { id, arch, dockerfile }: BuildSubject): Promise<BuildxResult> {
    const { builder, run, onBuild, log } = this.options;
    const args = (progress: string) => {
      const own = [...(builder ? ['--builder', builder] : []), '--progress', progress, '--provenance=false'];
      return ['buildx', 'build', ...own, ...rest];
    };
    let warnings: readonly Finding[] = [];
    if (this.tellsSteps) {
      const progress = new BuildProgress(`${id} for ${arch}`, dockerfile, onBuild, log);
      const { code, signal } = await run(args('rawjson'), progress.line);
      warnings = progress.warnings;
      if (code === 0 || !STEPS_UNSUPPORTED.test(progress.output))
        return { code, signal, output: progress.output, warnings };
      this.tellsSteps = false;
    }
    const { code, signal, stdout, stderr } = await run(args('plain'));
    return { code, signal, output: `${stdout}\n${stderr}`, warnings };
  }
}
