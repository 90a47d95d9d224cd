import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import { ImageError } from '../../../extension/engine/image/image-error.ts';
import { openImage } from '../../../extension/engine/image/image-source.ts';
import { MemorySink } from '../../../extension/engine/io/byte-sink.ts';
import { Closers } from '../../../extension/engine/io/closers.ts';
import { writeSquashfs } from '../../../extension/engine/squashfs/write/writer.ts';
import { blake3 } from '../../support/archives.ts';
import { tarOf } from '../../support/tars.ts';
import { temporaryFolder } from '../../support/tools.ts';
import { listTree } from '../../support/trees.ts';

const root = tarOf([{ name: 'etc/' }, { name: 'etc/passwd', content: 'root\n' }]);
const upper = tarOf([
  { name: 'app', content: 'app', mode: 0o755 },
  { name: 'etc/.wh.passwd', content: '' },
]);
const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');
const json = (value: unknown) => Buffer.from(JSON.stringify(value));

const config = (architecture: string) =>
  json({
    architecture,
    os: 'linux',
    config: { Env: ['A=1', 'B='], User: 'app', WorkingDir: '/app', Entrypoint: ['/app'], Cmd: ['serve'] },
    rootfs: { type: 'layers', diff_ids: [`sha256:${sha256(root)}`, `sha256:${sha256(upper)}`] },
  });

/** Opens `bytes` as an image file and lists what is in it. */
async function openBytes(bytes: Uint8Array, arch = 'x86_64') {
  await using temporary = await temporaryFolder();
  const path = join(temporary.path, 'image');
  await writeFile(path, bytes);
  return await openPath(path, temporary.path, arch);
}

async function openPath(path: string, temporary: string, arch: string) {
  const scratch = join(temporary, 'scratch');
  await mkdir(scratch);
  await using closers = new Closers();
  const image = await openImage(path, closers, { arch, scratch });
  return { ...image, paths: image.kind === 'tree' ? [...(await listTree(image.root)).keys()].slice(1) : [] };
}

/** Files of an OCI layout with one image for each architecture, layers compressed in different ways. */
function ociFiles(
  architectures: readonly string[],
  damage: (bytes: Uint8Array) => Uint8Array = (bytes) => bytes,
): Map<string, Uint8Array> {
  const files = new Map<string, Uint8Array>([['oci-layout', json({ imageLayoutVersion: '1.0.0' })]]);
  const blob = (bytes: Uint8Array, mediaType: string) => {
    files.set(`blobs/sha256/${sha256(bytes)}`, bytes);
    return { mediaType, digest: `sha256:${sha256(bytes)}`, size: bytes.length };
  };
  const manifests = architectures.map((architecture) => {
    const layers = [gzipSync(root), zstdCompressSync(upper)].map((bytes) => blob(bytes, 'layer'));
    const manifest = json({
      schemaVersion: 2,
      config: blob(config(architecture), 'application/vnd.oci.image.config.v1+json'),
      layers,
    });
    return { ...blob(manifest, 'application/vnd.oci.image.manifest.v1+json'), platform: { architecture, os: 'linux' } };
  });
  const attestation = {
    ...blob(json({ config: {}, layers: [] }), 'manifest'),
    platform: { architecture: 'unknown', os: 'unknown' },
  };
  const nested = blob(
    json({ schemaVersion: 2, manifests: [...manifests, attestation] }),
    'application/vnd.oci.image.index.v1+json',
  );
  files.set('index.json', json({ schemaVersion: 2, manifests: [nested] }));
  for (const [name, bytes] of files) if (bytes.length > 200 && name.startsWith('blobs')) files.set(name, damage(bytes));
  return files;
}

const tarOfFiles = (files: Map<string, Uint8Array>) => tarOf([...files].map(([name, content]) => ({ name, content })));

test('root file system tars are read plain, gzip and zstd', async () => {
  for (const bytes of [root, gzipSync(root), zstdCompressSync(root)]) {
    const image = await openBytes(bytes);
    assert.deepEqual(image.paths, ['/etc', '/etc/passwd']);
    assert.deepEqual(image.config, { env: [], workdir: '/', user: 'root', entrypoint: null, cmd: null });
  }
});

test('a file of several gzip members or zstd frames is read to its end', async () => {
  const [first, second] = [root.subarray(0, 700), root.subarray(700)];
  for (const compress of [gzipSync, zstdCompressSync]) {
    const image = await openBytes(Buffer.concat([compress(first), compress(second)]));
    assert.deepEqual(image.paths, ['/etc', '/etc/passwd']);
  }
});

