import assert from 'node:assert/strict';
import { execFile, spawn, spawnSync } from 'node:child_process';
import { copyFile, mkdir, readdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join, resolve } from 'node:path';
import { after, before, test } from 'node:test';
import { promisify } from 'node:util';
import type { Finding } from '../../extension/engine/finding.ts';
import { fastestBlake3 } from '../../extension/engine/hash/fastest-blake3.ts';
import type { BuildUpdate } from '../../extension/engine/image/build/build-progress.ts';
import { BuildTree } from '../../extension/engine/image/build/build-tree.ts';
import { ImageCache } from '../../extension/engine/image/cache/image-cache.ts';
import { type PackOptions, pack } from '../../extension/engine/pack/pack.ts';
import { makeWrapper } from '../../extension/engine/scaffold/new-wrapper.ts';
import { createKey } from '../../extension/engine/sign/key-store.ts';
import { temporaryFolder, tool } from '../support/tools.ts';

/**
 * Images built by a real container engine, for three architectures, compared entry by entry with the root file system
 * that the engine itself exports. `test/docker/engine.sh` starts an engine where there is none.
 */

const engine = process.env['S9PK_TEST_ENGINE'];
if (engine === undefined)
  throw new Error('there is no engine: run test/docker/engine.sh start FOLDER and source FOLDER/environment');
const PLATFORMS = { x86_64: 'amd64', aarch64: 'arm64', riscv64: 'riscv64' } as const;
const run = promisify(execFile);

let temporary: Awaited<ReturnType<typeof temporaryFolder>>;
let folder: string;

const DOCKERFILE = `FROM scratch
ARG TARGETARCH
COPY --chmod=755 busybox-\${TARGETARCH} /bin/busybox
ADD base.tar /
SHELL ["/bin/busybox", "sh", "-c"]
ARG ARCH
ARG GREETING=none
ARG SECRET=unset
RUN /bin/busybox --install -s /bin && mkdir -p /tmp /srv /deep/a/b && echo "$ARCH $(uname -m) $GREETING $SECRET" > /arch
RUN touch /gone /tmp/kept && chmod 4755 /bin/busybox && echo linked > /srv/first && ln /srv/first /srv/second && ln -s ../arch /srv/relative && ln -s /nowhere /srv/dangling
RUN rm /gone && rm -r /deep && mkdir /deep && echo new > /deep/new && mkfifo /srv/pipe && mknod /srv/null c 1 3 && chown 1000:2000 /srv && echo ü > /srv/ünïcode
ENV A="b c" EMPTY= QUOTED="say \\"hi\\""
WORKDIR /srv
USER nobody
ENTRYPOINT ["/bin/sh", "-c"]
CMD ["echo hello"]
`;

before(async () => {
  temporary = await temporaryFolder();
  folder = join(temporary.path, 'wrapper');
  const image = join(folder, 'image');
  await mkdir(image, { recursive: true });
  await mkdir(join(folder, 'javascript'));
  for (const name of Object.values(PLATFORMS))
    await copyFile(join(engine, `busybox-${name}`), join(image, `busybox-${name}`));
  // A file with a capability, one from 2001, an empty one.
  const base = join(temporary.path, 'base');
  await mkdir(join(base, 'opt'), { recursive: true });
  await writeFile(join(base, 'opt', 'ping'), 'not really\n', { mode: 0o755 });
  await writeFile(join(base, 'opt', 'empty'), '');
  await writeFile(join(base, 'opt', 'old'), 'old\n');
  await tool('touch', ['-d', '2001-02-03T04:05:06Z', join(base, 'opt', 'old')]);
  await tool('setcap', ['cap_net_raw+ep', join(base, 'opt', 'ping')]);
  await tool('tar', ['--xattrs', '--xattrs-include=*', '-C', base, '-cf', join(image, 'base.tar'), '.']);
  await writeFile(join(image, 'Dockerfile'), DOCKERFILE);
  await writeFile(join(folder, 'javascript', 'index.js'), 'exports.manifest = {};\n');
  await writeFile(join(folder, 'LICENSE'), 'MIT License\n');
  await writeFile(join(folder, 'instructions.md'), '# Built\n');
  await writeFile(join(folder, 'icon.svg'), '<svg xmlns="http://www.w3.org/2000/svg"/>\n');
  await createKey(folder);
  await writeManifest();
});
after(() => temporary[Symbol.asyncDispose]());

