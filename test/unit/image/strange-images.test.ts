import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import { printableName } from '../../../extension/engine/archive/names.ts';
import { decodeName, encodeName } from '../../../extension/engine/byte-names.ts';
import { checkImage } from '../../../extension/engine/image/check-image.ts';
import { ImageError } from '../../../extension/engine/image/image-error.ts';
import { openImage } from '../../../extension/engine/image/image-source.ts';
import { readAll } from '../../../extension/engine/io/byte-source.ts';
import { Closers } from '../../../extension/engine/io/closers.ts';
import { FileSource } from '../../../extension/engine/io/file-source.ts';
import type { DirectoryNode } from '../../../extension/engine/squashfs/node.ts';
import { needsShared, sharedPath } from '../../support/shared.ts';
import { tarHeader, tarOf } from '../../support/tars.ts';
import { temporaryFolder, tool } from '../../support/tools.ts';

/** Images and tars as other programs write them, or as damage leaves them. */

/** What is in a tree: paths with what they are. */
async function listed(root: DirectoryNode, at = ''): Promise<string[]> {
  const lines: string[] = [];
  for (const [name, node] of root.children) {
    const path = `${at}/${printableName(name)}`;
    if (node.kind === 'directory') lines.push(`${path}/`, ...(await listed(node, path)));
    else if (node.kind === 'file')
      lines.push(
        `${path} ${Buffer.from(await readAll(node.content, 1 << 20))
          .toString()
          .slice(0, 20)}`,
      );
    else lines.push(node.kind === 'symlink' ? `${path} -> ${printableName(node.target)}` : `${path} ${node.kind}`);
  }
  return lines.sort();
}

/** What is taken of a path, or why nothing is. */
async function taken(path: string, arch = 'x86_64'): Promise<string[] | string> {
  await using scratch = await temporaryFolder();
  await using closers = new Closers();
  try {
    const image = await openImage(path, closers, { arch, scratch: scratch.path });
    return image.kind === 'tree' ? await listed(image.root) : image.kind;
  } catch (error) {
    assert.ok(error instanceof ImageError, String(error));
    return error.message;
  }
}

async function takenBytes(bytes: Uint8Array): Promise<string[] | string> {
  await using folder = await temporaryFolder();
  await writeFile(join(folder.path, 'input'), bytes);
  return await taken(join(folder.path, 'input'));
}

const ETC = tarOf([{ name: 'etc/' }, { name: 'etc/os-release', content: 'ID=x' }]);
const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');
const json = (value: unknown) => Buffer.from(JSON.stringify(value));

interface Descriptor {
  readonly [key: string]: unknown;
}

/** An OCI layout in a folder, made by hand. */
async function layout(
  folder: string,
  make: (blob: (bytes: Uint8Array, mediaType: string, more?: object) => Descriptor) => readonly Descriptor[],
): Promise<void> {
  const blobs = join(folder, 'blobs', 'sha256');
  await mkdir(blobs, { recursive: true });
  const pending: Promise<void>[] = [];
  const blob = (bytes: Uint8Array, mediaType: string, more = {}) => {
    pending.push(writeFile(join(blobs, sha256(bytes)), bytes));
    return { mediaType, digest: `sha256:${sha256(bytes)}`, size: bytes.length, ...more };
  };
  const index = json({ schemaVersion: 2, manifests: make(blob) });
  await Promise.all(pending);
  await writeFile(join(folder, 'index.json'), index);
  await writeFile(join(folder, 'oci-layout'), json({ imageLayoutVersion: '1.0.0' }));
}

const MANIFEST = 'application/vnd.oci.image.manifest.v1+json';
const CONFIG = 'application/vnd.oci.image.config.v1+json';
const LAYER = 'application/vnd.oci.image.layer.v1.tar';

/** One image of some layers. */
function imageOf(
  blob: (bytes: Uint8Array, mediaType: string, more?: object) => Descriptor,
  layers: readonly Uint8Array[],
  { platform = {}, config = {}, layerType = LAYER }: { platform?: object; config?: object; layerType?: string } = {},
): Descriptor {
  const own = {
    architecture: 'amd64',
    os: 'linux',
    rootfs: { type: 'layers', diff_ids: layers.map((bytes) => `sha256:${sha256(bytes)}`) },
    ...config,
  };
  const manifest = {
    schemaVersion: 2,
    config: blob(json(own), CONFIG),
    layers: layers.map((bytes) => blob(bytes, layerType)),
  };
  return blob(json(manifest), MANIFEST, platform);
}

