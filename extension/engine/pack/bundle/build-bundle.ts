import { readdir, readFile, stat } from 'node:fs/promises';
import { isAbsolute, join, relative, resolve, sep } from 'node:path';
import { type Finding, FindingError, finding, hasErrors } from '../../finding.ts';
import { readJsonObject } from '../../json/json-object.ts';
import { objectOf } from '../../json/object-of.ts';
import type { BuildOptions } from './build-options.ts';
import { checkInstalled, install, isInstalled, npm } from './npm-install.ts';
import { bundleByNcc, checkFormat, checkTypes, hasBundler, lintBySdk } from './sdk-tools.ts';
import { bundleErrors } from './tool-findings.ts';

/**
 * Makes sure that the JavaScript bundle is there and not older than what it is made from: by the wrapper's own `build`
 * script, or where there is none as the SDK's make file does. This runs the wrapper's own code: call it for trusted
 * workspaces only.
 * @throws FindingError with every mistake of the step that failed.
 */
export async function ensureBundle(options: BuildOptions): Promise<Finding[]> {
  const { folder, javascript } = options;
  const bundle = join(javascript, 'index.js');
  const built = await modifiedAt(bundle);
  const newest = await newestSource(folder);
  if (built !== undefined && (newest === undefined || newest.time <= built)) return [];
  if (options.build === 'never') {
    if (built === undefined) throw new FindingError([finding('bundle-missing', NOT_BUILT, { file: bundle })]);
    const message = `the bundle is older than ${newest?.path}; what is packed is not what the sources say`;
    return [finding('bundle-stale', message, { file: bundle })];
  }
  const packageJson = await readJsonObject(join(folder, 'package.json'));
  if (newest === undefined || !packageJson)
    throw built === undefined ? missing(bundle) : unbuildable(bundle, newest?.path ?? '');
  if (!(await isInstalled(folder))) await install(options);
  const script = objectOf(packageJson['scripts'])['build'];
  if (script === undefined && !(await hasBundler(folder)))
    throw built === undefined ? missing(bundle) : unbuildable(bundle, newest.path);
  const findings: Finding[] = [...(await checkInstalled(folder))];
  const check = async (step: (options: BuildOptions) => Promise<Finding[]>) => {
    findings.push(...(await step(options)));
    if (hasErrors(findings)) throw new FindingError(findings);
  };
  if (options.check === 'auto') await check(checkTypes);
  if (script === undefined || (await usesSdkMakefile(folder))) await check(lintBySdk);
  if (script === undefined) {
    await check(checkFormat);
    await checkBundleFolder(options);
    await bundleByNcc(options);
  } else await buildByScript(options);
  if ((await modifiedAt(bundle)) === undefined) {
    const what = script === undefined ? 'ncc' : '"npm run build"';
    const message = `${what} ended well but made no ${bundle}; point its output there`;
    throw new FindingError([finding('bundle-build', message, { file: join(folder, 'package.json') })]);
  }
  return findings;
}

const NOT_BUILT =
  'there is no JavaScript bundle (javascript/index.js), and --no-build forbids to make it; build it first, or pack without --no-build';

/** Folders of a wrapper that hold what is its author's. */
const OWN_FOLDERS = ['startos', 'assets', 'node_modules', '.git', '.startos'];

/** What a bundle takes the place of must be a bundle's: a folder of its own in the wrapper, new, empty, or made so before. */
async function checkBundleFolder({ folder, javascript }: BuildOptions): Promise<void> {
  const inside = relative(resolve(folder), resolve(javascript));
  const [first = ''] = inside.split(sep);
  const names: string[] = await readdir(javascript).catch(() => []);
  const isOwn = inside !== '' && first !== '..' && !isAbsolute(inside) && !OWN_FOLDERS.includes(first);
  if (isOwn && (names.length === 0 || names.includes('index.js'))) return;
  const message = `${javascript} is no folder that a bundle may replace; use one of its own in the wrapper, such as javascript`;
  throw new FindingError([finding('bundle-build', message, { file: javascript })]);
}

async function buildByScript(options: BuildOptions): Promise<void> {
  const file = join(options.folder, 'package.json');
  options.onStage('Building the JavaScript bundle');
  const { code, output } = await npm(['run', 'build'], options);
  if (code !== 0) throw new FindingError(bundleErrors(output, '"npm run build"', file, options.folder));
}

/** Whether `make` there runs the SDK's steps, its lint among them. */
async function usesSdkMakefile(folder: string): Promise<boolean> {
  const text = await readFile(join(folder, 'Makefile'), 'utf8').catch(() => '');
  return /^\s*-?include\s.*s9pk\.mk/m.test(text);
}

/** The source that is newer than the bundle; undefined if there is none, or no bundle. */
export async function sourceNewerThan(bundle: string, folder: string): Promise<string | undefined> {
  const built = await modifiedAt(bundle);
  const newest = await newestSource(folder);
  return built !== undefined && newest !== undefined && newest.time > built ? newest.path : undefined;
}

function missing(bundle: string): FindingError {
  const message =
    'there is no JavaScript bundle, and nothing that makes one: package.json has no "build" script, and no SDK that brings ncc is installed';
  return new FindingError([finding('bundle-missing', message, { file: bundle })]);
}

function unbuildable(bundle: string, newer: string): FindingError {
  const message = `the bundle is older than ${newer}, and nothing makes it anew: package.json has no "build" script, and no SDK that brings ncc is installed; pack it as it is with --no-build`;
  return new FindingError([finding('bundle-build', message, { file: bundle })]);
}

const BUILD_FILES = ['package.json', 'package-lock.json', 'tsconfig.json'];

/** What the bundle is made from: everything in `startos/`, and the files that say how. */
async function newestSource(folder: string): Promise<{ path: string; time: number } | undefined> {
  const sources = await readdir(join(folder, 'startos'), { recursive: true, withFileTypes: true }).catch(() => []);
  const paths = sources.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  if (paths.length === 0) return undefined;
  let newest: { path: string; time: number } | undefined;
  for (const path of [...paths, ...BUILD_FILES.map((name) => join(folder, name))]) {
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
