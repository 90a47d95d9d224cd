import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fastestBlake3 } from '../../extension/engine/hash/fastest-blake3.ts';
import { FileSource } from '../../extension/engine/io/file-source.ts';
import { verifyPackage } from '../../extension/engine/verify/verify.ts';

const KILLS = 50;

/**
 * Kills `s9pk pack` at random moments, half of them with a package in place and half without: the package that was
 * there stays as it was, and none or a whole one is there afterwards.
 * @returns how many of the 50 went wrong
 */
export async function killTest(folder: string, image: string): Promise<number> {
  const target = join(folder, 'hello-world.s9pk');
  const digest = () => createHash('sha256').update(readFileSync(target)).digest('hex');
  const good = digest();
  // The shortest of three, so that most kills come before the end even if one run was slow.
  const durations: number[] = [];
  for (let run = 0; run < 3; run++) durations.push((await packAndKill(folder, image, undefined)).duration);
  const longest = Math.min(...durations);
  let failed = 0;
  let midway = 0;
  for (let index = 0; index < KILLS; index++) {
    const hadPackage = index % 2 === 0;
    if (!hadPackage) await rm(target, { force: true });
    const { killed } = await packAndKill(folder, image, Math.random() * longest);
    if (killed) midway++;
    const isThere = existsSync(target);
    const isWhole = !isThere || (digest() === good && (await verifies(target)));
    if (!isWhole || (hadPackage && !isThere)) {
      failed++;
      console.error(`kill ${index + 1}: the package is ${isThere ? 'damaged' : 'gone'}`);
    }
    if (!isThere) await packAndKill(folder, image, undefined);
    // What a killed process leaves is hidden, apart, and removed in time; here at once.
    for (const name of await readdir(folder)) {
      if (name.includes('.tmp-')) await rm(join(folder, name), { recursive: true });
    }
  }
  console.log(`${KILLS} kills (${midway} of them before the end), ${failed} with harm`);
  return failed + (midway < KILLS / 3 ? 1 : 0);
}

async function verifies(path: string): Promise<boolean> {
  await using source = await FileSource.open(path);
  const report = await verifyPackage(source, { blake3: fastestBlake3() });
  return report.intact && report.complete;
}

/** Runs the command line; kills it after `delay` milliseconds, if one is given. */
function packAndKill(
  folder: string,
  image: string,
  delay: number | undefined,
): Promise<{ duration: number; killed: boolean }> {
  return new Promise((resolve, reject) => {
    const started = performance.now();
    const child = spawn(
      process.execPath,
      ['dist/cli.cjs', 'pack', folder, '--image', `main=${image}`, '--no-git', '--quiet'],
      {
        stdio: 'ignore',
      },
    );
    const timer = delay === undefined ? undefined : setTimeout(() => child.kill('SIGKILL'), delay);
    child.once('error', reject);
    child.once('exit', (_code, signal) => {
      clearTimeout(timer);
      resolve({ duration: performance.now() - started, killed: signal === 'SIGKILL' });
    });
  });
}