test('entries that have no data are followed by the next header, whatever size they say', async () => {
  const withSize = (name: string, type: string, link = '') => tarHeader(name, 600, type, 0o644, link);
  const passwd = Buffer.concat([tarHeader('c', 5, '0'), Buffer.from('hello'), Buffer.alloc(507)]);
  for (const [type, expected] of [
    ['1', 'a'],
    ['2', 'a'],
    ['3', undefined],
    ['5', undefined],
    ['6', undefined],
  ] as const) {
    const first = Buffer.concat([tarHeader('a', 5, '0'), Buffer.from('aaaaa'), Buffer.alloc(507)]);
    const odd = withSize('b', type, expected);
    const found = await takenBytes(Buffer.concat([first, odd, passwd]));
    assert.ok(Array.isArray(found) && found.includes('/c hello'), `${type}: ${JSON.stringify(found)}`);
  }
  const v7 = await takenBytes(Buffer.concat([withSize('d/', '0'), passwd]));
  assert.deepEqual(v7, ['/c hello', '/d/']);
});

test('names stay the bytes that they are, from tar to image', async () => {
  for (const bytes of [
    [0x66, 0xe9],
    [0x66, 0xea],
    [0xef, 0xbb, 0xbf, 0x61],
    [0xed, 0xa0, 0x80],
    [0xf0, 0x9f, 0x8e, 0x89],
    [0xc0, 0x80],
  ]) {
    assert.deepEqual([...encodeName(decodeName(Uint8Array.from(bytes)))], bytes);
  }
  const make =
    'cd "$(mktemp -d)" && mkdir etc && echo 1 > "$(printf \'f\\351\')" && echo 2 > "$(printf \'f\\352\')" && tar -c *';
  assert.deepEqual(await takenBytes(await tool('sh', ['-c', make])), ['/etc/', '/f\\xe9 1\n', '/f\\xea 2\n']);
});

test('an empty PAX value takes nothing with it, NULs behind the records are padding, and unknown types are files', async () => {
  const pax = (records: string, type = 'x') => {
    const bytes = Buffer.from(records);
    return Buffer.concat([
      tarHeader('pax', bytes.length, type),
      bytes,
      Buffer.alloc((512 - (bytes.length % 512)) % 512),
    ]);
  };
  const file = (name: string, type = '0') =>
    Buffer.concat([tarHeader(name, 1, type), Buffer.from('x'), Buffer.alloc(511)]);
  assert.deepEqual(await takenBytes(Buffer.concat([pax('8 path=\n'), file('plain')])), ['/plain x']);
  assert.deepEqual(await takenBytes(Buffer.concat([pax('14 path=named\n\0\0\0'), file('plain')])), ['/named x']);
  assert.deepEqual(
    await takenBytes(Buffer.concat([pax('14 path=named\n', 'X'), file('plain')])),
    ['/named x'],
    'Solaris',
  );
  assert.deepEqual(await takenBytes(Buffer.concat([file('odd', 'Z'), file('plain')])), ['/odd x', '/plain x']);
  assert.match(String(await takenBytes(Buffer.concat([pax('13 path=a\0bc\n'), file('plain')]))), /"path" holds a NUL/);
});

test('a header that applies to all entries costs no more for many of them', async () => {
  const comment = `SCHILY.xattr.user.x=${'v'.repeat(60_000)}`;
  const record = `${comment.length + 7} ${comment}\n`;
  const global = Buffer.concat([
    tarHeader('g', record.length, 'g'),
    Buffer.from(record),
    Buffer.alloc((512 - (record.length % 512)) % 512),
  ]);
  const files = Array.from({ length: 3000 }, (_, index) => tarHeader(`f${index}`, 0, '0'));
  const start = performance.now();
  const found = await takenBytes(Buffer.concat([global, ...files]));
  assert.equal(found.length, 3000);
  assert.ok(performance.now() - start < 5000);
});

/** An empty file whose name stands in GNU's long form. */
function longName(name: string): Uint8Array {
  const bytes = Buffer.from(`${name}\0`);
  return Buffer.concat([
    tarHeader('L', bytes.length, 'L'),
    bytes,
    Buffer.alloc((512 - (bytes.length % 512)) % 512),
    tarHeader('x', 0),
  ]);
}

