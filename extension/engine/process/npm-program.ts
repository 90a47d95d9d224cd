import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { isFile } from '../io/path-kind.ts';
import { readJsonObject } from '../json/json-object.ts';
import { objectOf } from '../json/object-of.ts';
import { nodeRuntime } from './node-runtime.ts';

/** How a program is started. */
export interface Program {
  readonly command: string;
  /** What comes before the arguments that it is given. */
  readonly args: readonly string[];
  /** What it needs in its environment besides. */
  readonly env: Readonly<Record<string, string>>;
}

/** The path of a program that a package says it brings; undefined if the package is not there, or brings none. */
export async function binOf(packageFolder: string, name: string): Promise<string | undefined> {
  // A broken package.json is npm's business.
  const { bin: bins, directories } = (await readJsonObject(join(packageFolder, 'package.json'))) ?? {};
  const path = typeof bins === 'string' ? bins : objectOf(bins)[name];
  if (typeof path === 'string') return join(packageFolder, path);
  // All that is in a folder, each under its name, as esbuild-wasm has it.
  const { bin: folder } = objectOf(directories);
  return typeof folder === 'string' ? join(packageFolder, folder, name) : undefined;
}

/**
 * How to start the program of an installed package. What npm leaves in `node_modules/.bin` is a link or a script of a shell, which
 * Windows does not start; the package says what it stands for: mostly a script for Node, but some (esbuild, outside of Windows)
 * put a native program in its place when they are installed.
 */
export async function programOfPackage(packageFolder: string, name: string): Promise<Program | undefined> {
  const path = await binOf(packageFolder, name);
  if (path === undefined || !(await isFile(path))) return undefined;
  if (!(await isForNode(path))) return { command: path, args: [], env: {} };
  const { command, variables } = nodeRuntime();
  return { command, args: [path], env: variables };
}

/** The first bytes of native programs: ELF, Mach-O of one and of several architectures, PE. */
const NATIVE = ['7f454c46', 'cffaedfe', 'cafebabe', '4d5a'];

async function isForNode(path: string): Promise<boolean> {
  await using file = await open(path);
  const { buffer, bytesRead } = await file.read(Buffer.alloc(4), 0, 4, 0);
  const start = buffer.toString('hex', 0, bytesRead);
  return !NATIVE.some((magic) => start.startsWith(magic));
}

/**
 * How to start a program by its name. On Windows npm installs batch files, which only a shell starts, and no shell is to read
 * paths of users: there it is the program that the batch file starts, of the package of the same name.
 * @returns what the system itself looks for in PATH, where nothing better was found
 */
export async function programOfPath(name: string, env: NodeJS.ProcessEnv): Promise<Program> {
  const plain: Program = { command: name, args: [], env: {} };
  if (process.platform !== 'win32') return plain;
  const path = Object.entries(env).find(([key]) => key.toUpperCase() === 'PATH')?.[1] ?? '';
  for (const folder of path.split(';').filter((part) => part !== '')) {
    if (await isFile(join(folder, `${name}.exe`))) return plain;
    if (!(await isFile(join(folder, `${name}.cmd`)))) continue;
    // Beside the packages that are installed for all, and in the node_modules/.bin of one wrapper.
    for (const root of [join(folder, 'node_modules', name), join(folder, '..', name)]) {
      const program = await programOfPackage(root, name);
      if (program) return program;
    }
  }
  return plain;
}
