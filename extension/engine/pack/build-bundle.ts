import { readdir, readFile, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { type Finding, FindingError, finding } from '../finding.ts';
import { runNpm } from '../process/npm.ts';

export interface BuildOptions {
  readonly folder: string;
  /** Folder of the bundle, usually `javascript`. */
  readonly javascript: string;
  /** `never`: pack the bundle as it is and only warn if it is older than its sources. */
  readonly build: 'auto' | 'never';
  readonly signal?: AbortSignal | undefined;
  readonly log: (line: string) => void;
  readonly onStage: (stage: string) => void;
}

/**
 * Makes sure that the JavaScript bundle is there and not older than what it is made from, by running the package's own
 * build. This runs the wrapper's own code: call it for trusted workspaces only.
 * @throws FindingError `bundle-missing` or `bundle-build`.
 */
export async function ensureBundle(options: BuildOptions): Promise<Finding[]> {
  const { folder, javascript } = options;
  const bundle = join(javascript, 'index.js');
  const built = await modifiedAt(bundle);
  const newest = await newestSource(folder);
  if (built !== undefined && (newest === undefined || newest.time <= built)) return [];
  if (options.build === 'never') {
    if (built === undefined) throw missing(bundle);
    const message = `the bundle is older than ${newest?.path}; what is packed is not what the sources say`;
    return [finding('bundle-stale', message, { file: bundle })];
  }
  const packageJson = await readPackageJson(folder);
  if (!packageJson?.scripts?.['build'])
    throw built === undefined ? missing(bundle) : unbuildable(bundle, newest?.path ?? '');
  if (!(await isInstalled(folder))) {
    const hasLock = (await modifiedAt(join(folder, 'package-lock.json'))) !== undefined;
    options.onStage("Installing the wrapper's packages");
    await npm([hasLock ? 'ci' : 'install'], options);
  }
  options.onStage('Building the JavaScript bundle');
  await npm(['run', 'build'], options);
  if ((await modifiedAt(bundle)) === undefined) {
    const message = `"npm run build" ended well but made no ${bundle}; point its output there`;
    throw new FindingError([finding('bundle-build', message, { file: join(folder, 'package.json') })]);
  }
  return [];
}

/** The source that is newer than the bundle; undefined if there is none, or no bundle. */
export async function sourceNewerThan(bundle: string, folder: string): Promise<string | undefined> {
  const built = await modifiedAt(bundle);
  const newest = await newestSource(folder);
  return built !== undefined && newest !== undefined && newest.time > built ? newest.path : undefined;
}

/** Written last by the package managers, so that an interrupted installation is not taken for a finished one. */
const INSTALLED = ['.package-lock.json', '.modules.yaml', '.yarn-integrity', '.yarn-state.yml'];

async function isInstalled(folder: string): Promise<boolean> {
  for (const name of INSTALLED) if ((await modifiedAt(join(folder, 'node_modules', name))) !== undefined) return true;
  return false;
}

function missing(bundle: string): FindingError {
  const message = 'there is no JavaScript bundle and no "build" script in package.json that makes one';
  return new FindingError([finding('bundle-missing', message, { file: bundle })]);
}

function unbuildable(bundle: string, newer: string): FindingError {
  const message = `the bundle is older than ${newer}, and package.json has no "build" script to make it anew; pack it as it is with --no-build`;
  return new FindingError([finding('bundle-build', message, { file: bundle })]);
}

async function npm(args: readonly string[], options: BuildOptions): Promise<void> {
  const file = join(options.folder, 'package.json');
  options.log(`$ npm ${args.join(' ')}`);
  try {
    const result = await runNpm(args, { cwd: options.folder, signal: options.signal, onLine: options.log });
    if (result.code === 0) return;
    const output = `${result.stdout}\n${result.stderr}`;
    throw new FindingError([
      finding(
        'bundle-build',
        `"npm ${args.join(' ')}" failed; ${lastWords(output)}`,
        placeIn(output, options.folder) ?? { file },
      ),
    ]);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    const message =
      'the bundle must be built, but npm is not installed; install Node.js, or build it elsewhere and pack with --no-build';
    throw new FindingError([finding('bundle-build', message, { file })]);
  }
}

function lastWords(output: string): string {
  const lines = output
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('npm '));
  return lines.slice(-4).join(' | ') || 'see the log';
}

/** The first place that a compiler names: `path:line:column` (esbuild, ncc) or `path(line,column)` (tsc). */
function placeIn(output: string, folder: string): { file: string; line: number; column: number } | undefined {
  const plain = output.replace(/\u001b\[[0-9;]*m/g, '');
  const match =
    /(?:^|[\s"'(])((?:[A-Za-z]:)?[\w./\\-]{0,1000}?[\w-]{1,200}\.tsx?)(?::(\d+):(\d+)|\((\d+),(\d+)\))/m.exec(plain);
  if (!match?.[1]) return undefined;
  return { file: resolve(folder, match[1]), line: Number(match[2] ?? match[4]), column: Number(match[3] ?? match[5]) };
}

interface PackageJson {
  readonly scripts?: Readonly<Record<string, string>>;
}

async function readPackageJson(folder: string): Promise<PackageJson | undefined> {
  try {
    return JSON.parse(await readFile(join(folder, 'package.json'), 'utf8')) as PackageJson;
  } catch {
    return undefined;
  }
}

/** What the bundle is made from: everything in `startos/`, and the files that say how. */
async function newestSource(folder: string): Promise<{ path: string; time: number } | undefined> {
  const sources = await readdir(join(folder, 'startos'), { recursive: true, withFileTypes: true }).catch(() => []);
  const paths = sources.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  if (paths.length === 0) return undefined;
  let newest: { path: string; time: number } | undefined;
  for (const path of [...paths, join(folder, 'package.json'), join(folder, 'tsconfig.json')]) {
    const time = await modifiedAt(path);
    if (time !== undefined && time > (newest?.time ?? 0)) newest = { path, time };
  }
  return newest;
}

async function modifiedAt(path: string): Promise<number | undefined> {
  return stat(path).then(
    (info) => info.mtimeMs,
    () => undefined,
  );
}
