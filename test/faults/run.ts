import { readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import { HEADER_SIZE } from '../../extension/engine/archive/header.ts';
import { type Archive, openArchive } from '../../extension/engine/archive/reader.ts';
import { hasErrors } from '../../extension/engine/finding.ts';
import { fastestBlake3 } from '../../extension/engine/hash/fastest-blake3.ts';
import { MemorySource } from '../../extension/engine/io/byte-source.ts';
import { pack } from '../../extension/engine/pack/pack.ts';
import { verifyPackage } from '../../extension/engine/verify/verify.ts';
import { copyExample, prepareExample } from '../vscode/workspace.ts';
import { fullDiskTest } from './full-disk.ts';
import { imageFaults } from './images.ts';
import { killTest } from './kill.ts';
import { uncoveredPositions } from './uncovered.ts';

/**
 * Four fault tests on the packed example, too long for the unit tests:
 * every single byte is changed in turn and verification must find an error, but for the bytes that the format leaves open;
 * packing is killed at 50 random moments, which must never harm the package that is there; it meets disks that are full sooner
 * or later; and small images of each compressor are changed and cut at every byte.
 */

interface Share {
  readonly bytes: Uint8Array;
  /** Positions to try, and which bits of each. */
  readonly changes: readonly { readonly position: number; readonly bit: number }[];
}

const blake3 = fastestBlake3();
const TRIED_PER_TURN = 100;

/** Positions of one share at which a flipped bit is no error. */
async function unnoticed({ bytes, changes }: Share): Promise<number[]> {
  const changed = bytes.slice();
  const source = new MemorySource(changed);
  const positions: number[] = [];
  let tried = 0;
  for (const { position, bit } of changes) {
    const byte = bytes[position] ?? 0;
    changed[position] = byte ^ (1 << bit);
    const { findings } = await verifyPackage(source, { blake3 });
    if (!hasErrors(findings)) positions.push(position);
    changed[position] = byte;
    // Native hashers are freed between turns of the event loop, of which reading memory takes none.
    if (++tried % TRIED_PER_TURN === 0) await nextTurn();
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
    const archive = await openArchive(new MemorySource(bytes), { blake3 });
    const uncovered = await uncoveredPositions(archive);
    const changes = changesOf(bytes.length, archive);
    const found = await flip(bytes, changes);
    const holes = found.filter((position) => !uncovered.includes(position));
    const seconds = ((performance.now() - started) / 1000).toFixed(0);
    console.log(
      `${changes.length} flipped bits in ${bytes.length} bytes, ${seconds} s; no error at ${found.join(', ') || 'none'}`,
    );
    if (holes.length > 0) {
      failed++;
      console.error(`the format covers these, but a change was no error: ${holes.slice(0, 20).join(', ')}`);
    }

    failed += await killTest(folder, images[0]?.path ?? '');
    failed += await fullDiskTest(folder);
    failed += await imageFaults();
  } finally {
    await rm(temporary, { recursive: true, force: true, maxRetries: 5 });
  }
  console.log(`${4 - Math.min(4, failed)} passed, ${failed} failed`);
  process.exitCode = failed > 0 ? 1 : 0;
}

/** All eight bits of every byte in header and tables, one bit of every other byte (a different one from byte to byte). */
function changesOf(size: number, { ranges }: Archive): Share['changes'] {
  const tables = ranges.filter((range) => range.kind === 'table');
  const isTable = (position: number) =>
    position < HEADER_SIZE ||
    tables.some((range) => position >= Number(range.position) && position < Number(range.position + range.size));
  return Array.from({ length: size }, (_, position) =>
    isTable(position) ? [0, 1, 2, 3, 4, 5, 6, 7].map((bit) => ({ position, bit })) : [{ position, bit: position & 7 }],
  ).flat();
}

async function flip(bytes: Uint8Array, changes: Share['changes']): Promise<number[]> {
  const count = availableParallelism();
  const shares = Array.from({ length: count }, (_, first) =>
    runShare({ bytes, changes: changes.filter((_change, index) => index % count === first) }),
  );
  return (await Promise.all(shares)).flat().sort((a, b) => a - b);
}

function runShare(share: Share): Promise<number[]> {
  return new Promise((resolve, reject) => {
    const worker = new Worker(fileURLToPath(import.meta.url), { workerData: share });
    worker.once('message', resolve);
    worker.once('error', reject);
  });
}