test('empty files and archives are refused, not packed as empty images', async () => {
  await assert.rejects(openBytes(new Uint8Array(0)), /the file is empty/);
  await assert.rejects(openBytes(new Uint8Array(10_240)), /the archive is empty/);
});

test('a layer that is a link to another is found', async () => {
  const docker = tarOf([
    { name: 'b/layer.tar', linkTo: '../a/layer.tar' },
    { name: 'a/layer.tar', content: root },
    { name: 'manifest.json', content: json([{ Config: 'config.json', Layers: ['a/layer.tar', 'b/layer.tar'] }]) },
    { name: 'config.json', content: json({ architecture: 'amd64', config: {} }) },
  ]);
  assert.deepEqual((await openBytes(docker)).paths, ['/etc', '/etc/passwd']);
});

test('in a root file system a name like a whiteout is an ordinary one', async () => {
  assert.deepEqual((await openBytes(tarOf([{ name: '.wh.x', content: '' }]))).paths, ['/.wh.x']);
});

const expectedConfig = { env: ['A=1', 'B='], workdir: '/app', user: 'app', entrypoint: ['/app'], cmd: ['serve'] };

test('an OCI layout is read from a tar and from a folder, with nested index, gzip and zstd layers', async () => {
  const files = ociFiles(['amd64', 'arm64']);
  const image = await openBytes(tarOfFiles(files), 'aarch64');
  assert.deepEqual(image.paths, ['/app', '/etc']);
  assert.deepEqual(image.config, expectedConfig);

  await using temporary = await temporaryFolder();
  const folder = join(temporary.path, 'layout');
  await mkdir(join(folder, 'blobs', 'sha256'), { recursive: true });
  for (const [name, bytes] of files) await writeFile(join(folder, name), bytes);
  assert.deepEqual((await openPath(folder, temporary.path, 'x86_64')).paths, ['/app', '/etc']);
});

test('an image for another architecture is refused and named', async () => {
  await assert.rejects(openBytes(tarOfFiles(ociFiles(['amd64'])), 'riscv64'), /no image for riscv64/);
  // The same image under two tags is one.
  assert.deepEqual((await openBytes(tarOfFiles(ociFiles(['amd64', 'amd64'])))).paths, ['/app', '/etc']);
});

test('a damaged layer or manifest is noticed by its digest', async () => {
  const flip = (bytes: Uint8Array) => {
    const changed = Uint8Array.from(bytes);
    changed[changed.length - 1] = (changed[changed.length - 1] ?? 0) ^ 1;
    return changed;
  };
  await assert.rejects(
    openBytes(tarOfFiles(ociFiles(['amd64'], flip))),
    (error) => error instanceof ImageError && /damaged/.test(error.message),
  );
});

test('what docker save writes is read', async () => {
  const docker = tarOf([
    {
      name: 'manifest.json',
      content: json([{ Config: 'config.json', RepoTags: ['x:1'], Layers: ['a/layer.tar', 'b/layer.tar'] }]),
    },
    { name: 'config.json', content: config('amd64') },
    { name: 'a/layer.tar', content: root },
    { name: 'b/layer.tar', content: upper },
  ]);
  const image = await openBytes(docker);
  assert.deepEqual(image.paths, ['/app', '/etc']);
  assert.deepEqual(image.config, expectedConfig);
  await assert.rejects(openBytes(docker, 'aarch64'), /no image for aarch64.*amd64/);
});

test('a squashfs image is taken as it is', async () => {
  const sink = new MemorySink();
  await writeSquashfs({ kind: 'directory', mode: 0o755, uid: 0, gid: 0, mtime: 0, children: new Map() }, sink, {
    blake3,
    label: 'x',
  });
  const image = await openBytes(sink.bytes());
  assert.equal(image.kind, 'squashfs');
  assert.equal(image.kind === 'squashfs' && image.compressor, 'gzip');
  await assert.rejects(openBytes(sink.bytes().subarray(0, 100)), /cut short/);
  await assert.rejects(openBytes(Buffer.concat([sink.bytes(), Buffer.alloc(1)])), /not padded/);
});

test('what is none of these is refused with words', async () => {
  await assert.rejects(openBytes(Buffer.from('hello '.repeat(200))), /neither a squashfs image nor a tar/);
  await assert.rejects(openBytes(gzipSync(root).subarray(0, 60)), /damaged/);
  await using temporary = await temporaryFolder();
  await assert.rejects(openPath(temporary.path, temporary.path, 'x86_64'), /not an OCI layout/);
});
