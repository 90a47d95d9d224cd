import { spawnSync } from 'node:child_process';
import { mkdir, rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { build } from 'esbuild';

/** Where the extension under test and what tests leave lie. */
export const HOME = resolve('.vscode-test');
export const VSIX = join(HOME, 's9pk-studio.vsix');
/** The folder of the extension, as VS Code installs it. */
export const UNPACKED = join(HOME, 'unpacked', 'extension');
/** What VS Code loads to run the suites. */
export const SUITES = join(HOME, 'suite', 'index.cjs');
export const isLinux = process.platform === 'linux';

/** Packages the built extension, unpacks it as VS Code would, and bundles the suites that run inside. */
export async function unpackExtension(): Promise<void> {
  const unpacked = join(HOME, 'unpacked');
  await mkdir(HOME, { recursive: true });
  run(process.execPath, ['scripts/package.ts', '--out', VSIX]);
  await rm(unpacked, { recursive: true, force: true });
  await mkdir(unpacked);
  // A .vsix is a ZIP; Windows and macOS have a tar that reads those.
  if (isLinux) run('unzip', ['-q', VSIX, '-d', unpacked]);
  else run('tar', ['-xf', VSIX, '-C', unpacked]);
  await build({
    entryPoints: { index: 'test/vscode/suite/index.ts' },
    outdir: join(HOME, 'suite'),
    outExtension: { '.js': '.cjs' },
    bundle: true,
    platform: 'node',
    format: 'cjs',
    // As the extension itself is bundled: "main" of some packages finds its parts at run time only.
    mainFields: ['module', 'main'],
    external: ['vscode'],
    logLevel: 'warning',
  });
}

function run(command: string, args: readonly string[]): void {
  const { status } = spawnSync(command, args, { stdio: 'inherit' });
  if (status !== 0) throw new Error(`${command} ${args.join(' ')} failed`);
}
