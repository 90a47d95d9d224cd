import { cleanEnvironment, type RunResult, run } from '../../process/run.ts';

/** A program that builds container images. */
export type EngineTool = 'docker' | 'podman';

export interface EngineRun {
  readonly cwd: string;
  readonly env: NodeJS.ProcessEnv;
  readonly signal?: AbortSignal | undefined;
  readonly log: (line: string) => void;
  /** Takes the lines that the tool prints, instead of the log. */
  readonly onLine?: (line: string) => void;
}

/** Values of STARTOS_USE_PODMAN that mean yes, as the reference reads them (s9pk-v2 section 6.4). */
const YES = ['1', 'true', 'y', 'yes'];

/** Docker where it is installed, else podman; podman first if STARTOS_USE_PODMAN says so. */
export async function findEngine(env: NodeJS.ProcessEnv, cwd: string): Promise<EngineTool | undefined> {
  const wantsPodman = YES.includes((env['STARTOS_USE_PODMAN'] ?? '').trim());
  const tools: readonly EngineTool[] = wantsPodman ? ['podman'] : ['docker', 'podman'];
  for (const tool of tools) {
    const found = await run(tool, ['--version'], { cwd, env: forTools(env) }).catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return undefined;
      throw error;
    });
    // What was killed before it answered is there all the same.
    if (found?.code === 0 || (found && found.signal !== null)) return tool;
  }
  return undefined;
}

/** Runs the tool to its end; what it says is logged and kept. */
export function runEngine(
  tool: EngineTool,
  args: readonly string[],
  { cwd, env, signal, log, onLine = log }: EngineRun,
): Promise<RunResult> {
  log(`$ ${tool} ${args.join(' ')}`);
  return run(tool, args, { cwd, env: forTools(env), signal, onLine });
}

/** The environment in which a container tool neither advertises nor colours. */
function forTools(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return { ...cleanEnvironment(env), DOCKER_CLI_HINTS: 'false', NO_COLOR: '1' };
}
