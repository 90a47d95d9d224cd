import { MemorySink } from '../../extension/engine/io/byte-sink.ts';
import { MemorySource } from '../../extension/engine/io/byte-source.ts';
import type { DirectoryNode, FsNode } from '../../extension/engine/squashfs/node.ts';
import { writeSquashfs } from '../../extension/engine/squashfs/write/writer.ts';
import { archiveBytes, blake3 } from '../support/archives.ts';
import { layoutTar } from '../support/oci-layout.ts';
import { goodManifest, validPackage } from '../support/packages.ts';
import { tarOf } from '../support/tars.ts';
import type { ConformanceCase } from './case.ts';

const attributes = { mode: 0o755, uid: 0, gid: 0, mtime: 0 };
const fileOf = (text: string): FsNode => ({
  kind: 'file',
  ...attributes,
  content: new MemorySource(Buffer.from(text)),
});
const linkTo = (target: string): FsNode => ({ kind: 'symlink', ...attributes, target });
const folderOf = (children: Readonly<Record<string, FsNode>>): DirectoryNode => ({
  kind: 'directory',
  ...attributes,
  children: new Map(Object.entries(children)),
});

/** A squashfs image in a signed package, some of its bytes replaced. */
async function packageWith(
  compressor: 'gzip' | 'zstd',
  change: (image: DataView) => void = () => undefined,
): Promise<Uint8Array> {
  const root = folderOf({
    etc: folderOf({ passwd: fileOf('root:x:0:0::/:/bin/sh\n'), empty: fileOf('') }),
    'absolute-link': linkTo('/etc/passwd'),
    'link-out': linkTo('../../etc/passwd'),
    'link-loop': linkTo('link-loop'),
    text: fileOf('a line\n'.repeat(30_000)),
  });
  const sink = new MemorySink();
  await writeSquashfs(root, sink, { blake3, label: 'case', compressor });
  const image = sink.bytes();
  change(new DataView(image.buffer, image.byteOffset, image.byteLength));
  return archiveBytes(validPackage({ 'javascript.squashfs': image }));
}

const IMAGE = 'javascript.squashfs';
const TREE = [
  'symlink absolute-link -> /etc/passwd',
  'directory etc',
  'file etc/empty 0',
  'file etc/passwd 22',
  'symlink link-loop -> link-loop',
  'symlink link-out -> ../../etc/passwd',
  'file text 210000',
];

/** Images of root file systems: listed, read through links, and damaged where the signature holds. */
export async function squashfsCases(): Promise<ConformanceCase[]> {
  const inImage = (path: string) => [['cat', 'package.s9pk', `${IMAGE}/${path}`]];
  const damaged = async (name: string, about: string, change: (image: DataView) => void): Promise<ConformanceCase> => ({
    name: `squashfs-${name}_fail`,
    about,
    commands: [['tree', 'package.s9pk', `${IMAGE}/`]],
    exit: 1,
    codes: ['image-unreadable'],
    files: { 'package.s9pk': await packageWith('gzip', change) },
  });
  const read = async (name: string, path: string, about: string): Promise<ConformanceCase> => ({
    name: `squashfs-${name}`,
    about,
    commands: inImage(path),
    exit: 0,
    codes: [],
    content: 'root:x:0:0::/:/bin/sh\n',
    files: { 'package.s9pk': await packageWith('gzip') },
  });
  const lists = (['gzip', 'zstd'] as const).map(
    async (compressor): Promise<ConformanceCase> => ({
      name: `squashfs-${compressor}`,
      about: `an image compressed with ${compressor}`,
      commands: [['tree', 'package.s9pk', `${IMAGE}/`]],
      exit: 0,
      codes: [],
      tree: TREE,
      files: { 'package.s9pk': await packageWith(compressor) },
    }),
  );
  return Promise.all([
    ...lists,
    read('file', 'etc/passwd', 'a file in an image'),
    read('absolute-link', 'absolute-link', 'a link that begins at the root of the image'),
    read('link-out', 'link-out', 'a link that leads above the root ends at the root of the image'),
    damaged('magic', 'the magic number is another', (image) => image.setUint8(0, 0)),
    damaged('block-size', 'a block size that is no power of two', (image) => image.setUint32(12, 131_073, true)),
    damaged('bytes-used', 'it says to be longer than the file', (image) => image.setBigUint64(40, 1n << 40n, true)),
    damaged('root-inode', 'the root lies beyond the end', (image) => image.setBigUint64(32, 0xffff_ffff_0000n, true)),
    damaged('inode-table', 'the table of inodes lies beyond the end', (image) =>
      image.setBigUint64(64, 1n << 33n, true),
    ),
    damaged('directory-table', 'the table of names lies in the inodes', (image) =>
      image.setBigUint64(72, image.getBigUint64(64, true), true),
    ),
  ]);
}

