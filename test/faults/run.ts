import { readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import { HEADER_SIZE } from '../../extension/engine/archive/header.ts';
import { openArchive } from '../../extension/engine/archive/reader.ts';
import { fastestBlake3 } from '../../extension/engine/hash/fastest-blake3.ts';
import { MemorySource } from '../../extension/engine/io/byte-source.ts';
import { pack } from '../../extension/engine/pack/pack.ts';
import { verifyPackage } from '../../extension/engine/verify/verify.ts';
import { copyExample, prepareExample } from '../vscode/workspace.ts';
import { killTest } from './kill.ts';
import { uncoveredRanges } from './uncovered.ts';

/**
 * Two exhaustive fault tests on the packed example, too long for the unit tests:
 * every single byte is flipped in turn and verification must notice, but for the bytes that the format does not cover;
 * and packing is killed at 50 random moments, which must never harm the package that is there.
 */

interface Share {
  readonly bytes: Uint8Array;
  readonly first: number;
  readonly step: number;
}

const blake3 = fastestBlake3();

/** Positions of one share at which a flipped byte goes unnoticed. */
async function unnoticed({ bytes, first, step }: Share): Promise<number[]> {
  const changed = bytes.slice();
  const source = new MemorySource(changed);
  const positions: number[] = [];
  for (let position = first; position < bytes.length; position += step) {
    const byte = bytes[position] ?? 0;
    // A different bit at every position, so that all eight are tried.
    changed[position] = byte ^ (1 << (position & 7));
    const report = await verifyPackage(source, { blake3 });
    if (report.intact && report.canonical && report.complete) positions.push(position);
    changed[position] = byte;
  }
  return positions;
}

if (isMainThread) await main();
else parentPort?.postMessage(await unnoticed(workerData as Share));

async function main(): Promise<void> {
  prepareExample();
  const temporary = await mkdtemp(join(tmpdir(), 's9pk-faults-'));
  let failed = 0;
  try {
    const folder = join(temporary, 'hello-world');
    await copyExample(folder);
    const images = [{ id: 'main', path: join(folder, 'image', 'oci') }];
    const result = await pack({ folder, images, git: 'none', blake3 });
    if (!result.made) throw new Error(JSON.stringify(result.findings));
    const bytes = new Uint8Array(readFileSync(result.made.path));

    const started = performance.now();
    const found = await flipEverywhere(bytes);
    const expected = await uncoveredRanges(bytes);
    const isExpected = (position: number) => expected.some(({ start, end }) => position >= start && position < end);
    const holes = found.filter((position) => !isExpected(position));
    const seconds = ((performance.now() - started) / 1000).toFixed(0);
    console.log(
      `${bytes.length} single-byte changes in ${seconds} s, ${found.length} in bytes that the format leaves open`,
    );
    if (holes.length > 0) {
      failed++;
      console.error(`changes went unnoticed at ${holes.slice(0, 20).join(', ')}`);
    }
    const { header } = await openArchive(new MemorySource(bytes), { blake3 });
    if (header.tablePosition !== BigInt(HEADER_SIZE)) failed++;

    failed += await killTest(folder, images[0]?.path ?? '');
  } finally {
    await rm(temporary, { recursive: true, force: true, maxRetries: 5 });
  }
  console.log(`${2 - Math.min(2, failed)} passed, ${failed} failed`);
  process.exitCode = failed > 0 ? 1 : 0;
}

async function flipEverywhere(bytes: Uint8Array): Promise<number[]> {
  const step = availableParallelism();
  const shares = Array.from({ length: step }, (_, first) => runShare({ bytes, first, step }));
  return (await Promise.all(shares)).flat().sort((a, b) => a - b);
}

function runShare(share: Share): Promise<number[]> {
  return new Promise((resolve, reject) => {
    const worker = new Worker(fileURLToPath(import.meta.url), { workerData: share });
    worker.once('message', resolve);
    worker.once('error', reject);
  });
}
