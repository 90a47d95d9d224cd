import { parentPort } from 'node:worker_threads';
import { examine } from '../engine/doctor.ts';
import type { OnBuild } from '../engine/image/build/build-progress.ts';
import { ImageCache } from '../engine/image/image-cache.ts';
import type { Work } from '../engine/progress.ts';
import { makeWrapper } from '../engine/scaffold/new-wrapper.ts';
import { checkSteps } from '../manifest/wrapper/checklist.ts';
import { buildWrapperImages } from './build-wrapper-images.ts';
import { describePackage } from './describe-package.ts';
import { lintSurroundings } from './lint-surroundings.ts';
import { listInPackage, readInPackage } from './look-into-package.ts';
import { packWrapper } from './pack-wrapper.ts';
import { pageOfPackage } from './page-of-package.ts';
import type { FromWorker, Requests, ToWorker } from './protocol.ts';
import { verifyFile } from './verify-file.ts';
import { compare, convert, edit, exportFrom, extractFrom, largestIn, pathsIn } from './work-on-package.ts';

/** The worker: runs the engine away from the extension host, so that the editor never waits for it. */

const port = parentPort;
if (!port) throw new Error('this is a worker thread');
const send = (message: FromWorker) => port.postMessage(message);
const running = new Map<number, AbortController>();

port.on('message', async (message: ToWorker) => {
  const { id } = message;
  if (message.type === 'cancel') {
    running.get(id)?.abort(new Error('cancelled'));
    return;
  }
  const controller = new AbortController();
  running.set(id, controller);
  const work: Work = {
    signal: controller.signal,
    onProgress: (progress) => send({ type: 'progress', id, progress }),
  };
  try {
    const log = (line: string) => send({ type: 'log', id, line });
    const answer = await handle(message, work, log, (update) => send({ type: 'build', id, update }));
    send({ type: 'answer', id, answer });
  } catch (error) {
    send({ type: 'failed', id, message: (error as Error).message, cancelled: controller.signal.aborted });
  } finally {
    running.delete(id);
  }
});

function handle(
  message: Exclude<ToWorker, { type: 'cancel' }>,
  work: Work,
  log: (line: string) => void,
  onBuild: OnBuild,
): Promise<Requests[keyof Requests]['answer']> {
  switch (message.type) {
    case 'pack':
      return packWrapper(message.params, { ...work, log, onBuild });
    case 'verify':
      return verifyFile(message.params, {
        ...work,
        onChecked: (path, isGood) => send({ type: 'checked', id: message.id, path, isGood }),
      });
    case 'lint':
      return lintSurroundings(message.params, work);
    case 'buildImages':
      return buildWrapperImages(message.params, { ...work, log, onBuild });
    case 'list':
      return listInPackage(message.params);
    case 'read':
      return readInPackage(message.params);
    case 'doctor':
      return examine({ ...message.params, ...work, env: process.env }).then((checkups) => ({ checkups }));
    case 'clearCache':
      return clearCache();
    case 'checklist':
      return checkSteps({ ...message.params, ...work }).then((steps) => ({ steps }));
    case 'newWrapper':
      return makeWrapper(message.params);
    case 'compare':
      return compare(message.params, work);
    case 'extract':
      return extractFrom(message.params, work);
    case 'paths':
      return pathsIn(message.params, work);
    case 'largest':
      return largestIn(message.params, work);
    case 'edit':
      return edit(message.params, work);
    case 'convert':
      return convert(message.params, work);
    case 'exportImage':
      return exportFrom(message.params, work);
    case 'page':
      return pageOfPackage(message.params);
    case 'describe':
      return describePackage(message.params);
  }
}

async function clearCache(): Promise<{ removed: number }> {
  const cache = ImageCache.ofUser(process.env);
  const removed = (await cache.list()).reduce((sum, { size }) => sum + size, 0);
  await cache.clear();
  return { removed };
}
