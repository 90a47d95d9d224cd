import { writeFileSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileEntry } from '../../../extension/engine/archive/content.ts';
import { openArchive } from '../../../extension/engine/archive/reader.ts';
import { writeArchive } from '../../../extension/engine/archive/writer.ts';
import { extract } from '../../../extension/engine/browse/extract.ts';
import { PackageBrowser } from '../../../extension/engine/browse/package-browser.ts';
import { PackageWalk } from '../../../extension/engine/browse/package-walk.ts';
import { fastestBlake3 } from '../../../extension/engine/hash/fastest-blake3.ts';
import { openImage } from '../../../extension/engine/image/image-source.ts';
import type { ByteSource } from '../../../extension/engine/io/byte-source.ts';
import { Closers } from '../../../extension/engine/io/closers.ts';
import { FileSink } from '../../../extension/engine/io/file-sink.ts';
import { FileSource } from '../../../extension/engine/io/file-source.ts';
import { keysInSquashfs, SecretWatch } from '../../../extension/engine/pack/images/image-secrets.ts';
import { readFolder } from '../../../extension/engine/squashfs/folder-tree.ts';
import type { DirectoryNode } from '../../../extension/engine/squashfs/node.ts';
import { writeSquashfs } from '../../../extension/engine/squashfs/write/writer.ts';
import { writeTar } from '../../../extension/engine/tar/writer.ts';
import { verifyPackage } from '../../../extension/engine/verify/verify.ts';
import { lintManifest, readManifest } from '../../../extension/manifest/lint-manifest.ts';
import { Modules } from '../../../extension/manifest/meaning/modules.ts';
import { lintWrapper } from '../../../extension/manifest/wrapper/lint-wrapper.ts';
import { testKey } from '../../support/archives.ts';
import { YAML_03 } from '../../support/manifests.ts';
import { goodManifest, validPackage } from '../../support/packages.ts';
import { FILE_TEXT, foldersOf, treeOf } from './tree-of-files.ts';

/** Something whose cost is measured at several sizes. */
export interface Series {
  readonly name: string;
  /** What a size counts. */
  readonly unit: string;
  readonly sizes: readonly number[];
  /** Sizes that take minutes or many gigabytes, for `--full`. */
  readonly more?: readonly number[];
  /** Writes what is worked on into a folder, in a process of its own. */
  prepare?(size: number, folder: string): Promise<unknown>;
  /** Gives the work that is measured; what is made here is not. */
  start(size: number, folder: string): () => Promise<unknown>;
  /** The exponent that is promised: time grows with size to this power. */
  readonly exponent: 0 | 1;
  /** Smallest size from which the exponent is fitted: below it what does not depend on size counts most. */
  readonly from: number;
}

const MEGABYTE = 1_000_000;
const blake3 = fastestBlake3();

/** What is done with packages that take no room on a disk. */
const SPARSE_PACKAGES = {
  unit: 'bytes',
  sizes: [10, 100, 1000, 4000].map((size) => size * MEGABYTE),
  more: [20_000 * MEGABYTE],
  prepare: sparsePackage,
};

