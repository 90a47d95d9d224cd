import { type ChildProcess, type SpawnOptions, spawn } from 'node:child_process';
import { BUDGET } from '../budget.ts';
import { endWithUs } from './end-with-us.ts';
import { LastText, LineSplitter } from './output.ts';

export interface RunOptions {
  readonly cwd: string;
  readonly env?: NodeJS.ProcessEnv;
  readonly signal?: AbortSignal | undefined;
  /** Milliseconds after which the process and all it started are killed. */
  readonly timeout?: number;
  /** Called for each line of standard output and error, as it comes. */
  readonly onLine?: (line: string) => void;
  /** Whether to open a third pipe (descriptor 3) and return what comes through it. */
  readonly channel?: boolean;
}

export interface RunResult {
  /** Exit code; null if a signal ended it. */
  readonly code: number | null;
  /** The signal that ended it, if one did. */
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  /** The last lines of standard error, for messages. */
  readonly stderr: string;
  readonly channel: string;
  readonly timedOut: boolean;
}

/**
 * Runs a program to its end. Cancelling kills it together with everything it started, and so does our own end.
 * @throws the signal's reason; ENOENT if there is no such program.
 */
export async function run(command: string, args: readonly string[], options: RunOptions): Promise<RunResult> {
  options.signal?.throwIfAborted();
  const isWindows = process.platform === 'win32';
  const spawnOptions: SpawnOptions = {
    cwd: options.cwd,
    env: options.env ?? cleanEnvironment(),
    stdio: ['ignore', 'pipe', 'pipe', ...(options.channel ? (['pipe'] as const) : [])],
    // A process group of its own, so that what it starts can be stopped with it.
    detached: !isWindows,
    windowsHide: true,
  };
  const child = spawn(command, args, spawnOptions);
  const unwatch = endWithUs(child);
  const streams = [
    collect(child.stdio[1], options.onLine),
    collect(child.stdio[2], options.onLine),
    collect(child.stdio[3]),
  ];
  let timedOut = false;
  const kill = () => killTree(child);
  const timer = options.timeout
    ? setTimeout(() => {
        timedOut = true;
        kill();
      }, options.timeout)
    : undefined;
  options.signal?.addEventListener('abort', kill, { once: true });
  try {
    const ended = await new Promise<Pick<RunResult, 'code' | 'signal'>>((resolve, reject) => {
      child.once('error', reject);
      // What it started would hold the pipes open, and go on for nobody.
      child.once('exit', (_code, signal) => signal !== null && kill());
      child.once('close', (code, signal) => resolve({ code, signal }));
    });
    options.signal?.throwIfAborted();
    const [stdout = '', stderr = '', channel = ''] = streams.map((read) => read());
    return { ...ended, stdout, stderr, channel, timedOut };
  } finally {
    clearTimeout(timer);
    unwatch();
    options.signal?.removeEventListener('abort', kill);
  }
}

/** The environment for programs that are not ours: without what makes VS Code's own executable act as Node. */
export function cleanEnvironment(
  { ELECTRON_RUN_AS_NODE: _, ...env }: NodeJS.ProcessEnv = process.env,
): NodeJS.ProcessEnv {
  return env;
}

/** Reads a stream to its end: keeps its last bytes, and hands its lines on, in time that grows with its length only. */
function collect(stream: ChildProcess['stdio'][number] | undefined, onLine?: (line: string) => void): () => string {
  if (!stream || !('setEncoding' in stream)) return () => '';
  const kept = new LastText(BUDGET.outputLength);
  const lines = new LineSplitter((line) => onLine?.(line));
  stream.setEncoding('utf8');
  stream.on('data', (chunk: string) => {
    kept.add(chunk);
    lines.add(chunk);
  });
  stream.on('end', () => lines.end());
  return () => kept.text();
}

function killTree(child: ChildProcess): void {
  if (child.pid === undefined) return;
  if (process.platform === 'win32') {
    const args = ['/pid', String(child.pid), '/T', '/F'];
    const killer = spawn('taskkill', args, { stdio: 'ignore', windowsHide: true });
    // Where that is missing or fails, at least the process itself is ended.
    killer.once('error', () => child.kill('SIGKILL'));
    killer.once('exit', (code) => code !== 0 && child.kill('SIGKILL'));
    return;
  }
  try {
    process.kill(-child.pid, 'SIGKILL');
  } catch {
    // It has ended already.
  }
}
