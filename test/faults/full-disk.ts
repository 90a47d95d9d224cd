import { spawnSync } from 'node:child_process';
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { tool } from '../support/tools.ts';
import { makeLargeWrapper } from '../vscode/workspace.ts';
import { addFigure } from './figures.ts';

const BEFORE = 'the package that was there';
/** Bytes of the image, which do not compress. */
const IMAGE = 8 << 20;
/** Sizes of the disk, KiB: full at once, in the image, in the package, and not at all. */
const SIZES = [64, 512, 1024, 3000, 5000, 8000, 9000, 12_000, 15_000, 17_000, 40_000];

/**
 * Packs onto disks that are full sooner or later: the package that was there stays, nothing else does, and what is said is that the
 * disk is full. Mounting them takes Linux, and root.
 * @returns how many went wrong
 */
export async function fullDiskTest(folder: string): Promise<number> {
  const wrapper = join(folder, '..', 'for-full-disks');
  const disk = join(folder, '..', 'disk');
  await makeLargeWrapper(wrapper, IMAGE);
  await mkdir(disk);
  let failed = 0;
  let full = 0;
  for (const size of SIZES) {
    await tool('mount', ['-t', 'tmpfs', '-o', `size=${size}k`, 'tmpfs', disk]);
    try {
      const target = join(disk, 'large.s9pk');
      await writeFile(target, BEFORE);
      const image = `main=${join(wrapper, 'root.tar')}`;
      const args = [
        'dist/cli.cjs',
        'pack',
        wrapper,
        '--image',
        image,
        '--no-git',
        '--no-cache',
        '--quiet',
        '-o',
        target,
      ];
      const { status, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8' });
      const left = await readdir(disk);
      const isKept = (await readFile(target)).toString('latin1', 0, BEFORE.length) === BEFORE;
      const isSaid = /ENOSPC|no room/.test(stderr) && !/\n\s+at /.test(stderr);
      if (status !== 0) full++;
      if (left.length !== 1 || (status === 0 ? isKept : !isKept || !isSaid)) {
        failed++;
        console.error(`a disk of ${size} KiB: exit ${status}, ${left.join(', ')}, ${stderr}`);
      }
    } finally {
      await tool('umount', [disk]);
    }
  }
  await rm(wrapper, { recursive: true });
  console.log(`${SIZES.length} disks, ${full} of them too small, ${failed} with harm`);
  const note = `${full} of them too small for the package`;
  addFigure({ what: 'disks that are full sooner or later', tried: SIZES.length, harm: failed, note });
  return failed + (full === 0 || full === SIZES.length ? 1 : 0);
}