/** A wrapper whose only image is what the case gives. */
const WRAPPER: Readonly<Record<string, string>> = {
  'manifest.json': JSON.stringify({
    ...goodManifest,
    id: 'layers',
    images: { main: { source: { dockerBuild: {} }, arch: ['x86_64'], emulateMissingAs: 'x86_64' } },
  }),
  'javascript/index.js': 'exports.manifest = {};\n',
  LICENSE: 'MIT\n',
  'instructions.md': '# Layers\n',
  'icon.svg': '<svg xmlns="http://www.w3.org/2000/svg"/>\n',
  'assets/note.txt': 'x\n',
};

const CREATE_KEY = ['key', 'create', '.'];

/** Layers, merged into one root file system. */
export function layerCases(): ConformanceCase[] {
  const pack = ['pack', '.', '--image', 'main=image.tar', '--no-git', '--no-build', '-o', 'out.s9pk'];
  const list = ['tree', 'out.s9pk', 'images/x86_64/main.squashfs/'];
  const good = (name: string, about: string, image: Uint8Array, tree: readonly string[]): ConformanceCase => ({
    name: `layers-${name}`,
    about,
    commands: [CREATE_KEY, pack, list],
    exit: 0,
    codes: [],
    tree,
    files: { ...WRAPPER, 'image.tar': image },
  });
  const bad = (name: string, about: string, image: Uint8Array): ConformanceCase => ({
    name: `layers-${name}_fail`,
    about,
    commands: [CREATE_KEY, pack],
    exit: 1,
    codes: ['image-source-invalid'],
    files: { ...WRAPPER, 'image.tar': image },
  });
  const passwd = { name: 'etc/passwd', content: 'root:x:0:0::/:/bin/sh\n' };
  const lower = tarOf([
    { name: 'etc/' },
    passwd,
    { name: 'd/' },
    { name: 'd/a', content: 'a' },
    { name: 'd/b', content: 'bb' },
  ]);
  const layers = (...upper: Parameters<typeof tarOf>[0][]) => layoutTar([lower, ...upper.map(tarOf)]);
  const etc = ['directory etc', 'file etc/passwd 22'];
  return [
    good('whiteout', 'a whiteout removes what a lower layer brought', layers([{ name: 'd/.wh.a', content: '' }]), [
      'directory d',
      'file d/b 2',
      ...etc,
    ]),
    good(
      'opaque',
      'an opaque marker empties a folder of what lower layers brought, and keeps what its own brings',
      layers([{ name: 'd/' }, { name: 'd/c', content: 'ccc' }, { name: 'd/.wh..wh..opq', content: '' }]),
      ['directory d', 'file d/c 3', ...etc],
    ),
    good('replace', 'a file takes the place of a folder', layers([{ name: 'd', content: 'file' }]), [
      'file d 4',
      ...etc,
    ]),
    good(
      'link-inside',
      'a link in the middle of a path is followed inside the root',
      layers([
        { name: 'l', linkTo: '../../d' },
        { name: 'l/c', content: 'ccc' },
      ]),
      ['directory d', 'file d/a 1', 'file d/b 2', 'file d/c 3', ...etc, 'symlink l -> ../../d'],
    ),
    good('hard-link', 'a hard link to a file of a lower layer', layers([{ name: 'e', hardLinkTo: 'd/b' }]), [
      'directory d',
      'file d/a 1',
      'file d/b 2',
      'file e 2',
      ...etc,
    ]),
    bad('above-root', 'a name that leads above the root', layers([{ name: '../up', content: 'x' }])),
    bad('lost-link', 'a hard link to what is not there', layers([{ name: 'e', hardLinkTo: 'nothing' }])),
    bad('other-architecture', 'an image for another architecture only', layoutTar([lower], { architecture: 'arm64' })),
    bad('cut', 'a tar that ends inside a file', layers().subarray(0, 700)),
    bad('digest', 'a layer with other bytes than its digest says', changedLayer(layers())),
  ];
}

function changedLayer(layout: Uint8Array): Uint8Array {
  const at = Buffer.from(layout).indexOf('root:x:0:0');
  return layout.with(at, 'R'.charCodeAt(0));
}