export const SERIES: readonly Series[] = [
  {
    name: 'verify a package',
    ...SPARSE_PACKAGES,
    exponent: 1,
    from: 100 * MEGABYTE,
    start(_, folder) {
      return async () => {
        await using source = await FileSource.open(join(folder, 'package.s9pk'));
        const report = await verifyPackage(source, { blake3 });
        if (!report.intact) throw new Error('the package does not verify');
      };
    },
  },
  {
    name: 'open a package',
    ...SPARSE_PACKAGES,
    exponent: 0,
    from: 10 * MEGABYTE,
    start(_, folder) {
      return async () => {
        for (let time = 0; time < 50; time++) {
          await using source = await FileSource.open(join(folder, 'package.s9pk'));
          await openArchive(source, { blake3 });
        }
      };
    },
  },
  {
    name: 'pack a package',
    unit: 'bytes',
    sizes: [10, 100, 1000].map((size) => size * MEGABYTE),
    more: [4000, 20_000].map((size) => size * MEGABYTE),
    exponent: 1,
    from: 100 * MEGABYTE,
    prepare: (size, folder) => makeHole(size, join(folder, 'hole')),
    start(_, folder) {
      let time = 0;
      return async () => {
        await using image = await FileSource.open(join(folder, 'hole'));
        await writePackage(join(folder, `package-${time++}.s9pk`), image);
      };
    },
  },
  {
    name: 'extract a package',
    ...SPARSE_PACKAGES,
    exponent: 1,
    from: 100 * MEGABYTE,
    start(_, folder) {
      let time = 0;
      return async () => {
        await using source = await FileSource.open(join(folder, 'package.s9pk'));
        const browser = await PackageBrowser.open(source, blake3);
        await extract(browser, browser.root, join(folder, `out-${time++}`), { intoImage: false });
      };
    },
  },
  {
    name: 'image from a tar',
    unit: 'files',
    sizes: [1, 100, 10_000, 100_000],
    more: [1_000_000],
    exponent: 1,
    from: 10_000,
    async prepare(size, folder) {
      await using sink = await FileSink.create(join(folder, 'root.tar'));
      await writeTar(treeOf(size), sink);
    },
    start(_, folder) {
      let time = 0;
      return async () => {
        await using closers = new Closers();
        const image = await openImage(join(folder, 'root.tar'), closers, { arch: 'x86_64', scratch: folder });
        if (image.kind !== 'tree') throw new Error('the tar is no root file system');
        await writeImage(image.root, join(folder, `image-${time++}.squashfs`));
      };
    },
  },
  {
    name: 'image from a folder',
    unit: 'files',
    sizes: [1, 100, 10_000, 100_000],
    more: [1_000_000],
    exponent: 1,
    from: 10_000,
    async prepare(size, folder) {
      for (const [name, { children }] of foldersOf(size)) {
        await mkdir(join(folder, 'root', name), { recursive: true });
        for (const file of children.keys()) writeFileSync(join(folder, 'root', name, file), FILE_TEXT);
      }
    },
    start(_, folder) {
      let time = 0;
      return async () => {
        const root = await readFolder(join(folder, 'root'), { mtime: 0 });
        await writeImage(root, join(folder, `image-${time++}.squashfs`));
      };
    },
  },
  {
    name: 'search an image for keys',
    unit: 'files',
    sizes: [1, 100, 10_000, 100_000],
    more: [1_000_000],
    exponent: 1,
    from: 10_000,
    prepare: imageFile,
    start(_, folder) {
      return async () => {
        await using image = await FileSource.open(join(folder, 'image.squashfs'));
        const { problem } = await keysInSquashfs(image, testKey, undefined);
        if (problem !== undefined) throw new Error(problem);
      };
    },
  },
  {
    name: 'extract an image',
    unit: 'files',
    sizes: [1, 100, 10_000],
    more: [100_000, 1_000_000],
    exponent: 1,
    from: 10_000,
    prepare: imagePackage,
    start(size, folder) {
      let time = 0;
      return async () => {
        await using source = await FileSource.open(join(folder, 'package.s9pk'));
        const browser = await PackageBrowser.open(source, blake3);
        const start = await browser.nodeAt('images/x86_64/main.squashfs');
        const { files } = await extract(browser, start, join(folder, `out-${time++}`), { intoImage: true });
        if (files !== size) throw new Error(`${files} files`);
      };
    },
  },
  {
    name: 'write an image',
    unit: 'files',
    sizes: [1, 100, 10_000, 100_000],
    more: [1_000_000],
    exponent: 1,
    from: 10_000,
    start(size, folder) {
      const tree = treeOf(size);
      let time = 0;
      return async () => {
        await using sink = await FileSink.create(join(folder, `image-${time++}.squashfs`));
        await writeSquashfs(tree, sink, { blake3, label: 'image' });
      };
    },
  },
  {
    name: 'walk through an image',
    unit: 'files',
    sizes: [1, 100, 10_000, 100_000],
    more: [1_000_000],
    exponent: 1,
    from: 10_000,
    prepare: imagePackage,
    start(size, folder) {
      return async () => {
        await using source = await FileSource.open(join(folder, 'package.s9pk'));
        const browser = await PackageBrowser.open(source, blake3);
        let names = 0;
        const start = await browser.nodeAt('images/x86_64/main.squashfs');
        for await (const _ of new PackageWalk().below(browser, start)) names++;
        if (names < size) throw new Error(`${names} names`);
      };
    },
  },
  ...(['json', 'yaml', 'toml', 'ts'] as const).map(
    (language): Series => ({
      name: `check a manifest (${language})`,
      unit: 'bytes',
      sizes: [1000, 10_000, 100_000, 1_000_000],
      // Of YAML and TOML no more is read; tables of TOML have more characters than they are counted as.
      more: [{ yaml: 2_000_000, toml: 1_500_000 }[language as string] ?? 10_000_000],
      exponent: 1,
      from: 100_000,
      start(size) {
        const [path, text] = manifestOf(language, size);
        return () => checkManifest(path, text);
      },
    }),
  ),
  {
    name: 'check a manifest of mistakes',
    unit: 'bytes',
    sizes: [1000, 10_000, 100_000, 1_000_000],
    more: [2_000_000],
    exponent: 1,
    from: 100_000,
    start(size) {
      const mistakes = Array.from({ length: size / 20 }, (_, index) => `unknown-key-${index}: 1\n`).join('');
      return () => checkManifest('/w/manifest.yaml', YAML_03 + mistakes);
    },
  },
  {
    name: 'check wrappers',
    unit: 'wrappers',
    sizes: [1, 10, 100, 500],
    exponent: 1,
    from: 10,
    async prepare(size, folder) {
      for (let index = 0; index < size; index++) {
        await mkdir(join(folder, `${index}`));
        await writeFile(join(folder, `${index}`, 'manifest.yaml'), YAML_03);
      }
    },
    start(size, folder) {
      return async () => {
        for (let index = 0; index < size; index++) await lintWrapper(join(folder, `${index}`));
      };
    },
  },
];

