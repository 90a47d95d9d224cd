import { spawn } from 'node:child_process';
import { cp, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Random } from '../fuzz/random.ts';
import { digestOf } from '../support/digest.ts';
import { addFigure } from './figures.ts';
import type { Packing } from './kill.ts';
import { makeStale, verifies } from './package-state.ts';

/** Longest time between the starts of two command lines: this part of what one takes, so that the first is still at it. */
const MOST_APART = 0.6;

/**
 * Packs one folder by two command lines at once, whose bundle is older than its sources, so that each would build it: both end
 * well, one of them says for whom it waited, and the package is that of a single one.
 * @returns how many rounds went wrong
 */
export async function twoInOneFolder(
  { args, target, source }: Required<Packing>,
  rounds: number,
  random: Random,
): Promise<number> {
  const good = digestOf(target);
  const names = (await readdir(dirname(target))).sort().join();
  await makeStale(source);
  const began = performance.now();
  await pack(args);
  const longest = performance.now() - began;
  let failed = 0;
  let waited = 0;
  for (let round = 0; round < rounds; round++) {
    await makeStale(source);
    const first = pack(args);
    await new Promise((done) => setTimeout(done, round % 4 === 0 ? 0 : random.fraction() * MOST_APART * longest));
    const ends = await Promise.all([first, pack(args)]);
    if (ends.some(({ said }) => /Waiting for process \d+ \(cli\.cjs pack\)/.test(said))) waited++;
    const isWhole = digestOf(target) === good && (await verifies(target));
    const left = (await readdir(dirname(target))).sort().join();
    if (isWhole && left === names && ends.every(({ code }) => code === 0)) continue;
    failed++;
    console.error(`two at once, round ${round + 1}: ${JSON.stringify({ isWhole, left, ends })}`);
  }
  console.log(`${rounds} times two at once in one folder, ${waited} waited and said for whom, ${failed} with harm`);
  addFigure({ what: 'two that pack one wrapper', tried: rounds, harm: failed, note: `${waited} waited` });
  return failed + (waited < rounds / 2 ? 1 : 0);
}

/**
 * Packs two wrappers at once that share the folder of kept images, which is empty at first: each is what it is when it is packed alone
 * and nothing is kept, and nothing half-written stays in the folder.
 * @returns how many rounds went wrong
 */
export async function twoWithOneCache(folder: string, rounds: number, random: Random): Promise<number> {
  const other = `${folder}-other`;
  await cp(folder, other, { recursive: true, verbatimSymlinks: true });
  const manifest = join(other, 'startos', 'manifest', 'index.ts');
  await writeFile(manifest, (await readFile(manifest, 'utf8')).replace("id: 'hello-world'", "id: 'hello-other'"));
  const cache = join(dirname(folder), 'shared-cache');
  const wrappers = [
    { args: [folder, '--image', `main=${join(folder, 'image', 'oci')}`], target: join(folder, 'hello-world.s9pk') },
    { args: [other, '--image', `main=${join(other, 'image', 'oci')}`], target: join(other, 'hello-other.s9pk') },
  ];
  const good: (string | undefined)[] = [];
  for (const { args, target } of wrappers) {
    await pack([...args, '--no-cache']);
    good.push(digestOf(target));
  }
  let failed = good.includes(undefined) ? 1 : 0;
  for (let round = 0; round < rounds; round++) {
    if (round % 2 === 0) await rm(cache, { recursive: true, force: true });
    await mkdir(cache, { recursive: true });
    for (const { target } of wrappers) await rm(target, { force: true });
    const ends = await Promise.all(
      wrappers.map(async ({ args }) => {
        await new Promise((done) => setTimeout(done, random.below(100)));
        return pack(args, { S9PK_CACHE: cache });
      }),
    );
    const digests = wrappers.map(({ target }) => digestOf(target));
    const half = (await readdir(cache)).filter((name) => name.includes('.tmp-'));
    if (digests.join() === good.join() && half.length === 0 && ends.every(({ code }) => code === 0)) continue;
    failed++;
    console.error(`one cache, round ${round + 1}: ${JSON.stringify({ digests, good, half, ends })}`);
  }
  console.log(`${rounds} times two wrappers at once with one cache, ${failed} with harm`);
  addFigure({ what: 'two wrappers with one cache', tried: rounds, harm: failed });
  return failed;
}

/** Runs the command line to its end. */
function pack(args: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<{ code: number | null; said: string }> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, ['dist/cli.cjs', 'pack', ...args, '--no-git'], {
      stdio: ['ignore', 'ignore', 'pipe'],
      env: { ...process.env, ...env },
    });
    let said = '';
    child.stderr.setEncoding('utf8').on('data', (piece: string) => {
      said += piece;
    });
    child.once('error', reject);
    child.once('close', (code) => resolve({ code, said }));
  });
}
