import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, rm, symlink, utimes, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { after, before, test } from 'node:test';
import { FindingError } from '../../../extension/engine/finding.ts';
import { ensureBundle } from '../../../extension/engine/pack/bundle/build-bundle.ts';
import type { BuildOptions } from '../../../extension/engine/pack/bundle/build-options.ts';
import { checkInstalled, explainInstall, install } from '../../../extension/engine/pack/bundle/npm-install.ts';
import { makeWrapper } from '../../../extension/engine/scaffold/new-wrapper.ts';
import { temporaryFolder } from '../../support/tools.ts';

/** Wrappers that are built as the SDK's make file does, with the real TypeScript, ESLint, Prettier and ncc. */

let temporary: Awaited<ReturnType<typeof temporaryFolder>>;
let folder: string;

const MAIN = 'startos/main.ts';

before(async () => {
  temporary = await temporaryFolder();
  folder = join(temporary.path, 'wrapper');
  const more = { template: 'dockerfile', id: 'my-service', title: 'My Service', port: 80, year: 2026 } as const;
  await makeWrapper({ folder, templates: resolve('templates'), ...more });
  await installToolchain(folder);
  // As start-sdk 3 makes it: the SDK alone, and no scripts.
  const dependencies = { '@start9labs/start-sdk': '3.0.3' };
  await writeFile(join(folder, 'package.json'), JSON.stringify({ name: 'my-service-startos', dependencies }));
});

after(() => temporary[Symbol.asyncDispose]());

/** This project's own packages, with the SDK that npm gives under the number and with the files of a later one. */
async function installToolchain(wrapper: string): Promise<void> {
  const modules = join(wrapper, 'node_modules');
  const sdk = join(modules, '@start9labs', 'start-sdk');
  await mkdir(sdk, { recursive: true });
  const link = async (from: string, to: string, except: readonly string[]) => {
    for (const name of await readdir(from)) if (!except.includes(name)) await symlink(join(from, name), join(to, name));
  };
  await link(resolve('node_modules'), modules, ['@start9labs']);
  const real = resolve('node_modules/@start9labs/start-sdk');
  await link(real, sdk, ['package.json', 'lint.mjs', 'eslint.config.base.mjs']);
  const own = JSON.parse(await readFile(join(real, 'package.json'), 'utf8')) as object;
  await writeFile(join(sdk, 'package.json'), JSON.stringify({ ...own, version: '3.0.3' }));
  for (const name of ['lint.mjs', 'eslint.config.base.mjs'])
    await writeFile(join(sdk, name), await readFile(join(real, name), 'utf8'));
  const format = { trailingComma: 'all', tabWidth: 2, semi: false, singleQuote: true };
  await writeFile(join(sdk, 'prettier.config.json'), JSON.stringify(format));
}

function options(more: Partial<BuildOptions> = {}): BuildOptions {
  const own = { folder, javascript: join(folder, 'javascript'), build: 'auto', check: 'auto' } as const;
  return { ...own, log: () => undefined, onStage: () => undefined, ...more };
}

async function findingsOf(work: Promise<unknown>) {
  try {
    await work;
    return [];
  } catch (error) {
    assert.ok(error instanceof FindingError, String(error));
    return error.findings;
  }
}

/** Changes a source, newer than any bundle, for the time of `work`. */
async function withSource<T>(path: string, change: (text: string) => string, work: () => Promise<T>): Promise<T> {
  const file = join(folder, path);
  const text = await readFile(file, 'utf8');
  await writeFile(file, change(text));
  const soon = new Date(Date.now() + 5000);
  await utimes(file, soon, soon);
  try {
    return await work();
  } finally {
    await writeFile(file, text);
    await utimes(file, new Date(0), new Date(0));
  }
}

test('a wrapper without scripts is built with the tools of its SDK, and not again while it is up to date', async () => {
  const stages: string[] = [];
  const found = await ensureBundle(options({ onStage: (stage) => stages.push(stage) }));
  assert.deepEqual(stages, [
    'Checking the types',
    "Running the SDK's lint",
    'Checking the format',
    'Building the JavaScript bundle',
  ]);
  assert.deepEqual(
    found.map(({ code }) => code),
    ['sdk-format'],
    'the template has semicolons',
  );
  assert.match(await readFile(join(folder, 'javascript', 'index.js'), 'utf8'), /my-service/);
  assert.ok(!(await readdir(folder)).some((name) => name.includes('.tmp-')));
  for (const entry of await readdir(join(folder, 'startos'), { recursive: true, withFileTypes: true }))
    await utimes(join(entry.parentPath, entry.name), new Date(0), new Date(0));
  stages.length = 0;
  assert.deepEqual(await ensureBundle(options({ onStage: (stage) => stages.push(stage) })), []);
  assert.deepEqual(stages, []);
});

test('every mistake of the type check is a finding at its line, and the old bundle stays', async () => {
  const before = await readFile(join(folder, 'javascript', 'index.js'), 'utf8');
  const wrong = (text: string) => `const a: number = 'x'\nconst b: string = 1\n${text}\nexport const c = a + b`;
  const found = await withSource(MAIN, wrong, () => findingsOf(ensureBundle(options())));
  assert.deepEqual(
    found.map(({ code, where }) => [code, where.file, where.line, where.column]),
    [
      ['type-error', join(folder, MAIN), 1, 7],
      ['type-error', join(folder, MAIN), 2, 7],
    ],
  );
  assert.match(found[0]?.message ?? '', /Type 'string' is not assignable to type 'number'\. \(TS2322\)/);
  assert.equal(await readFile(join(folder, 'javascript', 'index.js'), 'utf8'), before);
});

