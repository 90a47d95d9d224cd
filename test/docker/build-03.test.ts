import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { copyFile, cp, mkdir, readFile, stat, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { promisify } from 'node:util';
import { exportImage } from '../../extension/engine/browse/export-image.ts';
import { openBrowser } from '../../extension/engine/browse/open-browser.ts';
import { ScratchLayers } from '../../extension/engine/browse/unpack-layer.ts';
import { fastestBlake3 } from '../../extension/engine/hash/fastest-blake3.ts';
import { FileSource } from '../../extension/engine/io/file-source.ts';
import { createKey } from '../../extension/engine/sign/key-store.ts';
import { type PackFolderOptions, packFolder } from '../../extension/manifest/wrapper/packing/pack-folder.ts';
import { temporaryFolder } from '../support/tools.ts';

/** The example for StartOS 0.3, its images built by a real container engine for both architectures. */

const engine = process.env['S9PK_TEST_ENGINE'];
if (engine === undefined)
  throw new Error('there is no engine: run test/docker/engine.sh start FOLDER and source FOLDER/environment');
const run = promisify(execFile);
const ARCHES = ['aarch64', 'x86_64'];

let temporary: Awaited<ReturnType<typeof temporaryFolder>>;
let folder: string;

before(async () => {
  temporary = await temporaryFolder();
  folder = join(temporary.path, 'hello-world');
  await cp('examples/hello-world-0.3', folder, { recursive: true });
  // The engine of the tests has no network: its own busybox stands for the published one.
  for (const name of ['amd64', 'arm64'])
    await copyFile(join(engine, `busybox-${name}`), join(folder, `busybox-${name}`));
  const dockerfile = await readFile(join(folder, 'Dockerfile'), 'utf8');
  const base = `FROM scratch\nARG PLATFORM\nCOPY --chmod=755 busybox-\${PLATFORM} /bin/busybox\nRUN ["/bin/busybox", "--install", "-s", "/bin"]\nRUN ["/bin/sh", "-c", "uname -m > /machine"]`;
  await writeFile(join(folder, 'Dockerfile'), dockerfile.replace('FROM busybox:stable', base));
  await createKey(folder);
});
after(() => temporary[Symbol.asyncDispose]());

const pack = (more: Partial<PackFolderOptions> = {}) =>
  packFolder({ folder, blake3: fastestBlake3(), git: 'none', env: process.env, ...more });

test('the example packs and verifies with images of both architectures, twice to equal bytes', async () => {
  const first = await pack();
  assert.ok(first.made?.generation === '0.3', JSON.stringify(first.findings));
  assert.deepEqual(
    first.findings.filter(({ severity }) => severity !== 'info'),
    [],
  );
  assert.deepEqual(first.made.package.architectures, ARCHES);
  const { path, report } = first.made.package;
  assert.ok(report.complete && report.canonical);
  const bytes = await readFile(path);
  const times = async () =>
    Promise.all(ARCHES.map(async (arch) => (await stat(join(folder, 'docker-images', `${arch}.tar`))).mtimeMs));
  const built = await times();
  await pack();
  assert.ok(bytes.equals(await readFile(path)));
  assert.deepEqual(await times(), built, 'what is up to date is not built');
});

test('each image ran as its architecture, and is what the engine would load', async () => {
  await using source = await FileSource.open(join(folder, 'hello-world.s9pk'));
  await using layers = new ScratchLayers();
  const browser = await openBrowser(source, fastestBlake3(), layers.unpack);
  for (const arch of ARCHES) {
    const content = await browser.content(await browser.nodeAt(`images/${arch}.tar/main/root/machine`));
    assert.equal(new TextDecoder().decode(await content?.read(0, 100)), `${arch}\n`);
    const script = await browser.nodeAt(`images/${arch}.tar/main/root/usr/local/bin/docker_entrypoint.sh`);
    assert.equal((script.mode ?? 0) & 0o777, 0o755);
  }
  const tar = join(folder, 'docker-images', 'x86_64.tar');
  const { stdout } = await run('docker', ['load', '-i', tar]);
  assert.match(stdout, /start9\/hello-world\/main:1\.0\.0/);
  await run('docker', ['rmi', '-f', 'start9/hello-world/main:1.0.0']);
});

test('a new version and a newer source build again; a mistake in the Dockerfile is at its line', async () => {
  const manifest = join(folder, 'manifest.yaml');
  const text = await readFile(manifest, 'utf8');
  await writeFile(manifest, text.replace('version: 1.0.0', 'version: 1.0.1'));
  const never = await pack({ build: 'never' });
  assert.deepEqual(
    never.findings.filter(({ severity }) => severity === 'error').map(({ code, where }) => [code, where.line]),
    [['image-tag', 3]],
  );
  const again = await pack();
  assert.ok(again.made?.generation === '0.3', JSON.stringify(again.findings));
  assert.equal(again.made.package.report.version, '1.0.1');
  const page = join(folder, 'www', 'index.html');
  await writeFile(page, 'newer');
  const later = new Date(Date.now() + 60_000);
  await utimes(page, later, later);
  const tar = join(folder, 'docker-images', 'x86_64.tar');
  const before = (await stat(tar)).mtimeMs;
  await pack({ arch: ['x86_64'] });
  assert.notEqual((await stat(tar)).mtimeMs, before);
  const dockerfile = join(folder, 'Dockerfile');
  const good = await readFile(dockerfile, 'utf8');
  await writeFile(dockerfile, `${good}RUN ["/bin/false"]\n`);
  await utimes(dockerfile, later, later);
  const failed = await pack();
  const line = good.split('\n').length;
  assert.deepEqual(
    failed.findings.filter(({ severity }) => severity === 'error').map(({ code, where }) => [code, where.line]),
    [['dockerfile-failed', line]],
  );
  await writeFile(dockerfile, good);
});

test('several images of a wrapper stand in one archive, layers that they share once', async () => {
  const manifest = join(folder, 'manifest.yaml');
  const text = await readFile(manifest, 'utf8');
  await writeFile(
    manifest,
    text.replace(
      '    image: main\n    entrypoint: check-web.sh\n    args: []\n    inject: true',
      '    image: checks\n    entrypoint: check-web.sh\n    args: []',
    ),
  );
  await writeFile(
    join(folder, 'Dockerfile.checks'),
    `${await readFile(join(folder, 'Dockerfile'), 'utf8')}LABEL checks=1\n`,
  );
  const { made, findings } = await pack();
  assert.ok(made?.generation === '0.3', JSON.stringify(findings));
  assert.deepEqual(made.package.images, ['main', 'checks']);
  const { stdout } = await run('docker', ['load', '-i', join(folder, 'docker-images', 'x86_64.tar')]);
  assert.match(stdout, /hello-world\/main:/);
  assert.match(stdout, /hello-world\/checks:/);
  for (const name of ['main', 'checks']) await run('docker', ['rmi', '-f', `start9/hello-world/${name}:1.0.1`]);
});

test('an OCI layout that the engine wrote is packed under the tag of the package, loaded, run, and exported', async () => {
  await using other = await temporaryFolder();
  const wrapper = join(other.path, 'hello-world');
  await cp('examples/hello-world-0.3', wrapper, { recursive: true });
  await createKey(wrapper);
  const context = join(other.path, 'context');
  await mkdir(context);
  await copyFile(join(String(engine), 'busybox-amd64'), join(context, 'busybox'));
  const dockerfile = 'FROM scratch\nCOPY --chmod=755 busybox /bin/busybox\nENTRYPOINT ["/bin/busybox"]\nENV WHO=them\n';
  await writeFile(join(context, 'Dockerfile'), dockerfile);
  const oci = join(other.path, 'oci.tar');
  const flags = ['--platform', 'linux/amd64', '--provenance=false', '-t', 'web:latest', '-o', `type=oci,dest=${oci}`];
  await run('docker', ['buildx', 'build', ...flags, context]);
  const images = [{ id: 'main', arch: 'x86_64', path: oci }];
  const options = { folder: wrapper, blake3: fastestBlake3(), git: 'none', env: process.env, images } as const;
  const { made, findings } = await packFolder(options);
  assert.ok(made?.generation === '0.3', JSON.stringify(findings));
  assert.deepEqual(made.package.architectures, ['x86_64']);
  await using source = await FileSource.open(made.package.path);
  await using layers = new ScratchLayers();
  const browser = await openBrowser(source, fastestBlake3(), layers.unpack);
  const content = await browser.content(await browser.nodeAt('images/x86_64.tar'));
  const tar = join(other.path, 'image.tar');
  await writeFile(tar, (await content?.read(0, content.size)) ?? '');
  const loaded = await run('docker', ['load', '-i', tar]);
  assert.match(loaded.stdout, /start9\/hello-world\/main:1\.0\.0/);
  const said = await run('docker', ['run', '--rm', '--network', 'none', 'start9/hello-world/main:1.0.0', 'env']);
  assert.match(said.stdout, /WHO=them/);
  await run('docker', ['rmi', '-f', 'start9/hello-world/main:1.0.0']);
  const layout = join(other.path, 'layout');
  await exportImage(browser, { id: 'main', arch: 'x86_64', format: 'oci', output: layout });
  const again = await packFolder({ ...options, images: [{ id: 'main', arch: 'x86_64', path: layout }] });
  assert.ok(again.made, JSON.stringify(again.findings));
});
