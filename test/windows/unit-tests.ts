import { copyFile, glob, mkdir } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { availableParallelism } from 'node:os';
import { dirname, join } from 'node:path';
import { build } from 'esbuild';
import { LEFT_OUT_FILES, LEFT_OUT_TESTS } from './left-out.ts';
import { onWindows, type WindowsNode } from './wine.ts';

const ROOT = join('test', 'unit');

/** Longer than it takes on a busy machine, milliseconds. */
const TIMEOUT = 900_000;

/** Bundles the unit tests for Node 22, which has no `await using`, and runs them. @throws an error with what failed */
export async function runUnitTests(windows: WindowsNode): Promise<{ passed: number; skipped: number }> {
  const files = await testFiles();
  const folder = join(windows.folder, 'unit');
  await bundle(files, folder);
  const skipped = Object.keys(LEFT_OUT_TESTS).map(
    (name) => `--test-skip-pattern=/^${name.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&')}$/`,
  );
  const { stdout, stderr } = await windows.run(
    [
      '--test',
      '--test-timeout=600000',
      // By default one less than there are.
      `--test-concurrency=${availableParallelism()}`,
      '--test-reporter=tap',
      ...skipped,
      ...files.map((file) => onWindows(join(folder, `${file}.test.cjs`))),
    ],
    {
      timeout: TIMEOUT,
      env: { NODE_PATH: onWindows(join(process.cwd(), 'node_modules')) },
    },
  );
  const count = (name: string) => Number(new RegExp(`^# ${name} (\\d+)$`, 'm').exec(stdout)?.[1] ?? Number.NaN);
  const [passed, failed, cancelled] = [count('pass'), count('fail'), count('cancelled')];
  if (!(passed > 0) || failed !== 0 || cancelled !== 0) {
    const failures = stdout.split(/\n(?=(?:not )?ok )/).filter((part) => part.startsWith('not ok'));
    throw new Error(`${failures.map((part) => part.slice(0, 1500)).join('\n')}\n${stderr}`);
  }
  return { passed, skipped: count('skipped') };
}

/** By room and name, without the ending. */
async function testFiles(): Promise<string[]> {
  const files: string[] = [];
  for await (const path of glob('**/*.test.ts', { cwd: ROOT })) files.push(path.replace(/\.test\.ts$/, ''));
  for (const left of Object.keys(LEFT_OUT_FILES))
    if (!files.some((file) => isLeftOut(file, left))) throw new Error(`there is no test ${left} to leave out`);
  return files.filter((file) => !Object.keys(LEFT_OUT_FILES).some((left) => isLeftOut(file, left))).sort();
}

function isLeftOut(file: string, left: string): boolean {
  return left.endsWith('/') ? file.startsWith(left) : file === left;
}

async function bundle(files: readonly string[], outdir: string): Promise<void> {
  const blake3 = dirname(createRequire(import.meta.url).resolve('blake3-wasm/package.json'));
  await build({
    entryPoints: files.map((file) => join(ROOT, `${file}.test.ts`)),
    entryNames: '[dir]/[name]',
    outbase: ROOT,
    outdir,
    outExtension: { '.js': '.cjs' },
    bundle: true,
    platform: 'node',
    format: 'cjs',
    target: 'node22',
    mainFields: ['module', 'main'],
    alias: { 'blake3-wasm': join(blake3, 'dist/index.js') },
    external: ['vscode', 'esbuild', 'typescript', 'prettier', 'playwright-core', '@napi-rs/*', '@start9labs/*'],
    define: { 'import.meta.url': 'importMetaUrl', 'import.meta.main': 'false' },
    banner: { js: 'const importMetaUrl = require("node:url").pathToFileURL(__filename).href;' },
    keepNames: true,
    logLevel: 'error',
  });
  // What bundles look for beside themselves.
  for (const room of new Set(files.map((file) => dirname(file)))) {
    await mkdir(join(outdir, room), { recursive: true });
    for (const name of ['compress-thread.cjs', 'blake3_js_bg.wasm'])
      await copyFile(join('dist', name), join(outdir, room, name));
  }
}
