import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { SquashfsError } from '../../extension/engine/squashfs/squashfs-error.ts';
import { Random } from '../fuzz/random.ts';
import { squashfsTarget } from '../fuzz/targets/squashfs.ts';
import { temporaryFolder, tool } from '../support/tools.ts';
import { type Fault, printFault } from './faults.ts';
import { addFigure } from './figures.ts';
import { sampled } from './sample.ts';

const COMPRESSORS = ['gzip', 'zstd', 'xz', 'lz4'];
/** Longer than any image of these takes to read, milliseconds. */
const HANGS_AFTER = 10_000;

/**
 * Changes a bit of every byte of a small image of each compressor, and cuts it at every length: reading ends, in time, with an
 * error of images or without one. (What a change does to contents is the package's to notice, which hashes the image.)
 * @param seed chooses a part of it; none: everything is tried
 * @returns how many went wrong
 */
export async function imageFaults(seed?: number): Promise<number> {
  await using temporary = await temporaryFolder();
  const folder = join(temporary.path, 'in');
  await mkdir(join(folder, 'a', 'b'), { recursive: true });
  await writeFile(join(folder, 'a', 'text'), 'text\n'.repeat(2000));
  for (let index = 0; index < 8; index++) await writeFile(join(folder, 'a', 'b', `name-${index}`), `${index}`);
  await tool('ln', ['-s', '../text', join(folder, 'a', 'b', 'link')]);
  let tried = 0;
  let failed = 0;
  for (const compressor of COMPRESSORS) {
    const path = join(temporary.path, compressor);
    const options = ['-quiet', '-no-progress', '-all-root', '-nopad', '-b', '4096', '-comp', compressor];
    await tool('mksquashfs', [folder, path, ...options]);
    const image = new Uint8Array(await readFile(path));
    const faults = Array.from(image, (_, at): Fault[] => [{ position: at, bit: at & 7 }, { size: at }]).flat();
    for (const fault of sampled(faults, seed)) {
      tried++;
      const problem = await problemOf(damaged(image, fault));
      if (problem === undefined) continue;
      failed++;
      console.error(`${compressor}, ${printFault(fault)}: ${problem}`);
    }
  }
  console.log(`${tried} damaged images of ${COMPRESSORS.join(', ')}, ${failed} with harm`);
  addFigure({ what: `images damaged or cut (${COMPRESSORS.join(', ')})`, tried, harm: failed });
  return failed;
}

function damaged(image: Uint8Array, fault: Fault): Uint8Array {
  if ('size' in fault) return image.slice(0, fault.size);
  return image.with(fault.position, (image[fault.position] ?? 0) ^ (1 << fault.bit));
}

async function problemOf(image: Uint8Array): Promise<string | undefined> {
  const began = performance.now();
  try {
    await squashfsTarget.read(image, new Random(1));
  } catch (error) {
    if (!(error instanceof SquashfsError)) return error instanceof Error ? error.stack : String(error);
  }
  const took = performance.now() - began;
  return took > HANGS_AFTER ? `it took ${took} ms` : undefined;
}
