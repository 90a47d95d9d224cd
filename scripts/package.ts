import { copyFile, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { parseArgs } from 'node:util';
import { createVSIX } from '@vscode/vsce';

/**
 * Makes the .vsix from dist/. Without --target one for every platform, whose BLAKE3 is WebAssembly; with a target such
 * as linux-x64 one that also holds the native modules of that platform, if they are installed here.
 */

const NATIVE: Readonly<Record<string, string>> = {
  'linux-x64': 'linux-x64-gnu',
  'linux-arm64': 'linux-arm64-gnu',
  'darwin-x64': 'darwin-x64',
  'darwin-arm64': 'darwin-arm64',
  'win32-x64': 'win32-x64-msvc',
  'win32-arm64': 'win32-arm64-msvc',
};

const { values } = parseArgs({ options: { target: { type: 'string' }, out: { type: 'string' } } });
const { target } = values;
/** The native modules by the name under which the code looks for them beside itself. */
const MODULES = { 'blake3.node': ['blake-hash', 'blake'], 'lzma.node': ['lzma', 'lzma'] } as const;
const removeCopies = () => Promise.all(Object.keys(MODULES).map((name) => rm(`dist/${name}`, { force: true })));
await removeCopies();
if (target) {
  const platform = NATIVE[target];
  if (!platform) throw new Error(`the targets are ${Object.keys(NATIVE).join(', ')}`);
  const { resolve } = createRequire(import.meta.url);
  for (const [name, [module, file]] of Object.entries(MODULES)) {
    await copyFile(resolve(`@napi-rs/${module}-${platform}/${file}.${platform}.node`), `dist/${name}`);
  }
}
const packagePath = values.out ?? (target ? `s9pk-studio-${target}.vsix` : 's9pk-studio.vsix');
await createVSIX({ cwd: process.cwd(), packagePath, dependencies: false, ...(target && { target }) });
await removeCopies();
console.log(packagePath);
