import { execFile, spawnSync } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** Runs an outside program that a test compares with; a missing one fails the test with what to do. */
export async function tool(name: string, args: readonly string[], options: { cwd?: string } = {}): Promise<Buffer> {
  try {
    const { stdout } = await run(name, args, { encoding: 'buffer', maxBuffer: 1 << 30, ...options });
    return stdout;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT')
      throw new Error(`${name} is not installed; run: npm run setup`);
    throw new Error(`${name} ${args.join(' ')}: ${(error as { stderr?: Buffer }).stderr ?? error}`);
  }
}

/** A temporary folder that is removed at the end of the block (`await using`). */
export async function temporaryFolder(): Promise<{ path: string } & AsyncDisposable> {
  const path = await mkdtemp(join(tmpdir(), 's9pk-test-'));
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) };
}

/** Whether this machine lets us mount images in the kernel: Linux, as root, with loop devices. */
export const canMount =
  process.platform === 'linux' && process.getuid?.() === 0 && spawnSync('losetup', ['--find']).status === 0;
