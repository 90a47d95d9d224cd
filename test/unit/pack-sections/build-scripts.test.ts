import assert from 'node:assert/strict';
import { execFile, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { chmod, mkdir, readFile, symlink, utimes, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join, resolve } from 'node:path';
import { test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
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
  await mkdir(join(folder, 'node_modules'));
  await symlink(resolve('node_modules/esbuild'), join(folder, 'node_modules/esbuild'));
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

test('esbuild as a script for Node, which no system starts by itself, is started by Node', async () => {
  await using temporary = await temporaryFolder();
  await wrapper(temporary.path, {
    ...VENDORED,
    'node_modules/esbuild/package.json': '{"bin":{"esbuild":"bin/esbuild"}}',
    // As its own script does where its installer left that in place.
    'node_modules/esbuild/bin/esbuild': `#!/nowhere/node
const { execFileSync } = require('node:child_process');
execFileSync(${JSON.stringify(resolve('node_modules/esbuild/bin/esbuild'))}, process.argv.slice(2), { stdio: 'inherit' });
`,
  });
  assert.equal(await build(temporary.path), true);
  const { getConfig } = await import(pathToFileURL(join(temporary.path, 'scripts', 'embassy.js')).href);
  assert.equal(getConfig(), 'HELLO');
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

test('an address that is none, in a script or in the cache of deno, is said to be missing', async () => {
  await using temporary = await temporaryFolder();
  await wrapper(temporary.path, {
    'scripts/embassy.ts': `import "https://[";\nimport "${SDK}";\n`,
    ...cached(2, SDK, '', { location: 'http://[' }),
  });
  await useEsbuild(temporary.path);
  const own = { ...env(), DENO_DIR: join(temporary.path, 'deno') };
  const missing = `there is no https://[, no ${SDK}`;
  await assert.rejects(build(temporary.path, { env: own }), (error: Error) => error.message.includes(missing));
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

/** A module as deno's cache keeps it: deno 2 with what was answered at its end, deno 1 beside it. */
function cached(version: 1 | 2, address: string, text: string, headers: object = {}): Record<string, string> {
  const url = new URL(address);
  const hash = createHash('sha256').update(`${url.pathname}${url.search}`).digest('hex');
  const host = url.port === '' ? url.hostname : `${url.hostname}_PORT${url.port}`;
  const path = `${url.protocol.slice(0, -1)}/${host}/${hash}`;
  const told = JSON.stringify({ headers, url: address });
  return version === 2
    ? { [`deno/remote/${path}`]: `${text}\n// denoCacheMetadata=${told}` }
    : { [`deno/deps/${path}`]: text, [`deno/deps/${path}.metadata.json`]: told };
}

for (const version of [1, 2] as const) {
  test(`esbuild bundles what is in the cache of deno ${version}, redirects and queries included`, async () => {
    await using temporary = await temporaryFolder();
    const base = 'https://example.org:8443/sdk@1';
    await wrapper(temporary.path, {
      ...FILES,
      ...cached(version, SDK, '', { location: `${base}/mod?ts` }),
      ...cached(version, `${base}/mod?ts`, 'export * from "./compat.ts";\nexport * from "/root.js";\n'),
      ...cached(version, `${base}/compat.ts`, 'export const compat = (text: string) => text.toUpperCase();\n'),
      ...cached(version, 'https://example.org:8443/root.js', 'export const root = 1;\n'),
    });
    await useEsbuild(temporary.path);
    const own = { ...env(), DENO_DIR: join(temporary.path, 'deno') };
    assert.equal(await build(temporary.path, { env: own }), true);
    const { getConfig } = await import(pathToFileURL(join(temporary.path, 'scripts', 'embassy.js')).href);
    assert.equal(getConfig(), 'HELLO');
  });
}

const deno = spawnSync(process.env['S9PK_TEST_DENO'] ?? 'deno', ['--version']).status === 0;

test('what deno itself cached is bundled by esbuild without it', { skip: !deno && 'there is no deno' }, async () => {
  await using temporary = await temporaryFolder();
  const server = createServer((request, response) => {
    if (request.url === '/sdk/mod.ts') response.writeHead(302, { location: '/sdk@1/mod.ts' }).end();
    else {
      response.setHeader('content-type', 'application/typescript');
      const isRoot = request.url === '/sdk@1/mod.ts';
      response.end(
        isRoot ? 'export * from "./compat.ts";\n' : 'export const compat = (text: string) => text.toUpperCase();\n',
      );
    }
  }).listen(0, 'localhost');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const files = {
    'scripts/embassy.ts': FILES['scripts/embassy.ts'].replace(SDK, `http://localhost:${port}/sdk/mod.ts`),
  };
  await wrapper(temporary.path, { ...FILES, ...files });
  const own = { ...process.env, ...env(), DENO_DIR: join(temporary.path, 'deno') };
  const program = process.env['S9PK_TEST_DENO'] ?? 'deno';
  const args = ['cache', `--allow-import=localhost:${port}`, join(temporary.path, 'scripts', 'embassy.ts')];
  await promisify(execFile)(program, args, { env: { ...own, PATH: process.env['PATH'] } });
  server.close();
  await useEsbuild(temporary.path);
  assert.equal(await build(temporary.path, { env: own }), true);
  const { getConfig } = await import(pathToFileURL(join(temporary.path, 'scripts', 'embassy.js')).href);
  assert.equal(getConfig(), 'HELLO');
});
