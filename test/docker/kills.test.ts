import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { copyFile, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, beforeEach, test } from 'node:test';
import { promisify } from 'node:util';
import type { Finding } from '../../extension/engine/finding.ts';
import { fastestBlake3 } from '../../extension/engine/hash/fastest-blake3.ts';
import { ImageCache } from '../../extension/engine/image/cache/image-cache.ts';
import { pack } from '../../extension/engine/pack/pack.ts';
import { createKey } from '../../extension/engine/sign/key-store.ts';
import { verifies } from '../faults/package-state.ts';
import { Random } from '../fuzz/random.ts';
import { digestOf } from '../support/digest.ts';
import { becomes, isRunning, processesWith } from '../support/processes.ts';
import { temporaryFolder } from '../support/tools.ts';

/**
 * Packing with a real container engine, killed at random moments: the command line, what it started, and the engine itself. Whatever
 * it was, the package that was there stays, what went wrong is said with what to do, nothing is left, and the next run works.
 * S9PK_KILLS says how often (40 is what a release is given), S9PK_SEED at which moments.
 */

const engine = process.env['S9PK_TEST_ENGINE'];
if (engine === undefined)
  throw new Error('there is no engine: run test/docker/engine.sh start FOLDER and source FOLDER/environment');
const KILLS = Number(process.env['S9PK_KILLS'] ?? '4');
const random = new Random(Number(process.env['S9PK_SEED'] ?? '1'));
const run = promisify(execFile);
/** Seconds that a step of the build takes, so that most moments are in it. */
const STEP_SECONDS = 2;

let temporary: Awaited<ReturnType<typeof temporaryFolder>>;
let folder: string;
let target: string;
let good: string | undefined;
/** What a pack takes that builds, in milliseconds. */
let longest = 0;
let steps = 0;

before(async () => {
  // The tests before these ended it.
  if (!(await answers())) await startEngine();
  temporary = await temporaryFolder();
  folder = join(temporary.path, 'killed');
  target = join(folder, 'killed.s9pk');
  await mkdir(join(folder, 'image'), { recursive: true });
  await mkdir(join(folder, 'javascript'));
  await copyFile(join(engine, 'busybox-amd64'), join(folder, 'image', 'busybox'));
  await writeFile(join(folder, 'javascript', 'index.js'), 'exports.manifest = {};\n');
  await writeFile(join(folder, 'LICENSE'), 'MIT License\n');
  await writeFile(join(folder, 'instructions.md'), '# Killed\n');
  await writeFile(join(folder, 'icon.svg'), '<svg xmlns="http://www.w3.org/2000/svg"/>\n');
  const manifest = {
    ...{ id: 'killed', version: '1.0.0:0', title: 'Killed', releaseNotes: 'First.', license: 'MIT' },
    ...{ canMigrateTo: '!', canMigrateFrom: '*', osVersion: '0.4.0' },
    description: { short: 'Killed', long: 'Killed while it is built.' },
    ...{ packageRepo: 'https://example.org/', upstreamRepo: 'https://example.org/' },
    images: { main: { source: { dockerBuild: { workdir: 'image' } }, arch: ['x86_64'], emulateMissingAs: 'x86_64' } },
    volumes: ['main'],
  };
  await writeFile(join(folder, 'manifest.json'), JSON.stringify(manifest, null, 2));
  await createKey(folder);
  await buildAnew();
  const began = performance.now();
  const first = await packing().ended;
  longest = performance.now() - began;
  assert.equal(first.code, 0, first.said);
  good = digestOf(target);
});
after(async () => {
  if (!(await answers())) await startEngine();
  await temporary[Symbol.asyncDispose]();
});
beforeEach(() => buildAnew());

/** Another step, so that nothing of the build is kept; what it makes is the same. */
async function buildAnew(seconds = STEP_SECONDS): Promise<void> {
  const step = `RUN ["/bin/busybox", "sh", "-c", "sleep ${seconds}; : ${++steps} ${process.pid}"]`;
  const text = `FROM scratch AS steps\nCOPY --chmod=755 busybox /bin/busybox\n${step}\nFROM scratch\nCOPY --from=steps /bin/busybox /bin/busybox\n`;
  await writeFile(join(folder, 'image', 'Dockerfile'), text);
}

interface Ended {
  readonly code: number | null;
  readonly said: string;
  readonly findings: readonly Finding[];
}

/** Runs the command line. */
function packing() {
  const mark = `S9PK_TEST_MARK=${randomUUID()}`;
  const args = ['extension/cli/entry.ts', 'pack', folder, '--no-git', '--json'];
  const child = spawn(process.execPath, args, {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: {
      ...process.env,
      S9PK_TEST_MARK: mark.slice(mark.indexOf('=') + 1),
      S9PK_CACHE: join(temporary.path, 'cache'),
    },
  });
  const texts = { out: '', said: '' };
  child.stdout.setEncoding('utf8').on('data', (piece: string) => {
    texts.out += piece;
  });
  child.stderr.setEncoding('utf8').on('data', (piece: string) => {
    texts.said += piece;
  });
  const ended = new Promise<Ended>((resolve) =>
    child.once('close', (code) => {
      const { findings = [] } = texts.out === '' ? {} : (JSON.parse(texts.out) as { findings?: Finding[] });
      resolve({ code, said: texts.said, findings });
    }),
  );
  return { child, ended, started: () => processesWith(mark) };
}

