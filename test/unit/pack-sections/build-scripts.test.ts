import assert from 'node:assert/strict';
import { chmod, mkdir, readFile, symlink, utimes, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { FindingError } from '../../../extension/engine/finding.ts';
import { buildScripts } from '../../../extension/engine/pack-sections/build-scripts.ts';
import { temporaryFolder } from '../../support/tools.ts';

/** A wrapper with scripts in several modules, one of them from an address that is vendored. */
async function wrapper(folder: string, files: Readonly<Record<string, string>>): Promise<void> {
  for (const [name, text] of Object.entries(files)) {
    await mkdir(join(folder, name, '..'), { recursive: true });
    await writeFile(join(folder, name), text);
  }
}

async function useEsbuild(folder: string): Promise<void> {
  await mkdir(join(folder, 'node_modules', '.bin'), { recursive: true });
  await symlink(resolve('node_modules/.bin/esbuild'), join(folder, 'node_modules/.bin/esbuild'));
}

/** Without the programs of this machine but node, so that what is there is what the test puts there. */
const env = (...folders: string[]) => ({
  PATH: [...folders, join(process.execPath, '..'), '/usr/bin', '/bin'].join(':'),
});

const build = (folder: string, more: { env?: NodeJS.ProcessEnv } = {}) =>
  buildScripts({ folder, scripts: join(folder, 'scripts'), env: env(), log: () => undefined, ...more });

const SDK = 'https://deno.land/x/embassyd_sdk@v0.3.3.0.9/mod.ts';
const FILES = {
  'scripts/embassy.ts': `import { compat } from "${SDK}";\nimport { word } from "./word.ts";\nexport const getConfig = (): string => compat(word);\nexport { migration } from "./migration.ts";\n`,
  'scripts/word.ts': 'export const word: string = "hello";\n',
  'scripts/migration.ts': 'export function migration() { return 1; }\n',
};
const VENDORED = {
  ...FILES,
  'scripts/vendor/deno.land/x/embassyd_sdk@v0.3.3.0.9/mod.ts': 'export * from "./compat.ts";\n',
  'scripts/vendor/deno.land/x/embassyd_sdk@v0.3.3.0.9/compat.ts':
    'export const compat = (text: string) => text.toUpperCase();\n',
};

test('esbuild bundles scripts whose imports are all on the disk, and only when they changed', async () => {
  await using temporary = await temporaryFolder();
  await wrapper(temporary.path, VENDORED);
  await useEsbuild(temporary.path);
  assert.equal(await build(temporary.path), true);
  const file = join(temporary.path, 'scripts', 'embassy.js');
  const { getConfig, migration } = await import(pathToFileURL(file).href);
  assert.deepEqual([getConfig(), migration()], ['HELLO', 1]);
  assert.doesNotMatch(await readFile(file, 'utf8'), /^import /m);
  assert.equal(await build(temporary.path), false);
  const later = new Date(Date.now() + 10_000);
  await utimes(join(temporary.path, 'scripts/word.ts'), later, later);
  assert.equal(await build(temporary.path), true);
});

test('what is missing is said: the address that is not vendored, and the programs', async () => {
  await using temporary = await temporaryFolder();
  await wrapper(temporary.path, FILES);
  const reason = async () => {
    try {
      await build(temporary.path);
      return '';
    } catch (error) {
      assert.ok(error instanceof FindingError);
      assert.equal(error.findings[0]?.code, 'scripts-build');
      assert.equal(error.findings[0].where.file, join(temporary.path, 'scripts', 'embassy.ts'));
      return error.message;
    }
  };
  assert.match(await reason(), /deno is not installed .* esbuild is not installed/);
  await useEsbuild(temporary.path);
  assert.ok((await reason()).includes(`there is no ${SDK}`));
});

test('deno is asked in the words of its version', async () => {
  await using temporary = await temporaryFolder();
  await wrapper(temporary.path, FILES);
  const bin = join(temporary.path, 'bin');
  await mkdir(bin);
  // What deno was asked, where its result goes: the last argument of version 1, the one behind -o since 2.4.
  const deno = async (version: string, out: string) => {
    const script = `#!/bin/sh\nif [ "$1" = --version ]; then echo "deno ${version}"; exit 0; fi\necho "// $*" > "${out}"\n`;
    await writeFile(join(bin, 'deno'), script);
    await chmod(join(bin, 'deno'), 0o755);
    await utimes(join(temporary.path, 'scripts/word.ts'), new Date(Date.now() + 10_000), new Date(Date.now() + 10_000));
  };
  const file = join(temporary.path, 'scripts', 'embassy.js');
  await deno('1.46.3', '$4');
  assert.equal(await build(temporary.path, { env: env(bin) }), true);
  assert.match(await readFile(file, 'utf8'), /^\/\/ bundle --quiet \S+embassy\.ts \S+embassy\.js$/m);
  await deno('2.5.0', '$4');
  assert.equal(await build(temporary.path, { env: env(bin) }), true);
  assert.match(await readFile(file, 'utf8'), /^\/\/ bundle --quiet -o \S+embassy\.js \S+embassy\.ts$/m);
  await deno('2.1.4', '$4');
  await assert.rejects(build(temporary.path, { env: env(bin) }), /2\.1 cannot bundle/);
});
