import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fastestBlake3 } from '../../extension/engine/hash/fastest-blake3.ts';
import { FileSource } from '../../extension/engine/io/file-source.ts';
import { TABLE_POSITION } from '../../extension/engine/sections/header.ts';
import { readSections } from '../../extension/engine/sections/reader.ts';
import { packFolder } from '../../extension/manifest/wrapper/packing/pack-folder.ts';
import { tarOf } from '../support/tars.ts';
import { WRAPPER_03, writeWrapper } from '../support/wrapper-03.ts';
import { type Fault, printFault, unnoticed } from './faults.ts';
import { addFigure } from './figures.ts';
import type { Packing } from './kill.ts';
import { sampled } from './sample.ts';

/**
 * The faults of packages for StartOS 0.3, tried one by one: every bit of header and table, a bit of every byte of the body, and
 * every length that a file that was cut short can have; of a package with scripts and of one without, whose table says so by
 * zeros. Nothing is left open: table and body are each checked as a whole, so whatever is no error is a fault of ours.
 * @param seed chooses a part of them; none: everything is tried
 * @returns how many are no error
 */
export async function sectionFaults(folder: string, seed?: number): Promise<number> {
  let missed = 0;
  for (const hasScripts of [true, false]) {
    const bytes = await packSmall(join(folder, hasScripts ? 'scripts' : 'no-scripts'), hasScripts);
    const started = performance.now();
    const faults = sampled(faultsOf(bytes, hasScripts), seed);
    const found = await unnoticed(bytes, faults);
    const seconds = ((performance.now() - started) / 1000).toFixed(0);
    const what = `a package for 0.3 ${hasScripts ? 'with' : 'without'} scripts`;
    console.log(`${what}: ${faults.length} faults in ${bytes.length} bytes, ${seconds} s; ${found.length} no error`);
    addFigure({ what: `bits flipped in and ends cut off ${what}`, tried: faults.length, harm: found.length });
    if (found.length > 0) console.error(`no error: ${found.slice(0, 20).map(printFault).join(', ')}`);
    missed += found.length;
  }
  return missed;
}

/** With scripts all of it; without, where the table differs: the header, and a byte in each block of the body. */
function faultsOf(bytes: Uint8Array, isWhole: boolean): Fault[] {
  const bodyStart = TABLE_POSITION + new DataView(bytes.buffer, bytes.byteOffset).getUint32(TABLE_POSITION - 4);
  const faults: Fault[] = [];
  for (let position = 0; position < bytes.length; position++) {
    const isHeader = position < bodyStart;
    if (!isHeader && !isWhole && position % 512 !== 0) continue;
    const bits = isHeader ? [0, 1, 2, 3, 4, 5, 6, 7] : [position & 7];
    for (const bit of bits) faults.push({ position, bit });
    faults.push({ size: position });
  }
  return faults;
}

/** A package as small as one for two architectures can be: every verification of it is a signature and all its rules. */
async function packSmall(folder: string, hasScripts: boolean): Promise<Uint8Array> {
  const tag = 'start9/hello-world/main:1.0.0';
  const manifest = String(WRAPPER_03['manifest.yaml']);
  await writeWrapper(folder, {
    ...WRAPPER_03,
    'manifest.yaml': hasScripts ? manifest : withoutScripts(manifest),
    'scripts/embassy.js': hasScripts ? String(WRAPPER_03['scripts/embassy.js']) : null,
    'docker-images/x86_64.tar': smallImage('amd64', tag),
    'docker-images/aarch64.tar': smallImage('arm64', tag),
  });
  const result = await packFolder({ folder, blake3: fastestBlake3(), git: 'none', build: 'never', env: {} });
  if (result.made?.generation !== '0.3') throw new Error(JSON.stringify(result.findings));
  const { path } = result.made.package;
  await using source = await FileSource.open(path);
  const { sections } = await readSections(source);
  if (sections.has('scripts') !== hasScripts) throw new Error('the package is not the one that is meant');
  return new Uint8Array(await readFile(path));
}

/** A wrapper whose images take a while to write, packed once, for {@link killTest}. */
export async function killableWrapper(folder: string): Promise<Packing> {
  const tag = 'start9/hello-world/main:1.0.0';
  await writeWrapper(folder, {
    ...WRAPPER_03,
    'docker-images/x86_64.tar': smallImage('amd64', tag, 40_000_000),
    'docker-images/aarch64.tar': smallImage('arm64', tag, 40_000_000),
  });
  const result = await packFolder({ folder, blake3: fastestBlake3(), git: 'none', build: 'never', env: {} });
  if (result.made?.generation !== '0.3') throw new Error(JSON.stringify(result.findings));
  return { args: [folder, '--no-build'], target: result.made.package.path };
}

function withoutScripts(manifest: string): string {
  return manifest
    .replace(/^config:\n[\s\S]*?^volumes:/m, 'volumes:')
    .replace(/^migrations:\n[\s\S]*?^actions:/m, 'actions:');
}

/** An image with one layer of so many bytes, which nobody unpacks here. */
function smallImage(architecture: string, tag: string, size = 0): Uint8Array {
  const config = { architecture, os: 'linux', config: {}, rootfs: { type: 'layers', diff_ids: [''] } };
  return tarOf([
    { name: 'config.json', content: JSON.stringify(config) },
    { name: 'layer.tar', content: new Uint8Array(size) },
    {
      name: 'manifest.json',
      content: JSON.stringify([{ Config: 'config.json', RepoTags: [tag], Layers: ['layer.tar'] }]),
    },
  ]);
}