async function writeManifest(images: Record<string, unknown> = {}): Promise<void> {
  const arch = Object.keys(PLATFORMS);
  const manifest = {
    ...{ id: 'built', version: '1.0.0:0', title: 'Built', releaseNotes: 'First.', license: 'MIT' },
    ...{ canMigrateTo: '!', canMigrateFrom: '*', osVersion: '0.4.0' },
    description: { short: 'Built', long: 'Built by a container engine.' },
    ...{ packageRepo: 'https://example.org/', upstreamRepo: 'https://example.org/' },
    images: {
      main: {
        source: {
          dockerBuild: {
            workdir: 'image',
            buildArgs: { GREETING: 'hello', SECRET: { env: 'S9PK_TEST_SECRET' }, ABSENT: { env: 'S9PK_TEST_ABSENT' } },
          },
        },
        arch,
        emulateMissingAs: 'x86_64',
      },
      ...images,
    },
    volumes: ['main'],
  };
  await writeFile(join(folder, 'manifest.json'), JSON.stringify(manifest, null, 2));
}

function packFolder(options: Partial<PackOptions> = {}) {
  const env = { ...process.env, S9PK_TEST_SECRET: 'secret' };
  return pack({ folder, blake3: fastestBlake3(), git: 'none', env, ...options });
}

const errors = (findings: readonly Finding[]) => findings.filter(({ severity }) => severity === 'error');

interface Tree {
  /** Everything about the entries of a tree that an image promises but their times, a line each, sorted. */
  readonly lines: readonly string[];
  /** Modification times in seconds, by path. */
  readonly times: ReadonlyMap<string, number>;
}

async function describeTree(root: string): Promise<Tree> {
  const find = ['.', '-mindepth', '1', '-printf', '%P|%y|%m|%U|%G|%T@|%l|%s|%D\n'];
  const stats = (await tool('find', find, { cwd: root })).toString().trim().split('\n');
  const times = new Map<string, number>();
  const lines = stats.map((line) => {
    const [path = '', type, mode, user, group, time, link, size] = line.split('|');
    times.set(path, Number(time));
    // Sizes of directories are the file system's own affair.
    return [path, type, mode, user, group, link, type === 'f' ? size : ''].join('|');
  });
  const sums = (
    await tool('sh', ['-c', 'find . -type f -print0 | sort -z | xargs -0 sha256sum'], { cwd: root })
  ).toString();
  const xattrs = (await tool('getfattr', ['-R', '-h', '-d', '-m', '-', '-e', 'hex', '.'], { cwd: root })).toString();
  const devices = (
    await tool(
      'sh',
      ['-c', 'find . ( -type c -o -type b ) -exec stat -c "%n %t:%T" {} +'.replaceAll(/[()]/g, '\\$&')],
      { cwd: root },
    )
  ).toString();
  const all = [...lines.sort(), sums, xattrs.split('\n\n').sort().join('\n\n'), devices];
  return { lines: all, times };
}

/** Whether two paths of a tree are one file. */
async function sameFile(root: string, a: string, b: string): Promise<boolean> {
  const inode = async (path: string) => (await tool('stat', ['-c', '%i', join(root, path)])).toString();
  return (await inode(a)) === (await inode(b));
}

async function mounted<T>(image: string, use: (root: string) => Promise<T>): Promise<T> {
  const root = join(temporary.path, 'mounted');
  await mkdir(root, { recursive: true });
  await tool('mount', ['-o', 'loop,ro', '-t', 'squashfs', image, root]);
  try {
    return await use(root);
  } finally {
    await tool('umount', [root]);
  }
}

async function leftovers(): Promise<string[]> {
  const images = (await run('docker', ['images', '-q'])).stdout.trim().split('\n').filter(Boolean);
  const containers = (await run('docker', ['ps', '-aq'])).stdout.trim().split('\n').filter(Boolean);
  const files = (await readdir(folder)).filter((name) => name.includes('.tmp-'));
  return [...images, ...containers, ...files];
}