test('what no image can hold is refused by name', async () => {
  const cases: readonly [bytes: Uint8Array, message: RegExp][] = [
    [tarHeader('bad', 0, '2'), /the entry bad cannot be taken: it is a link to nothing/],
    [
      tarOf([{ name: 'a/../../b', content: '' }]),
      /the entry a\/\.\.\/\.\.\/b cannot be taken: it would leave the image/,
    ],
    [longName('n'.repeat(256)), /name of more than 255 bytes/],
    [longName('x/'.repeat(2100)), /its path is longer than 4095 bytes/],
  ];
  for (const [bytes, message] of cases) assert.match(String(await takenBytes(bytes)), message);
  assert.deepEqual(await takenBytes(tarOf([{ name: 'a/../b', content: 'x' }])), ['/b x']);
});

test('several frames, skippable ones and zeros at the end are read as one stream', async () => {
  const skippable = Buffer.from([0x50, 0x2a, 0x4d, 0x18, 3, 0, 0, 0, 1, 2, 3]);
  const expected = ['/etc/', '/etc/os-release ID=x'];
  assert.deepEqual(await takenBytes(Buffer.concat([skippable, zstdCompressSync(ETC), skippable])), expected);
  assert.deepEqual(await takenBytes(Buffer.concat([gzipSync(ETC), Buffer.alloc(777)])), expected);
  const pieces: Uint8Array[] = [];
  for (let start = 0; start < ETC.length; start += 7) pieces.push(zstdCompressSync(ETC.subarray(start, start + 7)));
  assert.deepEqual(await takenBytes(Buffer.concat(pieces)), expected);
  assert.match(
    String(await takenBytes(Buffer.concat([zstdCompressSync(ETC), Buffer.from('trailing bytes')]))),
    /damaged/,
  );
});

test('what is compressed in a way that is not read says which', async () => {
  assert.match(String(await takenBytes(Buffer.from('BZh91AY&SY'))), /compressed with bzip2; decompress it first/);
  await using folder = await temporaryFolder();
  await layout(folder.path, (blob) => [imageOf(blob, [Buffer.from('BZh91AY&SY')])]);
  assert.match(String(await taken(folder.path)), /layer 1 .*compressed with bzip2/);
  await using locked = await temporaryFolder();
  await layout(locked.path, (blob) => [imageOf(blob, [Buffer.from('secret')], { layerType: `${LAYER}+encrypted` })]);
  assert.match(String(await taken(locked.path)), /is encrypted/);
});

test('an image without layers, or with more or fewer than its configuration names, is an error', async () => {
  await using none = await temporaryFolder();
  await layout(none.path, (blob) => [imageOf(blob, [])]);
  assert.match(String(await taken(none.path)), /has no layers/);
  await using lost = await temporaryFolder();
  await layout(lost.path, (blob) => [
    imageOf(blob, [ETC], {
      config: { rootfs: { type: 'layers', diff_ids: [`sha256:${sha256(ETC)}`, `sha256:${sha256(json(1))}`] } },
    }),
  ]);
  assert.match(String(await taken(lost.path)), /has 1 layers, but its configuration names 2/);
});

test('artifacts are passed over, of variants the one for every machine is taken, of equal ones the first', async () => {
  const other = tarOf([{ name: 'v3', content: '' }]);
  await using folder = await temporaryFolder();
  await layout(folder.path, (blob) => [
    blob(
      json({ schemaVersion: 2, config: blob(json({}), 'application/vnd.cncf.helm.config.v1+json'), layers: [] }),
      MANIFEST,
    ),
    blob(Buffer.from('not json'), MANIFEST, { artifactType: 'application/spdx+json' }),
    blob(Buffer.from('a signature'), 'application/vnd.example.signature'),
    imageOf(blob, [other], { platform: { platform: { os: 'linux', architecture: 'amd64', variant: 'v3' } } }),
    imageOf(blob, [ETC], { platform: { platform: { os: 'linux', architecture: 'amd64', variant: 'v1' } } }),
    imageOf(blob, [other], { platform: { platform: { os: 'linux', architecture: 'amd64' } } }),
  ]);
  assert.deepEqual(await taken(folder.path), ['/etc/', '/etc/os-release ID=x']);
});

