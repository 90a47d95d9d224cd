import { createHash } from 'node:crypto';
import { copyFile, mkdir, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runNpm } from '../extension/engine/process/npm.ts';
import { run } from '../extension/engine/process/run.ts';

/** Native modules of other platforms: the packages that the lock file pins, with its hashes, and nothing of them is run. */

/** What VS Code calls a platform, and what the packages do. */
export const PLATFORMS: Readonly<Record<string, string>> = {
  'linux-x64': 'linux-x64-gnu',
  'linux-arm64': 'linux-arm64-gnu',
  'darwin-x64': 'darwin-x64',
  'darwin-arm64': 'darwin-arm64',
  'win32-x64': 'win32-x64-msvc',
  'win32-arm64': 'win32-arm64-msvc',
  'alpine-x64': 'linux-x64-musl',
  'alpine-arm64': 'linux-arm64-musl',
};

/** By the name under which the code looks for them beside itself: the package, and the file in it. */
const MODULES = { 'blake3.node': ['blake-hash', 'blake'], 'lzma.node': ['lzma', 'lzma'] } as const;

/**
 * Puts the native modules of a platform into a folder.
 * @returns the folders in node_modules that their packages would have
 * @throws if the lock file has no hash of one, or what came has another
 */
export async function placeNativeModules(target: string, folder: string): Promise<string[]> {
  const platform = PLATFORMS[target];
  if (!platform) throw new Error(`the targets are ${Object.keys(PLATFORMS).join(', ')}`);
  const scratch = await mkdtemp(join(tmpdir(), 's9pk-native-'));
  try {
    const placed: string[] = [];
    for (const [name, [module, file]] of Object.entries(MODULES)) {
      const path = `node_modules/@napi-rs/${module}-${platform}`;
      const unpacked = await fetchPackage(path, join(scratch, module));
      await copyFile(join(unpacked, `${file}.${platform}.node`), join(folder, name));
      placed.push(path);
    }
    return placed;
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

/** Fetches a package that the lock file pins. @returns the folder in which its files are */
async function fetchPackage(path: string, scratch: string): Promise<string> {
  const lock = JSON.parse(await readFile('package-lock.json', 'utf8')) as {
    packages: Record<string, { version: string; integrity?: string }>;
  };
  const { version, integrity } = lock.packages[path] ?? {};
  if (version === undefined || !integrity?.startsWith('sha512-'))
    throw new Error(`package-lock.json has no SHA-512 of ${path}`);
  await mkdir(scratch);
  const wanted = `${path.replace('node_modules/', '')}@${version}`;
  const { code, stdout, stderr } = await runNpm(['pack', wanted, '--ignore-scripts', '--json'], { cwd: scratch });
  if (code !== 0) throw new Error(`npm pack ${wanted}: ${stderr}`);
  const [{ filename } = { filename: '' }] = JSON.parse(stdout) as { filename: string }[];
  const digest = createHash('sha512')
    .update(await readFile(join(scratch, filename)))
    .digest('base64');
  if (`sha512-${digest}` !== integrity) throw new Error(`${wanted} is not what package-lock.json pins`);
  const extracted = await run('tar', ['-xzf', filename], { cwd: scratch });
  if (extracted.code !== 0) throw new Error(`tar: ${extracted.stderr}`);
  return join(scratch, 'package');
}