test('an image id that the manifest does not declare is found before anything is packed', async () => {
  const found = await withSource(
    MAIN,
    (text) => text.replace("imageId: 'main'", "imageId: 'mian'"),
    () => findingsOf(ensureBundle(options())),
  );
  assert.deepEqual(
    found.map(({ code, where }) => [code, where.file]),
    [['type-error', join(folder, MAIN)]],
  );
});

test('what the SDK’s lint refuses is a finding at its line', async () => {
  const found = await withSource(
    MAIN,
    (text) => `${text}\nconst thing = { a: 1 };\nexport const shown = \`\${thing}\`;\n`,
    () => findingsOf(ensureBundle(options())),
  );
  assert.deepEqual(
    found.map(({ code, severity }) => `${code} ${severity}`),
    ['sdk-lint error'],
  );
  assert.match(found[0]?.message ?? '', /restrict-template-expressions/);
});

test('a bundle takes the place of bundles only, and leaves what lies beside it', async () => {
  await mkdir(join(folder, 'javascript.old'));
  await writeFile(join(folder, 'javascript.old', 'notes.txt'), 'mine');
  await mkdir(join(folder, 'papers'));
  await writeFile(join(folder, 'papers', 'notes.txt'), 'mine');
  for (const javascript of [folder, join(folder, 'startos'), join(folder, 'papers'), join(folder, '..', 'elsewhere')]) {
    const found = await withSource(
      MAIN,
      (text) => `${text}\n`,
      () => findingsOf(ensureBundle(options({ javascript, check: 'never' }))),
    );
    assert.deepEqual(
      found.map(({ code }) => code),
      ['bundle-build'],
      javascript,
    );
  }
  assert.ok(existsSync(join(folder, MAIN)));
  assert.equal(await readFile(join(folder, 'javascript.old', 'notes.txt'), 'utf8'), 'mine');
  assert.equal(await readFile(join(folder, 'papers', 'notes.txt'), 'utf8'), 'mine');
});

test('a module that is not there is named, never with the stack of ncc', async () => {
  const found = await withSource(
    MAIN,
    (text) => `import './gone'\n${text}`,
    () => findingsOf(ensureBundle(options({ check: 'never' }))),
  );
  assert.ok(found.length > 0);
  for (const { message, code } of found) {
    assert.match(code, /^(?:bundle-build|type-error|sdk-lint)$/);
    assert.doesNotMatch(message, /\n\s+at /);
  }
  assert.match(found.map(({ message }) => message).join('\n'), /gone/);
});

test('the reasons for which npm cannot install are told apart', async () => {
  await using place = await temporaryFolder();
  const at = async (name: string, files: Record<string, unknown>) => {
    const own = join(place.path, name);
    await mkdir(own);
    for (const [file, value] of Object.entries(files))
      await writeFile(join(own, file), typeof value === 'string' ? value : JSON.stringify(value));
    return (await findingsOf(install(options({ folder: own })))).map(({ code }) => code);
  };
  const offline = 'registry=http://127.0.0.1:1/\nfetch-retries=0\n';
  const git = { name: 'x', dependencies: { other: 'git+http://127.0.0.1:1/other-startos.git' } };
  assert.deepEqual(await at('git', { '.npmrc': offline, 'package.json': git }), ['npm-git']);
  const gone = { name: 'x', dependencies: { yaml: '2.0.0' } };
  assert.deepEqual(await at('network', { '.npmrc': offline, 'package.json': gone }), ['npm-network']);
  assert.deepEqual(await at('broken', { 'package.json': '{' }), ['npm-install']);
});

test('a lock file that does not fit says what does not', () => {
  const output = [
    'npm error code EUSAGE',
    'npm error `npm ci` can only install packages when your package.json and package-lock.json or npm-shrinkwrap.json are in sync. Please update your lock file with `npm install` before continuing.',
    "npm error Invalid: lock file's yaml@1.0.0 does not satisfy yaml@2.0.0",
  ].join('\n');
  const { code, message, where } = explainInstall(output, 'ci', '/w');
  assert.deepEqual([code, where.file], ['npm-lock', join('/w', 'package-lock.json')]);
  assert.match(message, /yaml@1\.0\.0 does not satisfy yaml@2\.0\.0/);
});

test('packages that are not installed, or not those of the lock file, are said', async () => {
  await using place = await temporaryFolder();
  const codes = async () => (await checkInstalled(place.path)).map(({ code }) => code);
  await writeFile(join(place.path, 'package.json'), '{}');
  assert.deepEqual(await codes(), []);
  await writeFile(join(place.path, 'package.json'), '{"dependencies":{"yaml":"2.0.0"}}');
  assert.deepEqual(await codes(), ['packages-missing']);
  assert.match((await checkInstalled(place.path))[0]?.message ?? '', /run "npm install"$/);
  await writeFile(join(place.path, 'package-lock.json'), '{}');
  assert.match((await checkInstalled(place.path))[0]?.message ?? '', /run "npm ci"$/);
  await mkdir(join(place.path, 'node_modules'));
  const lock = (version: string) => JSON.stringify({ packages: { 'node_modules/yaml': { version } } });
  await writeFile(join(place.path, 'node_modules', '.package-lock.json'), lock('1.0.0'));
  await writeFile(join(place.path, 'package-lock.json'), lock('2.0.0'));
  assert.deepEqual(await codes(), ['packages-outdated']);
  await writeFile(join(place.path, 'node_modules', '.package-lock.json'), lock('2.0.0'));
  assert.deepEqual(await codes(), []);
  await rm(join(place.path, 'package.json'));
  assert.deepEqual(await codes(), []);
});