test('images built for three architectures equal what the engine exports, entry by entry', async () => {
  const result = await packFolder();
  assert.deepEqual(errors(result.findings), []);
  const { made } = result;
  assert.ok(made);
  const cli = join(process.cwd(), 'extension', 'cli', 'entry.ts');
  for (const [arch, platform] of Object.entries(PLATFORMS)) {
    const image = join(temporary.path, `${arch}.squashfs`);
    const cat = (path: string): Promise<{ stdout: Buffer }> =>
      run(process.execPath, [cli, 'cat', made.path, path], { encoding: 'buffer', maxBuffer: 1 << 28 });
    await writeFile(image, (await cat(`images/${arch}/main.squashfs`)).stdout);
    const expected = join(temporary.path, `root-${arch}`);
    await mkdir(expected);
    const tar = join(temporary.path, `${arch}.tar`);
    const args = [`ARCH=${arch}`, 'GREETING=hello', 'SECRET=secret'].flatMap((arg) => ['--build-arg', arg]);
    const output = ['--platform', `linux/${platform}`, '--provenance=false', '--output', `type=tar,dest=${tar}`];
    await run('docker', ['buildx', 'build', ...output, ...args, join(folder, 'image')]);
    await tool('tar', ['--xattrs', '--xattrs-include=*', '-C', expected, '-xf', tar]);
    await mounted(image, async (root) => {
      const [actual, wanted] = [await describeTree(root), await describeTree(expected)];
      assert.deepEqual(actual.lines, wanted.lines);
      // The engine cuts fractions of seconds off in layers, and rounds them in a tar.
      for (const [path, time] of wanted.times) assert.ok(Math.abs((actual.times.get(path) ?? 0) - time) <= 1, path);
      assert.equal(actual.times.get('opt/old'), Date.UTC(2001, 1, 3, 4, 5, 6) / 1000);
      assert.ok(await sameFile(root, 'srv/first', 'srv/second'), 'hard links stay links');
    });
    // The steps really ran as that architecture.
    const said = (await cat(`images/${arch}/main.squashfs/arch`)).stdout.toString();
    assert.equal(said, `${arch} ${arch} hello secret\n`);
    const config = JSON.parse((await cat(`images/${arch}/main.json`)).stdout.toString());
    assert.deepEqual(config, { workdir: '/srv', user: 'nobody', entrypoint: ['/bin/sh', '-c'], cmd: ['echo hello'] });
    const env = (await cat(`images/${arch}/main.env`)).stdout.toString().split('\n').slice(1);
    assert.deepEqual(env, ['A=b c', 'EMPTY=', 'QUOTED=say "hi"']);
  }
  assert.deepEqual(await leftovers(), []);
});

test('packing again with nothing changed gives the same bytes', async () => {
  const first = await packFolder();
  const second = await packFolder();
  assert.ok(first.made && second.made);
  assert.deepEqual(second.made.report.archive.header?.rootSighash, first.made.report.archive.header?.rootSighash);
});

test('what did not change is taken from the cache, and still equals what is made anew', async () => {
  const cache = new ImageCache(join(temporary.path, 'cache'));
  const stages: string[] = [];
  const onProgress = ({ stage }: { stage: string }) => stages.push(stage);
  const first = await packFolder({ cache });
  assert.equal((await cache.list()).length, 3);
  const second = await packFolder({ cache, onProgress });
  assert.ok(!stages.some((stage) => /Compressing images/.test(stage)), 'nothing is compressed again');
  assert.deepEqual(await leftovers(), []);
  assert.ok(first.made && second.made);
  assert.deepEqual(second.made.report.archive.header?.rootSighash, first.made.report.archive.header?.rootSighash);
});

test('an image comes from a tag, without leaving anything', async () => {
  const tag = 's9pk-test/base:1';
  await run('docker', ['buildx', 'build', '--load', '--provenance=false', '-t', tag, join(folder, 'image')]);
  const before = await leftovers();
  await writeManifest({ base: { source: { dockerTag: tag }, arch: ['x86_64'], emulateMissingAs: 'x86_64' } });
  const result = await packFolder({ arch: ['x86_64'] });
  assert.deepEqual(errors(result.findings), []);
  assert.deepEqual([...(result.made?.report.manifest?.images.keys() ?? [])], ['base', 'main']);
  assert.deepEqual(await leftovers(), before);
  await run('docker', ['rmi', tag]);
  await writeManifest();
});

