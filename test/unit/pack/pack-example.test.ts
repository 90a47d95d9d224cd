import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { promisify } from 'node:util';
import { walk } from '../../../extension/engine/archive/entry.ts';
import { openArchive } from '../../../extension/engine/archive/reader.ts';
import { toHex } from '../../../extension/engine/bytes.ts';
import { readAll } from '../../../extension/engine/io/byte-source.ts';
import { FileSource } from '../../../extension/engine/io/file-source.ts';
import { type PackOptions, type PackResult, pack } from '../../../extension/engine/pack/pack.ts';
import { blake3 } from '../../support/archives.ts';
import { UpstreamReader } from '../../support/sdk.ts';
import { temporaryFolder, tool } from '../../support/tools.ts';
import { copyExample, prepareExample } from '../../vscode/workspace.ts';

const run = promisify(execFile);
let temporary: Awaited<ReturnType<typeof temporaryFolder>>;
let folder: string;

before(async () => {
  prepareExample();
  temporary = await temporaryFolder();
  folder = join(temporary.path, 'hello-world');
  await copyExample(folder);
  // Without git's own settings of this machine: a repository with everything committed.
  await run('git', ['init', '-q'], { cwd: folder });
  await run('git', ['add', '-A'], { cwd: folder });
  await run('git', ['-c', 'user.name=t', '-c', 'user.email=t@example.org', 'commit', '-qm', 'all'], { cwd: folder });
});
after(() => temporary[Symbol.asyncDispose]());

function packExample(options: Partial<PackOptions> = {}): Promise<PackResult> {
  return pack({ folder, images: [{ id: 'main', path: join(folder, 'image', 'oci') }], blake3, ...options });
}

const errors = ({ findings }: PackResult) => findings.filter((found) => found.severity === 'error');
const sha256 = async (path: string) =>
  createHash('sha256')
    .update(await readFile(path))
    .digest('hex');

test("the example packs, and upstream's own reader opens it with every hash right", async () => {
  const result = await packExample();
  assert.deepEqual(errors(result), []);
  assert.ok(result.made);
  assert.equal(result.made.path, join(folder, 'hello-world.s9pk'));

  const upstream = await UpstreamReader.deserialize(new Blob([await readFile(result.made.path)]), null);
  assert.equal(upstream.manifest['id'], 'hello-world');
  assert.equal(upstream.manifest['title'], 'Hello World');
  assert.match(await upstream.icon(), /^data:image\/svg\+xml;base64,/);
  await using source = await FileSource.open(result.made.path);
  const { root } = await openArchive(source, { blake3 });
  let files = 0;
  for (const [path, entry] of walk(root)) {
    if (entry.kind !== 'file') continue;
    files++;
    const theirs = await upstream.archive.contents.getPath(path)?.verifiedFileContents();
    assert.ok(theirs, path.join('/'));
    assert.deepEqual(new Uint8Array(theirs), await readAll(entry.content, 1 << 30), path.join('/'));
    const b3sum = await tool('b3sum', ['--no-names', '--raw', '-'].slice(0, 1).concat(await toFile(entry.content)));
    assert.equal(b3sum.toString().trim(), toHex(entry.hash), path.join('/'));
  }
  assert.equal(files, 16);
});

async function toFile(content: Parameters<typeof readAll>[0]): Promise<string> {
  const path = join(temporary.path, 'content');
  await writeFile(path, await readAll(content, 1 << 30));
  return path;
}

test('packing twice gives the same bytes; name order gives the same hash and signature', async () => {
  const path = join(folder, 'hello-world.s9pk');
  const before = await sha256(path);
  await rm(path);
  const again = await packExample();
  assert.equal(await sha256(path), before);
  const named = await packExample({ order: 'name', output: join(temporary.path, 'named.s9pk') });
  assert.equal(named.made?.report.archive.order, 'name');
  assert.deepEqual(named.made?.report.archive.header?.signature, again.made?.report.archive.header?.signature);
  assert.equal(named.made?.report.canonical, true);
});

test('the squashfs images hold what the image and the folders hold', async () => {
  await using source = await FileSource.open(join(folder, 'hello-world.s9pk'));
  const { root } = await openArchive(source, { blake3 });
  const contents: Record<string, string> = {};
  for (const [path, entry] of walk(root)) {
    if (entry.kind !== 'file' || !path.at(-1)?.endsWith('.squashfs')) continue;
    contents[path.join('/')] = (await tool('rdsquashfs', ['-d', await toFile(entry.content)])).toString();
  }
  for (const arch of ['aarch64', 'riscv64', 'x86_64']) {
    const lines = contents[`images/${arch}/main.squashfs`]?.trim().split('\n').sort();
    assert.deepEqual(lines, [
      'dir etc 0755 0 0',
      'file etc/group 0644 0 0',
      'file etc/passwd 0644 0 0',
      'file server 0755 0 0',
    ]);
  }
  assert.match(contents['javascript.squashfs'] ?? '', /^file index\.js 0644 0 0$/m);
});

test('the commit is recorded, and that tracked files differ from it', async () => {
  const { stdout } = await run('git', ['rev-parse', 'HEAD'], { cwd: folder });
  const clean = await packExample();
  assert.equal(clean.made?.report.manifest?.gitHash, stdout.trim());
  const instructions = join(folder, 'instructions.md');
  const text = await readFile(instructions);
  await writeFile(instructions, 'changed\n');
  assert.equal((await packExample()).made?.report.manifest?.gitHash, `${stdout.trim()}-modified`);
  await writeFile(instructions, text);
  assert.equal((await packExample({ git: 'none' })).made?.report.manifest?.gitHash, null);
  assert.equal((await packExample({ git: { hash: 'abc' } })).made?.report.manifest?.gitHash, 'abc');
});

