import { main } from '../../../extension/cli/main.ts';

export interface Ended {
  /** Exit code, or what else happened that must not. */
  readonly code: number | string;
  readonly stdout: string;
  /** Both streams, as a person sees them. */
  readonly shown: string;
}

/** Longer than any of these commands takes, milliseconds. */
const HANGS_AFTER = 20_000;

/** Runs a command line in this process, as the program does, with what it prints kept back. */
export async function runCommand(args: readonly string[]): Promise<Ended> {
  let stdout = '';
  let shown = '';
  const taking = (into: (text: string) => void) =>
    ((chunk: string | Uint8Array, ...rest: unknown[]) => {
      into(String(chunk));
      for (const done of rest) if (typeof done === 'function') done();
      return true;
    }) as typeof process.stdout.write;
  const { stdout: out, stderr: err } = process;
  const writes = [out.write, err.write] as const;
  out.write = taking((text) => {
    stdout += text;
    shown += text;
  });
  err.write = taking((text) => {
    shown += text;
  });
  const unhandled: unknown[] = [];
  const note = (error: unknown) => unhandled.push(error);
  process.on('unhandledRejection', note);
  process.on('uncaughtException', note);
  let timer: NodeJS.Timeout | undefined;
  const hanging = new Promise<string>((resolve) => {
    timer = setTimeout(() => resolve('hangs'), HANGS_AFTER);
  });
  try {
    let code: number | string = await Promise.race([main(args), hanging]).catch((error) => `throws ${error}`);
    // Rejections that nobody hears of are told at the end of a turn.
    await new Promise((resolve) => setImmediate(resolve));
    const [first] = unhandled;
    if (first !== undefined) code = `unhandled: ${first instanceof Error ? first.stack : first}`;
    return { code, stdout, shown };
  } finally {
    clearTimeout(timer);
    [out.write, err.write] = writes;
    out.removeAllListeners('error');
    for (const event of ['SIGINT', 'SIGTERM', 'SIGHUP', 'unhandledRejection', 'uncaughtException'])
      process.removeAllListeners(event);
  }
}