/** A package whose image is a hole of `size` bytes: all of it is read and hashed, none of it takes room on a disk. */
async function sparsePackage(size: number, folder: string): Promise<void> {
  const hole = join(folder, 'hole');
  await makeHole(size, hole);
  await using image = await FileSource.open(hole);
  await writePackage(join(folder, 'package.s9pk'), image);
}

async function makeHole(size: number, path: string): Promise<void> {
  await using sink = await FileSink.create(path);
  await sink.skip(size);
}

async function imageFile(size: number, folder: string): Promise<void> {
  await using sink = await FileSink.create(join(folder, 'image.squashfs'));
  await writeSquashfs(treeOf(size), sink, { blake3, label: 'image' });
}

async function imagePackage(size: number, folder: string): Promise<void> {
  await imageFile(size, folder);
  await using image = await FileSource.open(join(folder, 'image.squashfs'));
  await writePackage(join(folder, 'package.s9pk'), image);
}

/** Writes an image as packing does, which looks for keys meanwhile. */
async function writeImage(root: DirectoryNode, path: string): Promise<void> {
  const watch = new SecretWatch(testKey);
  await using sink = await FileSink.create(path);
  await writeSquashfs(root, sink, { blake3, label: 'image', onSmallFile: watch.look });
}

async function writePackage(path: string, image: ByteSource): Promise<void> {
  const content = await fileEntry(image, blake3);
  const root = validPackage({ images: { x86_64: { 'main.squashfs': content, 'main.json': '{}', 'main.env': '' } } });
  await using sink = await FileSink.create(path);
  await writeArchive(root, sink, { blake3, signer: { key: testKey }, order: 'priority' });
}

async function checkManifest(path: string, text: string): Promise<void> {
  const modules = await Modules.load(path, async (other) => (other === path ? text : undefined));
  const reading = modules && readManifest(modules);
  if (!reading) throw new Error('the manifest is not recognised');
  lintManifest(reading);
}

/** A text that no manifest's description exceeds. */
const LONGEST_TEXT = 50_000;

/** A manifest of about `size` bytes: its long description and its volumes grow. */
function manifestOf(language: 'json' | 'yaml' | 'toml' | 'ts', size: number): [path: string, text: string] {
  const long = 'A long text. '.repeat(Math.min(size / 2, LONGEST_TEXT) / 13);
  const volumes = Array.from({ length: (size - long.length) / 32 }, (_, index) => `volume-${index}`);
  if (language === 'json' || language === 'ts') {
    const text = JSON.stringify({ ...goodManifest, description: { short: 'x', long }, volumes }, null, 1);
    if (language === 'json') return ['/w/manifest.json', text];
    return ['/w/startos/manifest/index.ts', `export const manifest = setupManifest(${text})\n`];
  }
  const yaml = YAML_03.replace(/^( {2}long: ).*(?:\n {4}.*)*/m, `$1${long}`);
  const more = volumes.map((name) => `  ${name}:\n    type: data\n`).join('');
  if (language === 'yaml') return ['/w/manifest.yaml', yaml.replace(/^volumes:\n/m, `volumes:\n${more}`)];
  const tables = volumes.map((name) => `[volumes.${name}]\ntype = "data"\n`).join('');
  const toml = `id = "x"\ntitle = "x"\nversion = "1.0.0"\nrelease-notes = "x"\n[description]\nshort = "x"\nlong = "${long}"\n${tables}`;
  return ['/w/manifest.toml', toml];
}