test('an architecture that the configuration does not say is the index’s, or nobody’s', async () => {
  await using said = await temporaryFolder();
  await layout(said.path, (blob) => [
    imageOf(blob, [ETC], {
      config: { architecture: '' },
      platform: { platform: { os: 'linux', architecture: 'arm64' } },
    }),
  ]);
  assert.deepEqual(await taken(said.path, 'aarch64'), ['/etc/', '/etc/os-release ID=x']);
  assert.match(String(await taken(said.path, 'x86_64')), /its images are for arm64/);
  await using unsaid = await temporaryFolder();
  await layout(unsaid.path, (blob) => [imageOf(blob, [ETC], { config: { architecture: '' } })]);
  await using closers = new Closers();
  const image = await openImage(unsaid.path, closers, { arch: 'riscv64', scratch: unsaid.path });
  assert.equal(image.saysArch, false);
});

test('a docker archive whose layout is of no use is read by its own manifest', async () => {
  await using folder = await temporaryFolder();
  await layout(folder.path, () => []);
  await writeFile(join(folder.path, 'layer.tar'), ETC);
  await writeFile(
    join(folder.path, 'config.json'),
    json({ architecture: 'amd64', config: {}, rootfs: { diff_ids: [`sha256:${sha256(ETC)}`] } }),
  );
  await writeFile(join(folder.path, 'manifest.json'), json([{ Config: 'config.json', Layers: ['layer.tar'] }]));
  assert.deepEqual(await taken(folder.path), ['/etc/', '/etc/os-release ID=x']);
});

test('images in forms that are none of ours are not taken for a root file system', async () => {
  const old = tarOf([
    { name: `${'a'.repeat(64)}/layer.tar`, content: ETC },
    { name: 'repositories', content: '{}' },
  ]);
  assert.match(String(await takenBytes(old)), /docker save wrote before Docker 1\.10/);
  const inside = tarOf([
    { name: 'image/oci-layout', content: '{}' },
    { name: 'image/index.json', content: '{}' },
  ]);
  assert.match(String(await takenBytes(inside)), /OCI layout in the folder image/);
});

test('layers are merged as they were meant', async () => {
  const merged = async (...layers: Parameters<typeof tarOf>[0][]) => {
    await using folder = await temporaryFolder();
    await layout(folder.path, (blob) => [
      imageOf(
        blob,
        layers.map((entries) => tarOf(entries)),
      ),
    ]);
    return await taken(folder.path);
  };
  const lower = [{ name: 'a/' }, { name: 'a/old', content: 'o' }, { name: 'b', content: 'b' }];
  const cases: readonly [what: string, layers: Parameters<typeof tarOf>[0][], expected: readonly string[]][] = [
    [
      'a whiteout after what its own layer brought below',
      [
        lower,
        [
          { name: 'a/new', content: 'n' },
          { name: '.wh.a', content: '' },
        ],
      ],
      ['/a/', '/a/new n', '/b b'],
    ],
    [
      'a whiteout before its own layer fills the folder anew',
      [
        lower,
        [
          { name: '.wh.a', content: '' },
          { name: 'a/new', content: 'n' },
        ],
      ],
      ['/a/', '/a/new n', '/b b'],
    ],
    ['a whiteout alone', [lower, [{ name: '.wh.a', content: '' }]], ['/b b']],
    [
      'a late opaque marker',
      [
        lower,
        [
          { name: 'a/new', content: 'n' },
          { name: 'a/.wh..wh..opq', content: '' },
        ],
      ],
      ['/a/', '/a/new n', '/b b'],
    ],
    [
      'an opaque marker over a link',
      [
        [
          { name: 'real/x', content: 'x' },
          { name: 'a', linkTo: 'real' },
        ],
        [{ name: 'a/.wh..wh..opq', content: '' }],
      ],
      ['/a -> real', '/real/'],
    ],
    [
      'bookkeeping of AUFS',
      [
        [
          { name: '.wh..wh.plnk/1.2', content: 'shared' },
          { name: 'a', hardLinkTo: '.wh..wh.plnk/1.2' },
          { name: '.wh..wh.aufs', content: '' },
        ],
      ],
      ['/a shared'],
    ],
    ['a file in the place of a folder', [lower, [{ name: 'a', content: 'f' }]], ['/a f', '/b b']],
    ['a whiteout of nothing', [lower, [{ name: '.wh.none', content: '' }]], ['/a/', '/a/old o', '/b b']],
  ];
  for (const [what, layers, expected] of cases) assert.deepEqual(await merged(...layers), expected, what);
});

