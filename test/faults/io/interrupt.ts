import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { rm, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { goingOn } from '../../support/processes.ts';
import { addFigure } from '../figures.ts';
import type { Packing } from '../kill.ts';
import { differences, snapshotOf } from './snapshot.ts';

const INTERRUPTS = 8;
/** Longer than stopping takes, milliseconds. */
const STOPS_WITHIN = 5000;
const BEFORE = 'the package that was there';

/**
 * Interrupts `s9pk pack` from its start to its end, at moments that lie evenly, as Ctrl+C does: it ends soon, says that it was
 * cancelled, and leaves what was there, nothing else, and no process that it started.
 * @returns how many did harm
 */
export async function interruptTest(what: string, { args, target }: Packing): Promise<number> {
  const folder = dirname(target);
  const run = (delay?: number) => packAndInterrupt(args, delay);
  await rm(target, { force: true });
  const { duration } = await run();
  const good = snapshotOf(folder);
  let harms = 0;
  let midway = 0;
  for (let index = 0; index < INTERRUPTS; index++) {
    await writeFile(target, BEFORE);
    const before = snapshotOf(folder);
    const { code, stderr, afterwards, left } = await run((duration * (index + 1)) / (INTERRUPTS + 1));
    const after = snapshotOf(folder);
    // While the program is loaded, and once it is done and unloaded, the signal itself ends it.
    const isDone = code === 0 || (code === 'SIGINT' && differences(good, after).length === 0);
    if (code === 130) midway++;
    const problems = differences(isDone ? good : before, after);
    if (code !== 0 && code !== 'SIGINT' && (code !== 130 || !/cancelled/.test(stderr)))
      problems.push(`exit ${code}: ${stderr}`);
    if (afterwards > STOPS_WITHIN) problems.push(`it took ${afterwards.toFixed(0)} ms`);
    if (left.length > 0) problems.push(`left the processes ${left}`);
    if (problems.length === 0) continue;
    harms++;
    console.error(`${what}, interrupt ${index + 1}: ${problems.join(', ')}`);
  }
  console.log(`${what}: ${INTERRUPTS} interrupts, ${midway} in its midst, ${harms} with harm`);
  addFigure({ what: `${what} interrupted`, tried: INTERRUPTS, harm: harms, note: `${midway} in its midst` });
  return harms + (midway === 0 ? 1 : 0);
}

interface Ended {
  readonly code: number | string;
  readonly stderr: string;
  readonly duration: number;
  /** From the interrupt to the end, milliseconds. */
  readonly afterwards: number;
  /** Processes that it started and that are still there. */
  readonly left: readonly string[];
}

function packAndInterrupt(args: readonly string[], delay: number | undefined): Promise<Ended> {
  const mark = randomUUID();
  return new Promise((resolve, reject) => {
    const began = performance.now();
    let interrupted = 0;
    const child = spawn(
      process.execPath,
      ['dist/cli.cjs', 'pack', ...args, '--no-git', '--no-build', '--no-cache', '--quiet'],
      {
        env: { ...process.env, S9PK_TEST_MARK: mark },
        stdio: ['ignore', 'ignore', 'pipe'],
      },
    );
    let stderr = '';
    child.stderr.setEncoding('utf8').on('data', (text) => {
      stderr += text;
    });
    const timer =
      delay === undefined
        ? undefined
        : setTimeout(() => {
            interrupted = performance.now();
            child.kill('SIGINT');
          }, delay);
    child.once('error', reject);
    child.once('close', async (code, signal) => {
      clearTimeout(timer);
      const ended = performance.now();
      const afterwards = interrupted === 0 ? 0 : ended - interrupted;
      const left = await goingOn(`S9PK_TEST_MARK=${mark}`);
      resolve({ code: code ?? signal ?? '', stderr, duration: ended - began, afterwards, left });
    });
  });
}
