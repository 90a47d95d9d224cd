import { spawn } from 'node:child_process';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Finding } from '../../extension/engine/finding.ts';

/** Why the action cannot go on, in words that are our own or the command line's. */
export class ActionError extends Error {
  override readonly name = 'ActionError';
}

/** What every verb answers with `--json`. */
export interface Answer {
  readonly ok: boolean;
  readonly findings: readonly Finding[];
  /** What could not be done at all, in words. */
  readonly error?: string;
  readonly [key: string]: unknown;
}

export interface PackAnswer extends Answer {
  readonly output?: string;
  readonly size: number;
  readonly id: string;
  readonly version: string;
  readonly commit: string | null;
  readonly architectures: readonly string[];
  readonly commitment?: { readonly rootSighash: string };
  readonly hash?: string;
  readonly signer: { readonly publicKey: string; readonly fingerprint: string };
}

export interface VerifyAnswer extends Answer {
  readonly packages: readonly { readonly intact: boolean; readonly complete: boolean }[];
}

/** The command line as npm installed it. */
export class CommandLine {
  private readonly program: string;
  private readonly signal: AbortSignal;

  private constructor(program: string, signal: AbortSignal) {
    this.program = program;
    this.signal = signal;
  }

  /**
   * Installs it into a folder of its own; nothing of a package is run by that.
   * @param version on npm, or the path of a tarball
   */
  static async install(temporary: string, version: string, signal: AbortSignal): Promise<CommandLine> {
    const folder = join(temporary, 'program');
    await mkdir(folder);
    const wanted = /\.tgz$/.test(version) ? version : `s9pk-studio@${version}`;
    const args = ['install', '--ignore-scripts', '--no-audit', '--no-fund', '--prefix', folder, wanted];
    const isWindows = process.platform === 'win32';
    // On Windows npm is a batch file, which only a shell starts.
    const { code } = isWindows
      ? await run('cmd.exe', ['/d', '/s', '/c', 'npm', ...args], signal)
      : await run('npm', args, signal);
    if (code !== 0) throw new ActionError(`npm could not install ${wanted}`);
    return new CommandLine(join(folder, 'node_modules/s9pk-studio/dist/s9pk.cjs'), signal);
  }

  /** Runs a verb and gives its answer; what it says on the way goes to the log. @throws ActionError */
  async answer<T extends Answer = Answer>(args: readonly string[]): Promise<T> {
    const { code, stdout } = await run(process.execPath, [this.program, ...args, '--json'], this.signal);
    if (this.signal.aborted) throw new ActionError('cancelled');
    const answer = parse<T>(stdout);
    if (!answer) throw new ActionError(`s9pk ${args[0]} ended with ${code} and without an answer`);
    if (answer.error !== undefined) throw new ActionError(answer.error);
    return answer;
  }
}

function parse<T>(text: string): T | undefined {
  try {
    return JSON.parse(text) as T;
  } catch {
    return undefined;
  }
}

/** Runs a program, with its standard error as ours; cancelling asks it to end and awaits that. */
function run(
  command: string,
  args: readonly string[],
  signal: AbortSignal,
): Promise<{ code: number | null; stdout: string }> {
  return new Promise((done, reject) => {
    if (signal.aborted) {
      reject(new ActionError('cancelled'));
      return;
    }
    const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'inherit'] });
    const cancel = () => child.kill('SIGTERM');
    signal.addEventListener('abort', cancel, { once: true });
    const chunks: Buffer[] = [];
    child.stdout.on('data', (chunk: Buffer) => chunks.push(chunk));
    child.once('error', () => reject(new ActionError(`${command} cannot be started`)));
    child.once('close', (code) => {
      signal.removeEventListener('abort', cancel);
      done({ code, stdout: Buffer.concat(chunks).toString('utf8') });
    });
  });
}
