import { copyFile, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { parseArgs } from 'node:util';
import { createVSIX } from '@vscode/vsce';

/**
 * Makes the .vsix from dist/. Without --target one for every platform, whose BLAKE3 is WebAssembly; with a target such
 * as linux-x64 one that also holds the native module of that platform, if it is installed here.
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
const nativeCopy = 'dist/blake3.node';
await rm(nativeCopy, { force: true });
if (target) {
  const platform = NATIVE[target];
  if (!platform) throw new Error(`the targets are ${Object.keys(NATIVE).join(', ')}`);
  const file = createRequire(import.meta.url).resolve(`@napi-rs/blake-hash-${platform}/blake.${platform}.node`);
  await copyFile(file, nativeCopy);
}
const packagePath = values.out ?? (target ? `s9pk-studio-${target}.vsix` : 's9pk-studio.vsix');
await createVSIX({ cwd: process.cwd(), packagePath, dependencies: false, ...(target && { target }) });
await rm(nativeCopy, { force: true });
console.log(packagePath);
