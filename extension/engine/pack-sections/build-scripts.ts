import { mkdir, readdir, stat, writeFile } from 'node:fs/promises';
import { dirname, extname, join, resolve } from 'node:path';
import { FindingError, finding } from '../finding.ts';
import { pathInside } from '../io/path-inside.ts';
import { isFile, statOf } from '../io/path-kind.ts';
import { Staging } from '../io/staging.ts';
import { readText } from '../io/whole-file.ts';
import { type Program, programOfPackage, programOfPath } from '../process/npm-program.ts';
import { type RunResult, run } from '../process/run.ts';
import { type CachedModule, cachedModule, denoFolder } from './deno-cache.ts';

export interface BuildScriptsOptions {
  /** The package folder. */
  readonly folder: string;
  /** The folder of `embassy.ts` and of what is made of it. */
  readonly scripts: string;
  readonly env: NodeJS.ProcessEnv;
  readonly signal?: AbortSignal | undefined;
  readonly log: (line: string) => void;
}

/**
 * Bundles `embassy.ts` into `embassy.js` if that is missing or older than one of the sources beside it: by deno where it is
 * installed, else by esbuild if all imports are on the disk: beside it, vendored, or in deno's cache. Runs programs: for trusted folders only.
 * @throws FindingError that says what is missing
 */
export async function buildScripts(options: BuildScriptsOptions): Promise<boolean> {
  const source = join(options.scripts, 'embassy.ts');
  const bundle = join(options.scripts, 'embassy.js');
  if (!(await isFile(source)) || (await isFresh(bundle, options.scripts))) return false;
  await using staging = await Staging.beside(bundle);
  const out = staging.path('embassy.js');
  const reasons = [await byDeno(source, out, options), await byEsbuild(source, staging, out, options)];
  const isMade = reasons.includes(undefined) && (await isFile(out));
  if (!isMade) {
    const message = `the scripts could not be bundled: ${reasons.filter(Boolean).join('; ')}`;
    throw new FindingError([finding('scripts-build', message, { file: source })]);
  }
  await staging.publish('embassy.js');
  return true;
}

/** Whether a bundle is newer than every module in its folder. */
async function isFresh(bundle: string, folder: string): Promise<boolean> {
  const built = (await statOf(bundle))?.mtimeMs;
  if (built === undefined) return false;
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  for (const entry of entries) {
    if (!entry.isFile() || !/\.(?:ts|json)$/.test(entry.name)) continue;
    if ((await stat(join(entry.parentPath, entry.name))).mtimeMs > built) return false;
  }
  return true;
}

/** @returns why it was not done; undefined if it was */
async function byDeno(source: string, out: string, options: BuildScriptsOptions): Promise<string | undefined> {
  const deno = await programOfPath('deno', options.env);
  const version = await versionOf(deno, options);
  if (version === undefined) return 'deno is not installed (https://deno.com)';
  const [major = 0, minor = 0] = version;
  // `deno bundle` came, went, and came back with other arguments.
  if (major === 2 && minor < 4) return `deno ${major}.${minor} cannot bundle; 1 and 2.4 can`;
  const args = major >= 2 ? ['bundle', '--quiet', '-o', out, source] : ['bundle', '--quiet', source, out];
  return runTool('deno', deno, args, options);
}

async function byEsbuild(
  source: string,
  staging: Staging,
  out: string,
  options: BuildScriptsOptions,
): Promise<string | undefined> {
  if (await isFile(out)) return undefined;
  const program = await findEsbuild(options);
  if (program === undefined) return 'esbuild is not installed either (npm install --save-dev esbuild)';
  const { modules, lost } = await collectModules(source, options);
  if (lost.length > 0)
    return `esbuild needs its imports on the disk, and there is no ${lost.slice(0, 3).join(', no ')}`;
  // esbuild takes addresses for what is there at run time, so it gets copies that import each other by path.
  const copies = new Map(
    [...modules].map(([file, { address }], index) => [file, `./module-${index}${extensionOf(address ?? file)}`]),
  );
  await mkdir(staging.path('modules'));
  for (const [file, { text, imports }] of modules) {
    const copy = text.replace(IMPORT, (statement, from?: string, bare?: string) => {
      const specifier = from ?? bare ?? '';
      const target = copies.get(imports.get(specifier) ?? '');
      return target === undefined ? statement : statement.replace(specifier, target);
    });
    await writeFile(join(staging.path('modules'), copies.get(file) ?? ''), copy);
  }
  const entry = join(staging.path('modules'), copies.get(source) ?? '');
  return runTool(
    'esbuild',
    program,
    [entry, '--bundle', '--format=esm', '--log-level=warning', `--outfile=${out}`],
    options,
  );
}

