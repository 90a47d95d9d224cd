import { rename } from 'node:fs/promises';
import { join } from 'node:path';
import { type Finding, FindingError, finding } from '../../finding.ts';
import { pathInside } from '../../io/path-inside.ts';
import { isFile } from '../../io/path-kind.ts';
import { Staging } from '../../io/staging.ts';
import { nodeRuntime } from '../../process/node-runtime.ts';
import { binOf } from '../../process/npm-program.ts';
import { type RunResult, run } from '../../process/run.ts';
import type { BuildOptions } from './build-options.ts';
import { bundleErrors, formatFindings, lastWords, lintFindings, typeErrors } from './tool-findings.ts';

/**
 * The steps that the SDK's make file (s9pk.mk) takes from sources to bundle: type check, the SDK's lint, format, `ncc`
 * (upstream-since-july section 5). The tools are the ones in the wrapper's node_modules, run by the Node that we run on;
 * nothing is fetched.
 */

const SDK = join('node_modules', '@start9labs', 'start-sdk');

/** The program of a package, in the wrapper's node_modules or in the SDK's own; undefined if it is not installed. */
async function programOf(folder: string, name: string, bin: string): Promise<string | undefined> {
  for (const root of [join(folder, 'node_modules', name), join(folder, SDK, 'node_modules', name)]) {
    const path = await binOf(root, bin);
    if (path !== undefined) return path;
  }
  return undefined;
}

async function runTool(script: string, args: readonly string[], options: BuildOptions): Promise<RunResult> {
  const { command, env } = nodeRuntime();
  options.log(`$ node ${script} ${args.join(' ')}`);
  return run(command, [script, ...args], {
    cwd: options.folder,
    env: { ...env, NO_COLOR: '1', FORCE_COLOR: '0' },
    signal: options.signal,
    onLine: options.log,
  });
}

/** Checks the types of `startos/`. Where TypeScript or a tsconfig.json is missing there is nothing to check. */
export async function checkTypes(options: BuildOptions): Promise<Finding[]> {
  const { folder } = options;
  const tsc = await programOf(folder, 'typescript', 'tsc');
  if (tsc === undefined || !(await isFile(join(folder, 'tsconfig.json')))) return [];
  options.onStage('Checking the types');
  const { code, stdout, stderr } = await runTool(tsc, ['--noEmit', '--pretty', 'false'], options);
  if (code === 0) return [];
  const found = typeErrors(`${stdout}\n${stderr}`, folder);
  return found.length > 0 ? found : [failed('the type check', stdout || stderr, join(folder, 'tsconfig.json'))];
}

/** Runs the rules that the SDK brings. */
export async function lintBySdk(options: BuildOptions): Promise<Finding[]> {
  const script = join(options.folder, SDK, 'lint.mjs');
  if (!(await isFile(script))) return [];
  options.onStage("Running the SDK's lint");
  const { code, stdout, stderr } = await runTool(script, [], options);
  const found = lintFindings(`${stderr}\n${stdout}`, options.folder);
  if (code === 0 || found.some(({ severity }) => severity === 'error')) return found;
  return [...found, failed("the SDK's lint", stderr || stdout, join(options.folder, 'tsconfig.json'))];
}

/** Compares the format of `startos/` with the SDK's; information, though the make file stops for it. */
export async function checkFormat(options: BuildOptions): Promise<Finding[]> {
  const { folder } = options;
  const config = join(folder, SDK, 'prettier.config.json');
  const prettier = await programOf(folder, 'prettier', 'prettier');
  if (prettier === undefined || !(await isFile(config))) return [];
  options.onStage('Checking the format');
  const { stdout, stderr } = await runTool(prettier, ['--config', config, '--check', 'startos'], options);
  return formatFindings(`${stdout}\n${stderr}`, folder, pathInside(folder, config));
}

/** Whether the SDK's way to make a bundle can be gone: `ncc` is installed. */
export async function hasBundler(folder: string): Promise<boolean> {
  return (await programOf(folder, '@vercel/ncc', 'ncc')) !== undefined;
}

/**
 * Makes the bundle with `ncc` in a staging folder; the old one gives way only when the new one is complete.
 * @throws FindingError `bundle-build`, `type-error`
 */
export async function bundleByNcc(options: BuildOptions): Promise<void> {
  const { folder, javascript } = options;
  const ncc = await programOf(folder, '@vercel/ncc', 'ncc');
  const entry = join('startos', 'index.ts');
  if (ncc === undefined) throw new FindingError([failed('ncc', 'it is not installed', join(folder, 'package.json'))]);
  options.onStage('Building the JavaScript bundle');
  await using staging = await Staging.beside(javascript);
  const { code, stdout, stderr } = await runTool(ncc, ['build', entry, '-o', staging.path('bundle')], options);
  if (code !== 0) throw new FindingError(bundleErrors(`${stdout}\n${stderr}`, 'ncc', join(folder, entry), folder));
  if (!(await isFile(staging.path(join('bundle', 'index.js')))))
    throw new FindingError([failed('ncc', 'it made no index.js', join(folder, entry))]);
  const former = await rename(javascript, staging.path('former')).then(
    () => staging.path('former'),
    (error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return undefined;
      throw error;
    },
  );
  try {
    await staging.publish('bundle');
  } catch (error) {
    if (former !== undefined) await rename(former, javascript);
    throw error;
  }
}

function failed(what: string, output: string, file: string): Finding {
  return finding('bundle-build', `${what} failed; ${lastWords(output)}`, { file });
}
