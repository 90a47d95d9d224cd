import { mkdir, rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { runNpm } from '../extension/engine/process/npm.ts';
import { run } from '../extension/engine/process/run.ts';
import { PLATFORMS } from './native-modules.ts';

/** Makes all that a release publishes, in release/: the extension for every platform and for any, the npm package, and what is in each. */

const folder = resolve('release');
await rm(folder, { recursive: true, force: true });
await mkdir(folder);
const built = await runNpm(['run', 'build'], { cwd: process.cwd() });
if (built.code !== 0) throw new Error(built.stderr);
for (const target of [undefined, ...Object.keys(PLATFORMS)]) {
  const name = target === undefined ? 's9pk-studio.vsix' : `s9pk-studio-${target}.vsix`;
  await make('package.ts', '--out', join(folder, name), ...(target === undefined ? [] : ['--target', target]));
}
await make('package-npm.ts', '--out', folder);

async function make(script: string, ...args: string[]): Promise<void> {
  const path = join(import.meta.dirname, script);
  const { code, stderr } = await run(process.execPath, [path, ...args], { cwd: process.cwd() });
  if (code !== 0) throw new Error(`${script} ${args.join(' ')}: ${stderr}`);
  console.log(args[1]);
}
