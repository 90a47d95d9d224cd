import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readdir, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Random } from '../fuzz/random.ts';
import { digestOf } from '../support/digest.ts';
import { goingOn } from '../support/processes.ts';
import { addFigure } from './figures.ts';
import { makeStale, verifies } from './package-state.ts';

export interface Packing {
  /** What the command line is told. */
  readonly args: readonly string[];
  /** The package, which was packed before; nothing else is made in its folder. */
  readonly target: string;
  /** A source that is newer than the bundle at every third kill, so that the bundle is built then: by programs that we start. */
  readonly source?: string;
}

/**
 * Kills `s9pk pack` at random moments, half of them with a package in place and half without: the package that was
 * there stays as it was, none or a whole one is there afterwards, no program goes on that was started, and what is left beside it,
 * a hidden staging folder, is gone after the next run, which nothing stops.
 * @returns how many of the kills went wrong
 */
export async function killTest({ args, target, source }: Packing, kills: number, random: Random): Promise<number> {
  const folder = dirname(target);
  const good = digestOf(target);
  const names = new Set(await readdir(folder));
  // The shortest of three, and of what ends before its kill, so that most kills come before the end even if a run was slow.
  const longest = { fresh: await shortest(args), stale: source === undefined ? 0 : await shortest(args, source) };
  let failed = 0;
  let midway = 0;
  let staged = 0;
  const harm = (message: string) => {
    failed++;
    console.error(message);
  };
  for (let index = 0; index < kills; index++) {
    const hadPackage = index % 2 === 0;
    if (!hadPackage) await rm(target, { force: true });
    const isStale = source !== undefined && index % 3 === 0;
    if (isStale) await makeStale(source);
    const kind = isStale ? 'stale' : 'fresh';
    const { killed, left, duration } = await packAndKill(args, random.fraction() * longest[kind]);
    if (killed) midway++;
    else longest[kind] = Math.min(longest[kind], duration);
    if (left.length > 0) harm(`kill ${index + 1}: ${left.join(', ')} went on`);
    const isThere = existsSync(target);
    const isWhole = !isThere || (digestOf(target) === good && (await verifies(target)));
    if (!isWhole || (hadPackage && !isThere)) harm(`kill ${index + 1}: the package is ${isThere ? 'damaged' : 'gone'}`);
    const beside = (await readdir(folder)).filter((name) => !names.has(name));
    const folders = beside.filter((name) => /^\..*\.tmp-/.test(name));
    staged += folders.length;
    if (beside.length > folders.length) harm(`kill ${index + 1} left ${beside.join(', ')}`);
    if (isThere && folders.length === 0) continue;
    const { code } = await packAndKill(args);
    if (code !== 0 || digestOf(target) !== good) harm(`kill ${index + 1}: the next run ended with ${code}`);
    const after = (await readdir(folder)).filter((name) => !names.has(name));
    if (after.length > 0) harm(`kill ${index + 1}: the next run left ${after.join(', ')}`);
  }
  console.log(`${kills} kills (${midway} before the end, ${staged} in the middle of the output), ${failed} with harm`);
  const note = `${midway} before the end, ${staged} in the middle of the output`;
  addFigure({ what: 'packing killed', tried: kills, harm: failed, note });
  return failed + (midway < kills / 3 ? 1 : 0);
}

async function shortest(args: readonly string[], source?: string): Promise<number> {
  const durations: number[] = [];
  for (let run = 0; run < 3; run++) {
    if (source !== undefined) await makeStale(source);
    durations.push((await packAndKill(args)).duration);
  }
  return Math.min(...durations);
}

interface Run {
  readonly duration: number;
  readonly killed: boolean;
  readonly code: number | null;
  /** Programs of it that went on. */
  readonly left: readonly string[];
}

/** Runs the command line; kills it after `delay` milliseconds, if one is given. */
async function packAndKill(args: readonly string[], delay?: number): Promise<Run> {
  const started = performance.now();
  const mark = randomUUID();
  const child = spawn(process.execPath, ['dist/cli.cjs', 'pack', ...args, '--no-git', '--quiet'], {
    stdio: 'ignore',
    env: { ...process.env, S9PK_TEST_MARK: mark },
  });
  const timer = delay === undefined ? undefined : setTimeout(() => child.kill('SIGKILL'), delay);
  const { code, signal } = await new Promise<{ code: number | null; signal: NodeJS.Signals | null }>(
    (resolve, reject) => {
      child.once('error', reject);
      child.once('exit', (...[exitCode, exitSignal]) => resolve({ code: exitCode, signal: exitSignal }));
    },
  );
  clearTimeout(timer);
  const duration = performance.now() - started;
  return { duration, killed: signal === 'SIGKILL', code, left: await goingOn(`S9PK_TEST_MARK=${mark}`) };
}