async function runTool(
  name: string,
  program: Program,
  args: readonly string[],
  options: BuildScriptsOptions,
): Promise<string | undefined> {
  const { log } = options;
  log(`$ ${[program.command, ...program.args, ...args].join(' ')}`);
  const { code, stderr } = await start(program, args, options, log);
  if (code === 0) return undefined;
  return `${name} failed: ${stderr.trim().split('\n').slice(0, 3).join(' ') || `exit code ${code}`}`;
}

function start(
  { command, args, env: own }: Program,
  more: readonly string[],
  { folder: cwd, env, signal }: BuildScriptsOptions,
  onLine?: (line: string) => void,
): Promise<RunResult> {
  return run(command, [...args, ...more], { cwd, env: { ...env, ...own }, signal, ...(onLine && { onLine }) });
}

async function versionOf(program: Program, options: BuildScriptsOptions) {
  const found = await start(program, ['--version'], options).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
  const [, major, minor] = /(\d+)\.(\d+)/.exec(found?.code === 0 ? found.stdout : '') ?? [];
  return major === undefined ? undefined : [Number(major), Number(minor)];
}

/** The wrapper's own, else the one that is installed. */
async function findEsbuild(options: BuildScriptsOptions): Promise<Program | undefined> {
  for (const folder of [options.folder, options.scripts]) {
    const own = await programOfPackage(join(folder, 'node_modules', 'esbuild'), 'esbuild');
    if (own) return own;
  }
  const installed = await programOfPath('esbuild', options.env);
  return (await versionOf(installed, options)) === undefined ? undefined : installed;
}

/** Modules that are followed; a script with more is no script. */
const MAX_MODULES = 5000;
/** Names that are imported take some room, but not any: each `import` is looked behind. */
const IMPORT =
  /(?:^|[\s;])(?:import|export)\b[^'"`;]{0,10000}?from\s*["']([^"']+)["']|(?:^|[\s;])import\s*["']([^"']+)["']/g;

interface ScriptModule {
  readonly text: string;
  /** Where it came from, if it is in deno's cache, whose files have names that say nothing. */
  readonly address?: string;
  /** Files by how they are named in its imports; packages of npm are not among them. */
  readonly imports: ReadonlyMap<string, string>;
}

/** By which esbuild knows how to read a module; deno takes what has none for TypeScript or JavaScript, which TypeScript includes. */
function extensionOf(name: string): string {
  return extname(/^https?:/.test(name) ? new URL(name).pathname : name) || '.ts';
}

/** A module and all that it imports, addresses by the files that a vendored folder or deno's cache has for them; and what is not there. */
async function collectModules(
  source: string,
  { folder, scripts, env }: BuildScriptsOptions,
): Promise<{ modules: ReadonlyMap<string, ScriptModule>; lost: readonly string[] }> {
  const vendors = [join(scripts, 'vendor'), join(folder, 'vendor')];
  const cache = denoFolder(env);
  const modules = new Map<string, ScriptModule>();
  const lost = new Set<string>();
  const queue: { file: string; cached?: CachedModule }[] = [{ file: source }];
  for (let next = queue.pop(); next !== undefined && modules.size < MAX_MODULES; next = queue.pop()) {
    const { file, cached } = next;
    if (modules.has(file)) continue;
    const text = cached?.text ?? (await readText(file)) ?? '';
    const imports = new Map<string, string>();
    modules.set(file, { text, imports, ...(cached && { address: cached.address }) });
    for (const match of text.matchAll(IMPORT)) {
      const specifier = match[1] ?? match[2] ?? '';
      const isLocal = specifier.startsWith('.') || (specifier.startsWith('/') && cached !== undefined);
      if (!isLocal && !/^https?:/.test(specifier)) continue;
      // What a module of the web imports is of the web, too.
      if (!(isLocal && !cached) && !URL.canParse(specifier, cached?.address)) {
        lost.add(specifier);
        continue;
      }
      const address = isLocal && !cached ? undefined : new URL(specifier, cached?.address).href;
      const path = address === undefined ? resolve(dirname(file), specifier) : await vendored(address, vendors);
      const module = address !== undefined && path === undefined ? await cachedModule(address, cache) : undefined;
      const found = module?.path ?? path;
      if (found !== undefined && (await isFile(found))) {
        imports.set(specifier, found);
        queue.push({ file: found, ...(module && { cached: module }) });
      } else lost.add(address ?? pathInside(folder, resolve(dirname(file), specifier)));
    }
  }
  return { modules, lost: [...lost] };
}

/** `deno vendor` keeps a module under its host and path. */
async function vendored(address: string, folders: readonly string[]): Promise<string | undefined> {
  const { host, pathname } = new URL(address);
  for (const folder of folders) {
    const path = join(folder, host, ...pathname.split('/').filter((part) => part !== '' && part !== '..'));
    if (await isFile(path)) return path;
  }
  return undefined;
}
