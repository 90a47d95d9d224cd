import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileEntry } from '../../../extension/engine/archive/content.ts';
import { openArchive } from '../../../extension/engine/archive/reader.ts';
import { writeArchive } from '../../../extension/engine/archive/writer.ts';
import { PackageBrowser } from '../../../extension/engine/browse/package-browser.ts';
import { PackageWalk } from '../../../extension/engine/browse/package-walk.ts';
import { fastestBlake3 } from '../../../extension/engine/hash/fastest-blake3.ts';
import { type ByteSource, MemorySource } from '../../../extension/engine/io/byte-source.ts';
import { FileSink } from '../../../extension/engine/io/file-sink.ts';
import { FileSource } from '../../../extension/engine/io/file-source.ts';
import type { DirectoryNode, FsNode } from '../../../extension/engine/squashfs/node.ts';
import { writeSquashfs } from '../../../extension/engine/squashfs/write/writer.ts';
import { verifyPackage } from '../../../extension/engine/verify/verify.ts';
import { lintManifest, readManifest } from '../../../extension/manifest/lint-manifest.ts';
import { Modules } from '../../../extension/manifest/meaning/modules.ts';
import { lintWrapper } from '../../../extension/manifest/wrapper/lint-wrapper.ts';
import { testKey } from '../../support/archives.ts';
import { YAML_03 } from '../../support/manifests.ts';
import { goodManifest, validPackage } from '../../support/packages.ts';

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
const attributes = { mode: 0o644, uid: 0, gid: 0, mtime: 0 };

export const SERIES: readonly Series[] = [
  {
    name: 'verify a package',
    unit: 'bytes',
    sizes: [10, 100, 1000, 4000].map((size) => size * MEGABYTE),
    more: [20_000 * MEGABYTE],
    exponent: 1,
    from: 100 * MEGABYTE,
    prepare: sparsePackage,
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
    unit: 'bytes',
    sizes: [10, 100, 1000, 4000].map((size) => size * MEGABYTE),
    more: [20_000 * MEGABYTE],
    exponent: 0,
    from: 10 * MEGABYTE,
    prepare: sparsePackage,
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
    async prepare(size, folder) {
      const path = join(folder, 'image.squashfs');
      {
        await using sink = await FileSink.create(path);
        await writeSquashfs(treeOf(size), sink, { blake3, label: 'image' });
      }
      await using image = await FileSource.open(path);
      await writePackage(join(folder, 'package.s9pk'), image);
    },
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
      more: [10_000_000],
      exponent: 1,
      from: 100_000,
      start(size) {
        const [path, text] = manifestOf(language, size);
        return async () => {
          const modules = await Modules.load(path, async (other) => (other === path ? text : undefined));
          const reading = modules && readManifest(modules);
          if (!reading) throw new Error('the manifest is not recognised');
          lintManifest(reading);
        };
      },
    }),
  ),
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
  {
    await using sink = await FileSink.create(hole);
    await sink.skip(size);
  }
  await using image = await FileSource.open(hole);
  await writePackage(join(folder, 'package.s9pk'), image);
}

async function writePackage(path: string, image: ByteSource): Promise<void> {
  const content = await fileEntry(image, blake3);
  const root = validPackage({ images: { x86_64: { 'main.squashfs': content, 'main.json': '{}', 'main.env': '' } } });
  await using sink = await FileSink.create(path);
  await writeArchive(root, sink, { blake3, signer: { key: testKey }, order: 'priority' });
}

/** Files of 100 bytes each, a thousand in a folder. */
function treeOf(files: number): DirectoryNode {
  const bytes = new TextEncoder().encode('a file of a hundred bytes or so, '.repeat(3));
  const folders = new Map<string, FsNode>();
  for (let first = 0; first < files; first += 1000) {
    const children = new Map<string, FsNode>();
    for (let index = first; index < Math.min(files, first + 1000); index++)
      children.set(`file-${index}`, { kind: 'file', ...attributes, content: new MemorySource(bytes) });
    folders.set(`folder-${first / 1000}`, { kind: 'directory', ...attributes, mode: 0o755, children });
  }
  return { kind: 'directory', ...attributes, mode: 0o755, children: folders };
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
