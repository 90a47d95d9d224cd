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

async function sourceNewerThan(file: string): Promise<string | undefined> {
  const folder = dirname(file);
  if ((await findManifestFile(folder)) === undefined) return undefined;
  const made = (await stat(file)).mtimeMs;
  let seen = 0;
  for (const name of SOURCES) {
    const path = join(folder, name);
    const info = await stat(path).catch(() => undefined);
    if (info?.isFile() && info.mtimeMs > made) return name;
    if (!info?.isDirectory()) continue;
    for (const entry of await readdir(path, { recursive: true, withFileTypes: true })) {
      if (!entry.isFile() || /[\\/]node_modules(?:[\\/]|$)/.test(entry.parentPath)) continue;
      if (++seen > MAX_SOURCES) return undefined;
      const inner = join(entry.parentPath, entry.name);
      const { mtimeMs } = await stat(inner).catch(() => ({ mtimeMs: 0 }));
      if (mtimeMs > made) return pathInside(folder, inner);
    }
  }
  return undefined;
}
