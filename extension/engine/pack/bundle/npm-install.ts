import { join } from 'node:path';
import { type Finding, FindingError, finding } from '../../finding.ts';
import { isFile } from '../../io/path-kind.ts';
import { readJsonObject } from '../../json/json-object.ts';
import { objectOf } from '../../json/object-of.ts';
import { runNpm } from '../../process/npm.ts';
import type { BuildOptions } from './build-options.ts';
import { lastWords } from './tool-findings.ts';

/** Written last by the package managers, so that an interrupted installation is not taken for a finished one. */
const INSTALLED = ['.package-lock.json', '.modules.yaml', '.yarn-integrity', '.yarn-state.yml'];

export async function isInstalled(folder: string): Promise<boolean> {
  for (const name of INSTALLED) if (await isFile(join(folder, 'node_modules', name))) return true;
  return false;
}

/**
 * Installs the wrapper's packages, from the lock file where there is one.
 * @throws FindingError that says what mends it: `npm-missing`, `npm-lock`, `npm-git`, `npm-network`, `npm-install`.
 */
export async function install(options: BuildOptions): Promise<void> {
  const hasLock = await isFile(join(options.folder, 'package-lock.json'));
  options.onStage("Installing the wrapper's packages");
  const args = [hasLock ? 'ci' : 'install'];
  const { code, output } = await npm(args, options);
  if (code !== 0) throw new FindingError([explainInstall(output, args.join(' '), options.folder)]);
}

/** Runs npm. @throws FindingError `npm-missing` */
export async function npm(
  args: readonly string[],
  options: BuildOptions,
): Promise<{ code: number | null; output: string }> {
  options.log(`$ npm ${args.join(' ')}`);
  try {
    const result = await runNpm(args, { cwd: options.folder, signal: options.signal, onLine: options.log });
    return { code: result.code, output: `${result.stdout}\n${result.stderr}` };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    const message =
      'the bundle must be built, but npm is not installed; install Node.js, or build it elsewhere and pack with --no-build';
    throw new FindingError([finding('npm-missing', message, { file: join(options.folder, 'package.json') })]);
  }
}

/** Why npm could not install, by what it printed. */
export function explainInstall(output: string, command: string, folder: string): Finding {
  const file = join(folder, 'package.json');
  const lock = join(folder, 'package-lock.json');
  const gitCommand = /git (?:--no-replace-objects )?(?:ls-remote|clone|fetch)\b.*?\s((?:ssh|https?|git)[^\s'"]*)/.exec(
    output,
  );
  if (
    /package\.json and package-lock\.json.*(?:are not )?in sync|Missing: .* from lock file|Invalid: lock file/s.test(
      output,
    )
  ) {
    const missing = [...output.matchAll(/(?:Missing|Invalid):.*$/gm)].map(([line]) => line.trim()).slice(0, 3);
    const message = `package-lock.json does not fit package.json${missing.length > 0 ? ` (${missing.join('; ')})` : ''}; run "npm install" and commit the lock file`;
    return finding('npm-lock', message, { file: lock });
  }
  const isGit = gitCommand !== null || /(?:^|npm error )fatal: |git error|ENOGIT/m.test(output);
  const archive = /https:\/\/codeload\.github\.com\/([\w.-]+\/[\w.-]+)/.exec(output);
  if (isGit || archive) {
    const from = gitCommand?.[1] ?? archive?.[0];
    const what = from === undefined ? 'a package' : `the package at ${from}`;
    const message = `${what} comes from a git repository that cannot be reached: it needs git, the network, and perhaps rights`;
    return finding('npm-git', `"npm ${command}" failed; ${message}`, { file });
  }
  if (
    /\b(?:ENOTFOUND|EAI_AGAIN|ETIMEDOUT|ECONNREFUSED|ECONNRESET|ENETUNREACH)\b|network (?:request|connectivity)/.test(
      output,
    )
  ) {
    const message = 'the registry of npm cannot be reached; once installed, packing needs no network';
    return finding('npm-network', `"npm ${command}" failed; ${message}`, { file });
  }
  return finding('npm-install', `"npm ${command}" failed; ${lastWords(output)}`, { file });
}

/** What is wrong with a wrapper's node_modules, as information: packing installs what is missing. */
export async function checkInstalled(folder: string): Promise<Finding[]> {
  const file = join(folder, 'package.json');
  const own = await readJsonObject(file);
  if (!own || Object.keys({ ...objectOf(own['dependencies']), ...objectOf(own['devDependencies']) }).length === 0)
    return [];
  if (!(await isInstalled(folder))) {
    // Without a lock file "npm ci" refuses.
    const command = (await isFile(join(folder, 'package-lock.json'))) ? 'npm ci' : 'npm install';
    const message = `the packages that package.json names are not installed; packing does it, or run "${command}"`;
    return [finding('packages-missing', message, { file })];
  }
  const wanted = objectOf((await readJsonObject(join(folder, 'package-lock.json')))?.['packages']);
  const there = objectOf((await readJsonObject(join(folder, 'node_modules', '.package-lock.json')))?.['packages']);
  const differing = Object.entries(wanted).flatMap(([name, entry]) => {
    const [locked, installed] = [objectOf(entry), objectOf(there[name])];
    const isOther = there[name] !== undefined && locked['version'] !== installed['version'];
    return isOther ? [name.replace(/^.*node_modules\//, '')] : [];
  });
  if (differing.length === 0 || Object.keys(there).length === 0) return [];
  const message = `what is installed differs from package-lock.json (${differing.slice(0, 3).join(', ')}); run "npm ci"`;
  return [finding('packages-outdated', message, { file: join(folder, 'package-lock.json') })];
}