test('one architecture is packed under its own name with only its image', async () => {
  const result = await packExample({ arch: ['riscv64'] });
  assert.equal(result.made?.path, join(folder, 'hello-world_riscv64.s9pk'));
  const { manifest } = result.made.report;
  assert.deepEqual(manifest?.hardwareRequirements.arch, ['riscv64']);
  assert.deepEqual(manifest?.images.get('main')?.arch, ['riscv64']);
  const variant = await packExample({ arch: ['x86_64'], env: { VARIANT: 'slim' } });
  assert.equal(variant.made?.path, join(folder, 'hello-world_slim_x86_64.s9pk'));
  const unknown = await packExample({ arch: ['mips'] });
  assert.deepEqual(
    errors(unknown).map((found) => found.code),
    ['arch-unsupported'],
  );
});

test('without images every one is named, and how to give it', async () => {
  const result = await packExample({ images: [{ id: 'mian', path: join(folder, 'icon.svg') }], env: { PATH: folder } });
  assert.deepEqual(
    errors(result).map((found) => [found.code, found.where.path]),
    [
      ['engine-missing', '/images/main/source'],
      ['engine-missing', '/images/main/source'],
      ['engine-missing', '/images/main/source'],
    ],
  );
  assert.match(errors(result)[0]?.message ?? '', /install Docker.*--image main:aarch64=PATH/);
  assert.ok(result.findings.some((found) => found.code === 'image-unused'));
});

test('a Dockerfile that is not there is said once, and the images that are given are used', async () => {
  const dockerfile = join(folder, 'image', 'Dockerfile');
  const away = join(temporary.path, 'Dockerfile');
  await rename(dockerfile, away);
  try {
    const path = join(folder, 'image', 'oci');
    const { findings } = await packExample({ images: [{ id: 'main', arch: 'riscv64', path }] });
    const codes = findings.map(({ code }) => code);
    assert.deepEqual(
      codes.filter((code) => code === 'input-missing' || code === 'image-unused'),
      ['input-missing'],
    );
  } finally {
    await rename(away, dockerfile);
  }
});

test('an image for another architecture is refused, with the architectures that are there', async () => {
  const layout = join(folder, 'image', 'oci');
  const index = join(layout, 'index.json');
  const text = await readFile(index, 'utf8');
  const parsed = JSON.parse(text) as { manifests: unknown[] };
  await writeFile(index, JSON.stringify({ ...parsed, manifests: parsed.manifests.slice(0, 1) }));
  const result = await packExample({ arch: ['riscv64'] });
  await writeFile(index, text);
  assert.deepEqual(
    errors(result).map((found) => found.code),
    ['image-source-invalid'],
  );
  assert.match(errors(result)[0]?.message ?? '', /no image for riscv64/);
});

test('a bundle that fails to load is a finding with its line, and noise on standard output does not matter', async () => {
  const bundle = join(folder, 'javascript', 'index.js');
  const good = await readFile(bundle);
  await writeFile(bundle, 'console.log("noise")\n\nthrow new Error("broken bundle")\n');
  const broken = await packExample();
  assert.deepEqual(
    errors(broken).map(({ code, where }) => [code, where.file, where.line]),
    [['bundle-run', bundle, 3]],
  );
  await writeFile(bundle, 'console.log("noise"); process.exit(7)');
  assert.deepEqual(
    errors(await packExample()).map((found) => found.code),
    ['bundle-run'],
  );
  await writeFile(bundle, 'exports.main = 1');
  assert.deepEqual(
    errors(await packExample()).map((found) => found.code),
    ['bundle-manifest'],
  );
  await writeFile(bundle, Buffer.concat([Buffer.from('console.log("noise");'), good]));
  assert.deepEqual(errors(await packExample()), []);
  await writeFile(
    bundle,
    Buffer.concat([good, Buffer.from(';module.exports = { ...module.exports, main: undefined, uninit: undefined };')]),
  );
  assert.deepEqual(
    (await packExample()).findings.filter(({ code }) => code === 'bundle-exports').map(({ message }) => message),
    ['the bundle does not export uninit, main, which devices call; export it from startos/index.ts'],
  );
  await writeFile(bundle, good);
});

test('cancelling at any moment leaves the last package and nothing else', async () => {
  const path = join(folder, 'hello-world.s9pk');
  await packExample();
  const before = await sha256(path);
  const names = (await readdir(folder)).sort();
  for (let delay = 0; delay < 400; delay += 20) {
    const controller = new AbortController();
    const timer = setTimeout(() => controller.abort(new Error('cancelled')), delay);
    await packExample({ signal: controller.signal }).catch((error: Error) => assert.equal(error.message, 'cancelled'));
    clearTimeout(timer);
    assert.deepEqual((await readdir(folder)).sort(), names, `after ${delay} ms`);
    assert.equal(await sha256(path), before);
  }
});

test('a folder that is not a wrapper says so', async () => {
  const result = await packExample({ folder: temporary.path });
  assert.ok(errors(result).some((found) => found.code === 'wrapper-missing'));
  await assert.rejects(packExample({ folder: join(temporary.path, 'nowhere') }), { code: 'ENOENT' });
});
