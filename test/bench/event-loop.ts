import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { fileURLToPath } from 'node:url';
import { workerThread } from '../../extension/host/engine/worker-thread.ts';
import type { FromWorker, PackAnswer, PackRequest } from '../../extension/worker/protocol.ts';
import { noted } from './compare.ts';
import { BenchWrapper } from './wrapper.ts';

const WORKER = fileURLToPath(new URL('../../dist/worker.cjs', import.meta.url));
/** Milliseconds between looks at the event loop. */
const RESOLUTION = 5;

/** How late the event loop of the thread is that has the extension's worker pack, as the extension host does. */
export async function benchEventLoop(folder: string, tar: string): Promise<void> {
  const wrapper = await BenchWrapper.make(join(folder, 'in-worker'), ['x86_64']);
  process.env['XDG_CACHE_HOME'] = join(folder, 'cache-of-worker');
  const delay = monitorEventLoopDelay({ resolution: RESOLUTION });
  delay.enable();
  const { made, findings } = await packInWorker({
    ...{ folder: wrapper.folder, arch: ['x86_64'], build: 'never' },
    images: [{ id: 'main', arch: 'x86_64', path: tar }],
  });
  delay.disable();
  if (!made) throw new Error(JSON.stringify(findings));
  const p99 = delay.percentile(99) / 1e6 - RESOLUTION;
  const most = delay.max / 1e6 - RESOLUTION;
  noted["delay of the host's event loop, p99, ms"] = p99;
  noted["delay of the host's event loop, most, ms"] = most;
  console.log(`\nevent-loop delay while packing: p99 ${p99.toFixed(1)} ms, at most ${most.toFixed(1)} ms`);
}

function packInWorker(params: PackRequest): Promise<PackAnswer> {
  return new Promise((resolve, reject) => {
    const onMessage = (message: FromWorker) => {
      if (message.type !== 'answer' && message.type !== 'failed') return;
      if (message.type === 'answer') resolve(message.answer as PackAnswer);
      else reject(new Error(message.message));
      void worker.end();
    };
    const worker = workerThread(WORKER)(onMessage, reject);
    worker.post({ type: 'pack', id: 1, params });
  });
}