test('owners that devices do not map, and a missing passwd, are warned of', async () => {
  await using folder = await temporaryFolder();
  const [root, image] = [join(folder.path, 'root'), join(folder.path, 'o.sqfs')];
  await mkdir(join(root, 'etc'), { recursive: true });
  await tool('mksquashfs', [root, image, '-quiet', '-force-uid', '100000']);
  await using source = await FileSource.open(image);
  const found = await checkImage(source, 'images/x86_64/main.squashfs');
  assert.deepEqual(
    found.map(({ code }) => code),
    ['image-owner', 'image-passwd'],
  );
  await writeFile(join(root, 'etc', 'passwd'), '');
  await writeFile(join(root, 'etc', 'group'), '');
  const good = join(folder.path, 'good.sqfs');
  await tool('mksquashfs', [root, good, '-quiet', '-all-root', '-comp', 'xz', '-Xbcj', 'x86']);
  await using filtered = await FileSource.open(good);
  assert.deepEqual(
    (await checkImage(filtered, 'x')).map(({ code, message }) => [code, /\(x86\)/.test(message)]),
    [['image-unread', true]],
  );
});

/** The shared inputs: what is taken of each, or why nothing is. */
const SHARED: Readonly<Record<string, readonly string[] | RegExp>> = {
  'archive-taken-for-rootfs/ocisub.tar': /OCI layout in the folder/,
  'archive-taken-for-rootfs/olddocker.tar': /before Docker 1\.10/,
  'docker-v25-save/dv25': ['/etc/', '/etc/os-release'],
  'docker-v25-save/dv25null': ['/etc/', '/etc/os-release'],
  'dotdot-cleaned/B-dotdot-hl.tar': ['/a/', '/a/h', '/f'],
  'dotdot-cleaned/B-dotdot-in.tar': ['/a/', '/b'],
  'gzip-trailing-zeros/gzpad.tar.gz': ['/etc/', '/etc/os-release'],
  'oci-arch-unsaid/emptyarch': ['/etc/', '/etc/os-release'],
  'oci-arch-unsaid/noarch': ['/etc/', '/etc/os-release'],
  'oci-artifact-breaks/artifact': ['/etc/', '/etc/os-release'],
  'oci-artifact-breaks/orasold': ['/etc/', '/etc/os-release'],
  'oci-no-layers/nolayers': /no layers/,
  'oci-same-platform/twosame': ['/etc/', '/etc/os-release'],
  'oci-same-platform/variants': ['/etc/', '/etc/os-release'],
  'small-tar-leniencies/B-bigdev.tar': /the entry e cannot be taken/,
  'small-tar-leniencies/B-neguid.tar': /the entry x cannot be taken/,
  'small-tar-leniencies/B-paxnul.tar': ['/long/', '/long/name'],
  'small-tar-leniencies/B-signedsum.tar': ['/café.txt'],
  'small-tar-leniencies/B-solarisX.tar': ['/renamed'],
  'small-tar-leniencies/B-unknowntype.tar': ['/odd', '/ok'],
  'symlink-too-long/B-sym4097.tar': /the entry l cannot be taken/,
  'tar-hardlink-size/B-hlsize-v7.tar': ['/a', '/b', '/c'],
  'tar-hardlink-size/B-hlsize.tar': ['/a', '/b', '/c'],
  'tar-headeronly-size/B-devsize.tar': ['/c', '/null'],
  'tar-headeronly-size/B-dirsize.tar': ['/d/', '/d/x'],
  'tar-headeronly-size/B-symsize.tar': ['/c', '/ln', '/target'],
  'whiteout-late/whlate': ['/a/', '/a/new'],
  'aufs-plnk/aufs': ['/a', '/b'],
  'zstd-leading-skippable/lead.tar.zst': ['/etc/', '/etc/os-release'],
  'zstd-leading-skippable/zlead': ['/etc/', '/etc/os-release'],
};

test('the shared images from elsewhere are taken rightly, or refused by name', needsShared, async () => {
  for (const [name, expected] of Object.entries(SHARED)) {
    const found = await taken(sharedPath('fixtures', 'images', ...name.split('/')));
    if (expected instanceof RegExp) assert.match(String(found), expected, name);
    else assert.deepEqual(Array.isArray(found) ? found.map((line) => line.split(' ')[0]) : found, expected, name);
  }
  const layered = await taken(sharedPath('fixtures', 'images', 'tar-hardlink-size', 'oci-layer'));
  assert.ok(Array.isArray(layered) && layered.some((line) => line.startsWith('/etc/passwd')));
});
