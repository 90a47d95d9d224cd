import { availableParallelism } from 'node:os';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import { hasErrors } from '../../extension/engine/finding.ts';
import { fastestBlake3 } from '../../extension/engine/hash/fastest-blake3.ts';
import { MemorySource } from '../../extension/engine/io/byte-source.ts';
import { verifyEither } from '../../extension/engine/verify/verify-either.ts';
import { examineManifest03 } from '../../extension/manifest/rules-03/examine.ts';

/** One thing that is wrong with a package: a bit that is flipped, or an end that is missing. */
export type Fault = { readonly position: number; readonly bit: number } | { readonly size: number };

interface Share {
  readonly bytes: Uint8Array;
  readonly faults: readonly Fault[];
}

const TRIED_PER_TURN = 100;

/** Those faults of a package that verification does not call an error, each tried, on all processors. */
export async function unnoticed(bytes: Uint8Array, faults: readonly Fault[]): Promise<readonly Fault[]> {
  const count = availableParallelism();
  const shares = Array.from({ length: count }, (_, first) =>
    runShare({ bytes, faults: faults.filter((_fault, index) => index % count === first) }),
  );
  const placeOf = (fault: Fault) => ('size' in fault ? fault.size : fault.position);
  return (await Promise.all(shares)).flat().sort((a, b) => placeOf(a) - placeOf(b));
}

export function printFault(fault: Fault): string {
  return 'size' in fault ? `cut to ${fault.size} bytes` : `byte ${fault.position} bit ${fault.bit}`;
}

function runShare(share: Share): Promise<Fault[]> {
  return new Promise((resolve, reject) => {
    const worker = new Worker(fileURLToPath(import.meta.url), { workerData: share });
    worker.once('message', resolve);
    worker.once('error', reject);
  });
}

async function tryShare({ bytes, faults }: Share): Promise<Fault[]> {
  const blake3 = fastestBlake3();
  const changed = bytes.slice();
  const whole = new MemorySource(changed);
  const found: Fault[] = [];
  let tried = 0;
  for (const fault of faults) {
    const source = 'size' in fault ? new MemorySource(bytes.subarray(0, fault.size)) : whole;
    if ('bit' in fault) changed[fault.position] = (bytes[fault.position] ?? 0) ^ (1 << fault.bit);
    const { findings } = await verifyEither(source, { blake3, examine: examineManifest03 });
    if (!hasErrors(findings)) found.push(fault);
    if ('bit' in fault) changed[fault.position] = bytes[fault.position] ?? 0;
    // Native hashers are freed between turns of the event loop, of which reading memory takes none.
    if (++tried % TRIED_PER_TURN === 0) await nextTurn();
  }
  return found;
}

if (!isMainThread) parentPort?.postMessage(await tryShare(workerData as Share));
