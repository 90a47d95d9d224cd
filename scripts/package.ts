import { chmod, copyFile, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { createVSIX, listFiles, PackageManager } from '@vscode/vsce';
import { placeNativeModules } from './native-modules.ts';
import { formatSbom, shippedComponents } from './sbom.ts';

/**
 * Makes the .vsix from dist/, and beside it a list of what is in it (CycloneDX). Without --target one for every platform, whose
 * BLAKE3 is WebAssembly; with a target such as linux-x64 one that also holds the native modules of that platform. Equal inputs make
 * equal bytes.
 */

/** The first moment that a zip can name, in seconds since 1970. */
const FIRST_MOMENT = '315532800';
/** The bundles that ship; the others are the command line's. */
const BUNDLES = ['extension.cjs', 'worker.cjs', 'manifest.cjs', 'compress-thread.cjs', 'web.cjs', 'web-worker.js'];

const { values } = parseArgs({ options: { target: { type: 'string' }, out: { type: 'string' } } });
const { target } = values;
const packagePath = resolve(values.out ?? (target ? `s9pk-studio-${target}.vsix` : 's9pk-studio.vsix'));
const folder = await mkdtemp(join(tmpdir(), 's9pk-vsix-'));
try {
  // A copy with modes of our own: those of a clone depend on who made it.
  for (const file of [...(await listFiles({ packageManager: PackageManager.None })), '.vscodeignore']) {
    await mkdir(dirname(join(folder, file)), { recursive: true });
    await copyFile(file, join(folder, file));
    await chmod(join(folder, file), 0o644);
  }
  const native = target === undefined ? [] : await placeNativeModules(target, join(folder, 'dist'));
  // Zips have times of the clock on the wall, and names in the order of the locale.
  Object.assign(process.env, { TZ: 'UTC', SOURCE_DATE_EPOCH: process.env['SOURCE_DATE_EPOCH'] ?? FIRST_MOMENT });
  await createVSIX({ cwd: folder, packagePath, dependencies: false, ...(target && { target }) });
  const folders = [...(await shippedComponents(BUNDLES)), ...native].sort();
  await writeFile(packagePath.replace(/\.vsix$/, '.cdx.json'), await formatSbom(folders));
  console.log(values.out ?? packagePath);
} finally {
  await rm(folder, { recursive: true, force: true });
}
