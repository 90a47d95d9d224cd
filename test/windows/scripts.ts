import assert from 'node:assert/strict';
import { cp } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { WRAPPER_03, writeWrapper } from '../support/wrapper-03.ts';
import { fetchPackage } from './fetch-package.ts';
import { cacheFolder, onWindows, type WindowsNode } from './wine.ts';

const SCRIPTS = {
  'scripts/embassy.js': null,
  'scripts/embassy.ts':
    'import { word } from "./parts/word.ts";\nexport const getConfig = (): string => word;\nexport const properties = getConfig, migration = getConfig;\n',
  'scripts/parts/word.ts': 'export const word: string = "hello";\n',
};

/** Its native program wants libraries that Wine 8 does not have; this one is a script for Node, as that is on Windows, and WebAssembly. */
const ESBUILD = {
  spec: 'esbuild-wasm@0.28.2',
  integrity: 'sha512-GccVwhv3mmOUVQHCQm2Ox/rby8n/EqUwvZxE6Pjfikrq/lWw9g9WX/u9EykWnpot3Ko6j426DgQdea2xWKIAQA==',
};

/** Scripts of a wrapper for 0.3 are bundled by esbuild in its node_modules, which no system starts by itself. */
export async function checkScripts(windows: WindowsNode, cli: string): Promise<void> {
  const folder = join(windows.folder, 'with scripts');
  await writeWrapper(folder, { ...WRAPPER_03, ...SCRIPTS });
  const fetched = await fetchPackage(cacheFolder(), ESBUILD);
  // As `npm install esbuild@npm:esbuild-wasm` puts it there.
  await cp(fetched, join(folder, 'node_modules', 'esbuild'), { recursive: true });
  const args = ['pack', '.', '--no-git', '--no-cache', '--json'];
  const { code, stdout, stderr } = await windows.run([onWindows(cli), ...args], { cwd: folder });
  assert.equal(code, 0, stdout + stderr);
  const { getConfig } = await import(pathToFileURL(join(folder, 'scripts', 'embassy.js')).href);
  assert.equal(getConfig(), 'hello');
}
