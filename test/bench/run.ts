import { spawnSync } from 'node:child_process';
import { open, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { digestContent, fileEntry } from '../../extension/engine/archive/content.ts';
import { directory } from '../../extension/engine/archive/entry.ts';
import { openArchive } from '../../extension/engine/archive/reader.ts';
import { writeArchive } from '../../extension/engine/archive/writer.ts';
import { fastestBlake3, wasmBlake3 } from '../../extension/engine/hash/fastest-blake3.ts';
import { readRootTar } from '../../extension/engine/image/layer-merge.ts';
import { FileSink } from '../../extension/engine/io/file-sink.ts';
import { FileSource } from '../../extension/engine/io/file-source.ts';
import { writeSquashfs } from '../../extension/engine/squashfs/writer.ts';
import { verifyPackage } from '../../extension/engine/verify/verify.ts';
import { testKey } from '../support/archives.ts';
import { temporaryFolder } from '../support/tools.ts';
import { benchManifests } from './manifest.ts';
import { median } from './median.ts';

/**
 * Speed, as ratios to real peers in the same run: medians of several rounds, in which ours and theirs take turns, so
 * that a noisy machine is noisy for both. The root file system is this project's own packages: some hundred megabytes
 * in tens of thousands of files.
 */

const ROUNDS = 3;
const blake3 = fastestBlake3();

type Contender = readonly [name: string, run: () => Promise<void> | void];

/** Runs the contenders in turns; prints seconds and how many times as fast the first is as each. */
async function compare(what: string, contenders: readonly Contender[], rounds = ROUNDS): Promise<void> {
  const times = new Map<string, number[]>(contenders.map(([name]) => [name, []]));
  for (let round = 0; round < rounds; round++) {
    for (const [name, run] of contenders) {
      const started = performance.now();
      await run();
      times.get(name)?.push((performance.now() - started) / 1000);
    }
  }
  console.log(`\n${what}`);
  const [first] = contenders;
  const ours = median(times.get(first?.[0] ?? '') ?? []);
  for (const [name, values] of times) {
    const seconds = median(values);
    const ratio = name === first?.[0] ? '' : `  ${(seconds / ours).toFixed(2)} x our time`;
    console.log(`  ${name.padEnd(34)} ${seconds.toFixed(3).padStart(8)} s${ratio}`);
  }
}

function run(command: string, args: readonly string[]): void {
  const { status, stderr } = spawnSync(command, args, { stdio: ['ignore', 'ignore', 'pipe'] });
  if (status !== 0) throw new Error(`${command}: ${stderr}`);
}

await benchManifests();

await using temporary = await temporaryFolder();
const tar = join(temporary.path, 'root.tar');
run('tar', ['-C', 'node_modules', '--sort=name', '--owner=0', '--group=0', '-cf', tar, '.']);
const out = (name: string) => join(temporary.path, name);
const megabytes = async (path: string) => ((await stat(path)).size / 1e6).toFixed(1);
console.log(`root file system: ${await megabytes(tar)} MB as a tar`);

await compare('root file system tar to squashfs', [
  [
    's9pk (gzip)',
    async () => {
      await rm(out('ours'), { force: true });
      await using source = await FileSource.open(tar);
      await using sink = await FileSink.create(out('ours'));
      await writeSquashfs(await readRootTar(source), sink, { blake3, label: 'bench' });
    },
  ],
  ['tar2sqfs -c gzip', () => run('sh', ['-c', `tar2sqfs -q -f -c gzip ${out('theirs')} < ${tar}`])],
  [
    'mksquashfs (gzip)',
    () => run('mksquashfs', ['node_modules', out('mksquashfs'), '-quiet', '-no-progress', '-noappend']),
  ],
]);
for (const name of ['ours', 'theirs', 'mksquashfs'])
  console.log(`  ${name.padEnd(34)} ${await megabytes(out(name))} MB`);
console.log(`  peak memory of this process        ${(process.resourceUsage().maxRSS / 1000).toFixed(0)} MB`);

const large = out('large.s9pk');
{
  const content = await FileSource.open(tar);
  const root = directory([['large', await fileEntry(content, blake3)]]);
  await using sink = await FileSink.create(large);
  await writeArchive(root, sink, { blake3, signer: { key: testKey }, order: 'priority' });
  await content.close();
}
await compare(`verify a package of ${await megabytes(large)} MB`, [
  [
    `s9pk (${blake3.name})`,
    async () => {
      await using source = await FileSource.open(large);
      const report = await verifyPackage(source, { blake3 });
      if (!report.intact) throw new Error('the package does not verify');
    },
  ],
  ['b3sum --num-threads 1', () => run('b3sum', ['--num-threads', '1', large])],
  [
    'blake3-wasm alone',
    async () => {
      await using source = await FileSource.open(large);
      await digestContent(source, wasmBlake3);
    },
  ],
]);

{
  const sparse = out('sparse.s9pk');
  const handle = await open(sparse, 'w');
  await handle.truncate(10_000_000_000);
  await handle.close();
  await using source = await FileSource.open(large);
  await writeFile(sparse, await source.read(0, 4096), { flag: 'r+' });
}
await compare(
  'open a package of 10 GB',
  [
    [
      's9pk',
      async () => {
        await using source = await FileSource.open(out('sparse.s9pk'));
        await openArchive(source, { blake3 });
      },
    ],
  ],
  20,
);
