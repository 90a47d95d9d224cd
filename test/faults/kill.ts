import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { readdir, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fastestBlake3 } from '../../extension/engine/hash/fastest-blake3.ts';
import { FileSource } from '../../extension/engine/io/file-source.ts';
import { verifyEither } from '../../extension/engine/verify/verify-either.ts';
import { examineManifest03 } from '../../extension/manifest/rules-03/examine.ts';
import { addFigure } from './figures.ts';

const KILLS = 50;

export interface Packing {
  /** What the command line is told. */
  readonly args: readonly string[];
  /** The package, which was packed before; nothing else is made in its folder. */
  readonly target: string;
}

/**
 * Kills `s9pk pack` at random moments, half of them with a package in place and half without: the package that was
 * there stays as it was, none or a whole one is there afterwards, and nothing is left beside it but a hidden staging folder.
 * @returns how many of the 50 went wrong
 */
export async function killTest({ args, target }: Packing): Promise<number> {
  const folder = dirname(target);
  const digest = () => createHash('sha256').update(readFileSync(target)).digest('hex');
  const good = digest();
  const names = new Set(await readdir(folder));
  // The shortest of three, so that most kills come before the end even if one run was slow.
  const durations: number[] = [];
  for (let run = 0; run < 3; run++) durations.push((await packAndKill(args, undefined)).duration);
  const longest = Math.min(...durations);
  let failed = 0;
  let midway = 0;
  let staged = 0;
  for (let index = 0; index < KILLS; index++) {
    const hadPackage = index % 2 === 0;
    if (!hadPackage) await rm(target, { force: true });
    const { killed } = await packAndKill(args, Math.random() * longest);
    if (killed) midway++;
    const isThere = existsSync(target);
    const isWhole = !isThere || (digest() === good && (await verifies(target)));
    if (!isWhole || (hadPackage && !isThere)) {
      failed++;
      console.error(`kill ${index + 1}: the package is ${isThere ? 'damaged' : 'gone'}`);
    }
    if (!isThere) await packAndKill(args, undefined);
    // What a killed process leaves is hidden, apart, and removed in time; here at once.
    const left = (await readdir(folder)).filter((name) => !names.has(name));
    const folders = left.filter((name) => /^\..*\.tmp-/.test(name));
    staged += folders.length;
    for (const name of folders) await rm(join(folder, name), { recursive: true });
    if (left.length === folders.length) continue;
    failed++;
    console.error(`kill ${index + 1} left ${left.join(', ')}`);
  }
  console.log(`${KILLS} kills (${midway} before the end, ${staged} in the middle of the output), ${failed} with harm`);
  const note = `${midway} before the end, ${staged} in the middle of the output`;
  addFigure({ what: 'packing killed', tried: KILLS, harm: failed, note });
  return failed + (midway < KILLS / 3 ? 1 : 0);
}

async function verifies(path: string): Promise<boolean> {
  await using source = await FileSource.open(path);
  const report = await verifyEither(source, { blake3: fastestBlake3(), examine: examineManifest03 });
  return report.intact && report.complete;
}

/** Runs the command line; kills it after `delay` milliseconds, if one is given. */
function packAndKill(
  args: readonly string[],
  delay: number | undefined,
): Promise<{ duration: number; killed: boolean }> {
  return new Promise((resolve, reject) => {
    const started = performance.now();
    const child = spawn(process.execPath, ['dist/cli.cjs', 'pack', ...args, '--no-git', '--quiet'], {
      stdio: 'ignore',
    });
    const timer = delay === undefined ? undefined : setTimeout(() => child.kill('SIGKILL'), delay);
    child.once('error', reject);
    child.once('exit', (_code, signal) => {
      clearTimeout(timer);
      resolve({ duration: performance.now() - started, killed: signal === 'SIGKILL' });
    });
  });
}