test('a mistake in a Dockerfile is placed at its line', async () => {
  const file = join(folder, 'image', 'Dockerfile');
  for (const [text, line] of [
    ['FROM scratch\nCOPPY a b\n', 2],
    ['FROM scratch\n\nCOPY nothing /nothing\n', 3],
    [DOCKERFILE.replace('RUN rm /gone', 'RUN false'), 11],
  ] as const) {
    await writeFile(file, text);
    const [found, ...others] = errors((await packFolder({ arch: ['x86_64'] })).findings);
    assert.deepEqual(others, []);
    assert.equal(found?.code, 'dockerfile-failed', found?.message);
    assert.deepEqual([found?.where.file, found?.where.line], [file, line]);
  }
  await writeFile(file, DOCKERFILE);
  assert.deepEqual(await leftovers(), []);
});

test('what is missing is said with what mends it', async () => {
  const codesWith = async (options: Partial<PackOptions>) =>
    errors((await packFolder({ arch: ['x86_64'], ...options })).findings).map(({ code }) => code);
  assert.deepEqual(await codesWith({ env: { PATH: temporary.path } }), ['engine-missing']);
  assert.deepEqual(await codesWith({ env: { ...process.env, DOCKER_HOST: 'unix:///nowhere/docker.sock' } }), [
    'engine-stopped',
  ]);
  assert.deepEqual(await codesWith({ builder: 'nobody' }), ['buildx-missing']);
  const noPlugins = { ...process.env, DOCKER_CONFIG: temporary.path };
  const plugins = spawnSync('docker', ['buildx', 'version'], { env: noPlugins });
  if (plugins.status !== 0) assert.deepEqual(await codesWith({ env: noPlugins }), ['buildx-missing']);
  await writeManifest({
    base: { source: { dockerTag: 'nowhere.example.org/x:1' }, arch: ['x86_64'], emulateMissingAs: 'x86_64' },
  });
  assert.deepEqual(await codesWith({}), ['build-network']);
  await writeManifest({
    base: { source: { dockerTag: 'x:1\nRUN evil' }, arch: ['x86_64'], emulateMissingAs: 'x86_64' },
  });
  assert.deepEqual(await codesWith({}), ['image-not-found']);
  await writeManifest();
});

test('a new wrapper packs untouched, for every architecture', async () => {
  // What the template starts from, as this engine has it.
  const base = join(temporary.path, 'busybox');
  await mkdir(base);
  for (const name of Object.values(PLATFORMS))
    await copyFile(join(engine, `busybox-${name}`), join(base, `busybox-${name}`));
  const install = 'RUN ["/bin/busybox", "--install", "-s", "/bin"]';
  await writeFile(
    join(base, 'Dockerfile'),
    `FROM scratch\nARG TARGETARCH\nCOPY busybox-$TARGETARCH /bin/busybox\n${install}\n`,
  );
  const platforms = Object.values(PLATFORMS).map((name) => `linux/${name}`);
  await run('docker', [
    ...['buildx', 'build', '--load', '--provenance=false', '--platform', platforms.join(',')],
    ...['-t', 'busybox:stable', base],
  ]);
  const fresh = join(temporary.path, 'fresh');
  await makeWrapper({
    ...{ folder: fresh, templates: resolve('templates'), template: 'dockerfile', id: 'fresh', title: 'Fresh' },
    ...{ port: 8080, year: 2026 },
  });
  await symlink(resolve('node_modules'), join(fresh, 'node_modules'), 'dir');
  const result = await packFolder({ folder: fresh });
  assert.ok(result.made, JSON.stringify(errors(result.findings)));
  assert.deepEqual(result.made.report.manifest?.images.get('main')?.arch, ['aarch64', 'riscv64', 'x86_64']);
  await run('docker', ['rmi', 'busybox:stable']);
});

