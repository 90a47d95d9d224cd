import { readdir, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { ScratchLayers } from '../../engine/browse/unpack-layer.ts';
import { fastestBlake3 } from '../../engine/hash/fastest-blake3.ts';
import { FileSource } from '../../engine/io/file-source.ts';
import { pathInside } from '../../engine/io/path-inside.ts';
import { findManifestFile } from '../../engine/pack/bundle/manifest-source.ts';
import { knownSignersFor } from '../../engine/sign/key-store.ts';
import { PLAIN_MANIFESTS } from '../../manifest/detect.ts';
import type { Packages } from './packages.ts';

/** Packages that are files; they are read in part, as far as somebody asks. */
export const packagesOnDisk: Packages = {
  get blake3() {
    return fastestBlake3();
  },
  open: (file) => FileSource.open(file),
  layers: () => new ScratchLayers(),
  async stampOf(file) {
    const { mtimeMs, size } = await stat(file);
    return `${mtimeMs} ${size}`;
  },
  ownSigners: (file) => knownSignersFor(dirname(file)),
  sourceNewerThan,
};

/** What a package is made from, beside the folders that packing itself writes. */
const SOURCES = [
  'startos',
  'assets',
  'scripts',
  'image',
  ...PLAIN_MANIFESTS,
  'docker-images',
  'image.tar',
  'instructions.md',
  'Dockerfile',
];
/** More files than any wrapper's own has. */
const MAX_SOURCES = 5000;

/** How long what was found in a folder holds, in milliseconds: as long as its packages are looked at one after the other. */
const SURVEY_MS = 2000;
/** Files that are looked at together. */
const AT_ONCE = 32;

interface Source {
  /** From the wrapper's folder. */
  readonly path: string;
  readonly mtimeMs: number;
}

/** The folder that was looked through last: a wrapper's folder may hold many packages. */
let surveyed:
  | { readonly folder: string; readonly until: number; readonly newest: Promise<Source | undefined> }
  | undefined;

async function sourceNewerThan(file: string): Promise<string | undefined> {
  const folder = dirname(file);
  if (surveyed?.folder !== folder || surveyed.until < performance.now())
    surveyed = { folder, until: performance.now() + SURVEY_MS, newest: newestSource(folder) };
  const [newest, { mtimeMs: made }] = await Promise.all([surveyed.newest, stat(file)]);
  return newest && newest.mtimeMs > made ? newest.path : undefined;
}

/** The newest source of the wrapper in a folder; undefined if there is none. */
async function newestSource(folder: string): Promise<Source | undefined> {
  if ((await findManifestFile(folder)) === undefined) return undefined;
  const names: string[] = [];
  let newest: Source | undefined;
  const look = async (path: string) => {
    const info = await stat(join(folder, path)).catch(() => undefined);
    if (info?.isFile() && info.mtimeMs > (newest?.mtimeMs ?? 0)) newest = { path, mtimeMs: info.mtimeMs };
    return info;
  };
  for (const name of SOURCES) {
    if (!(await look(name))?.isDirectory()) continue;
    for (const entry of await readdir(join(folder, name), { recursive: true, withFileTypes: true })) {
      if (!entry.isFile() || /[\\/]node_modules(?:[\\/]|$)/.test(entry.parentPath)) continue;
      if (names.length < MAX_SOURCES) names.push(pathInside(folder, join(entry.parentPath, entry.name)));
    }
  }
  for (let from = 0; from < names.length; from += AT_ONCE)
    await Promise.all(names.slice(from, from + AT_ONCE).map(look));
  return newest;
}