/** A moment of a pack, most of them in its build. */
const moment = () => new Promise((done) => setTimeout(done, random.fraction() * longest));

async function checkState(started: () => { command: string }[], hasRun: boolean): Promise<void> {
  assert.ok(await becomes(() => started().length === 0), `${started().map(({ command }) => command)} go on`);
  assert.equal(digestOf(target), good, 'the package is what it was');
  const left = (await readdir(folder)).filter((name) => name.includes('.tmp-'));
  if (hasRun) assert.deepEqual(left, []);
}

/** The next run works, and after it nothing is left, neither here nor in the engine. */
async function checkNext(): Promise<void> {
  const next = await packing().ended;
  assert.equal(next.code, 0, next.said);
  assert.ok(digestOf(target) === good && (await verifies(target)));
  assert.deepEqual(
    (await readdir(folder)).filter((name) => name.includes('.tmp-')),
    [],
  );
  const cache = await readdir(join(temporary.path, 'cache'));
  assert.deepEqual(
    cache.filter((name) => name.includes('.tmp-')),
    [],
  );
  for (const args of [
    ['images', '-aq'],
    ['ps', '-aq'],
  ])
    assert.equal((await run('docker', args)).stdout, '', `docker ${args.join(' ')}`);
}

function answers(): Promise<boolean> {
  return run('docker', ['version']).then(
    () => true,
    () => false,
  );
}

async function startEngine(): Promise<void> {
  await run('test/docker/engine.sh', ['run', String(engine)]);
}

for (let kill = 0; kill < KILLS; kill++) {
  const victim = (['command line', 'builder', 'engine', 'ended engine'] as const)[kill % 4] ?? 'engine';
  test(`kill ${kill + 1}: the ${victim}`, async (context) => {
    // One that failed may have left none.
    if (!(await answers())) await startEngine();
    const engineProcess = Number(await readFile(join(String(engine), 'docker.pid'), 'utf8'));
    const { child, ended, started } = packing();
    await moment();
    if (victim === 'command line') child.kill('SIGKILL');
    else if (victim === 'builder') {
      const builders = () => started().filter(({ command }) => /docker-buildx|^docker /.test(command));
      await becomes(() => builders().length > 0 || child.exitCode !== null, 10);
      const all = builders();
      const one = all[random.below(all.length)];
      if (one) process.kill(one.pid, 'SIGKILL');
    } else {
      process.kill(engineProcess, victim === 'engine' ? 'SIGKILL' : 'SIGTERM');
    }
    const { code, findings, said } = await ended;
    const errors = findings.filter(({ severity }) => severity === 'error');
    context.diagnostic(`${code}: ${errors.map(({ code: name, message }) => `${name}: ${message}`).join('; ')}`);
    if (code === 1) {
      assert.equal(errors.length, 1, said);
      assert.match(
        errors[0]?.message ?? '',
        victim === 'builder' ? /pack again|docker info|is not running/ : /docker info|is not running/,
      );
    } else assert.ok(victim === 'command line' ? code === null || code === 0 : code === 0, `${code}: ${said}`);
    await checkState(started, code !== null);
    // An engine that is told to end takes its time.
    if (victim === 'ended engine') await becomes(() => !isRunning(engineProcess), 20);
    if (!(await answers())) await startEngine();
    await checkNext();
  });
}

test('cancelled at every stage, packing with an engine leaves nothing', async () => {
  const stages: string[] = [];
  const cache = new ImageCache(join(temporary.path, 'cache-of-cancelled'));
  const packWith = (cancelAt: number | undefined) => {
    const controller = new AbortController();
    const seen: string[] = [];
    const at = (stage: string) => {
      if (seen.includes(stage)) return;
      seen.push(stage);
      if (seen.length - 1 === cancelAt) controller.abort(new Error('cancelled'));
    };
    const result = pack({
      ...{ folder, cache, git: 'none', blake3: fastestBlake3(), signal: controller.signal },
      onProgress: ({ stage }) => at(stage),
      // Without the part that is another one each time.
      onBuild: ({ name, state }) => state === 'running' && at(name.replace(/ : \d+.*/, '')),
    });
    return { result, seen };
  };
  const whole = packWith(undefined);
  assert.ok((await whole.result).made);
  stages.push(...whole.seen);
  assert.ok(stages.length > 8, stages.join());
  const before = digestOf(target);
  for (let stage = 0; stage < stages.length; stage++) {
    await cache.clear();
    await buildAnew(0);
    const { result, seen } = packWith(stage);
    const end = await result.then(
      ({ made }) => (made ? 'made' : 'refused'),
      ({ message }: Error) => message,
    );
    // In the last stage it may be too late.
    if (seen.length > stage)
      assert.ok(end === 'cancelled' || (stage > stages.length - 4 && end === 'made'), `${seen.at(-1)}: ${end}`);
    assert.equal(digestOf(target), before);
    assert.deepEqual(
      (await readdir(folder)).filter((name) => name.includes('.tmp-')),
      [],
      seen.at(-1),
    );
  }
  await checkNext();
});