test('a remote builder can be chosen by name', async () => {
  // BuildKit behind a socket of its own, as a team's build machine has it.
  const socket = join(temporary.path, 'buildkit.sock');
  let connections = 0;
  const relay = createServer((client) => {
    connections++;
    const buildkit = spawn('docker', ['buildx', 'dial-stdio', '--builder', 'default'], {
      stdio: ['pipe', 'pipe', 'ignore'],
      // docker runs buildx as a child, which must end with it.
      detached: true,
    });
    const end = () =>
      buildkit.pid !== undefined && buildkit.exitCode === null && process.kill(-buildkit.pid, 'SIGKILL');
    client.pipe(buildkit.stdin);
    buildkit.stdout.pipe(client);
    for (const stream of [client, buildkit.stdin]) stream.on('error', () => undefined);
    client.on('close', end);
    buildkit.on('exit', () => client.destroy());
  });
  await new Promise<void>((listening) => relay.listen(socket, listening));
  const name = 's9pk-test-remote';
  await run('docker', ['buildx', 'create', '--name', name, '--driver', 'remote', `unix://${socket}`]);
  try {
    const before = connections;
    const cache = new ImageCache(join(temporary.path, 'remote-cache'));
    const first = await packFolder({ arch: ['x86_64'], builder: name, cache });
    assert.ok(first.made, JSON.stringify(errors(first.findings)));
    assert.ok(connections > before, 'the remote builder was not used');
    const log: string[] = [];
    const again = await packFolder({ arch: ['x86_64'], builder: name, cache, log: (line) => log.push(line) });
    assert.ok(again.made);
    assert.ok(!log.some((line) => line.includes('type=oci')), 'an unchanged image was exported again');
  } finally {
    await run('docker', ['buildx', 'rm', name]);
    relay.close();
  }
});

test('steps are told as they go, and warnings are placed at their line, once', async () => {
  const file = join(folder, 'image', 'Dockerfile');
  await writeFile(file, DOCKERFILE.replace('RUN touch /gone', 'RUN echo told; \\\n\n  touch /gone'));
  const updates: BuildUpdate[] = [];
  const result = await packFolder({ onBuild: (update) => updates.push(update) });
  assert.ok(result.made, JSON.stringify(errors(result.findings)));
  const warnings = result.findings.filter(({ code }) => code === 'dockerfile-warning');
  assert.deepEqual(
    warnings.map(({ where }) => [where.file, where.line]),
    [[file, 12]],
    JSON.stringify(result.findings),
  );
  assert.match(warnings[0]?.message ?? '', /continuation line/);
  assert.deepEqual(
    new Set(updates.map(({ build }) => build)),
    new Set(Object.keys(PLATFORMS).map((arch) => `main for ${arch}`)),
  );
  assert.ok(updates.some(({ state, name, seconds }) => state === 'done' && /RUN/.test(name) && (seconds ?? -1) >= 0));
  assert.ok(
    updates.some(({ lines }) => lines?.includes('told')),
    'what a step printed is told',
  );
  const text = new BuildTree();
  for (const update of updates) text.take(update);
  const tree = text.lines(100, (_colour, words) => words).join('\n');
  assert.match(tree, /^✓ main for riscv64 {2}\d+ steps/m);
  await writeFile(file, DOCKERFILE);
});

test('cancelling stops the build at once and leaves nothing', async () => {
  const file = join(folder, 'image', 'Dockerfile');
  await writeFile(file, DOCKERFILE.replace('RUN rm /gone', 'RUN sleep 60; rm /gone'));
  const controller = new AbortController();
  let sleeps = () => {};
  const sleeping = new Promise<void>((resolve) => {
    sleeps = resolve;
  });
  const packing = packFolder({
    arch: ['x86_64'],
    signal: controller.signal,
    log: (line) => {
      if (/RUN sleep 60/.test(line)) sleeps();
    },
  });
  await sleeping;
  const cancelled = performance.now();
  controller.abort(new Error('cancelled'));
  await assert.rejects(packing, /cancelled/);
  assert.ok(performance.now() - cancelled < 2000, 'it took longer than two seconds');
  await writeFile(file, DOCKERFILE);
  assert.deepEqual(await leftovers(), []);
});

test('an engine that ends in mid-build gives a clear error, and nothing is left', async () => {
  const pid = Number(await readFile(join(engine, 'docker.pid'), 'utf8'));
  const file = join(folder, 'image', 'Dockerfile');
  await writeFile(file, DOCKERFILE.replace('RUN rm /gone', 'RUN sleep 60; rm /gone'));
  let isEnding = false;
  const result = await packFolder({
    arch: ['x86_64'],
    log: (line) => {
      // Last of all: no test can build after this one.
      if (/RUN sleep 60/.test(line) && !isEnding) process.kill(pid, 'SIGTERM');
      isEnding ||= /RUN sleep 60/.test(line);
    },
  });
  assert.ok(isEnding);
  const [found, ...others] = errors(result.findings);
  assert.deepEqual(others, []);
  assert.ok(found && ['engine-stopped', 'build-failed'].includes(found.code), JSON.stringify(found));
  assert.deepEqual(
    (await readdir(folder)).filter((name) => name.includes('.tmp-')),
    [],
  );
});
