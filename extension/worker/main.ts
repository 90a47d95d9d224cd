import { parentPort } from 'node:worker_threads';
import { fastestBlake3 } from '../engine/hash/fastest-blake3.ts';
import { ImageCache } from '../engine/image/cache/image-cache.ts';
import { makeWrapper } from '../engine/scaffold/new-wrapper.ts';
import { checkSteps } from '../manifest/wrapper/checklist.ts';
import { examineFolder } from '../manifest/wrapper/examine-wrapper.ts';
import { migrateFolder, planMigration } from '../manifest/wrapper/migrating/migrate-folder.ts';
import { buildWrapperImages } from './build-wrapper-images.ts';
import { lintSurroundings } from './lint-surroundings.ts';
import { lintText } from './lint-text.ts';
import { isLook, look } from './look/look.ts';
import { packWrapper } from './pack-wrapper.ts';
import { packagesByPlace } from './packages/packages-by-place.ts';
import { PackagesInMemory } from './packages/packages-in-memory.ts';
import { packagesOnDisk } from './packages/packages-on-disk.ts';
import { placeInWrapper } from './place-in-wrapper.ts';
import type { Handover, Request, Requests, ToWorker } from './protocol.ts';
import { type ServedWork, serve } from './serve.ts';
import { convert, convertOld, edit, exportFrom, extractFrom } from './work-on-package.ts';

/** The worker: runs the engine away from the extension host, so that the editor never waits for it. */

const port = parentPort;
if (!port) throw new Error('this is a worker thread');
const handedOver = new PackagesInMemory(fastestBlake3);
const packages = packagesByPlace(packagesOnDisk, handedOver);
const answer = serve((message) => port.postMessage(message), handle);
port.on('message', (message: ToWorker | Handover) =>
  message.type === 'hold' || message.type === 'drop' ? handedOver.take(message) : answer(message),
);

function handle(request: Request, work: ServedWork): Promise<Requests[keyof Requests]['answer']> {
  if (isLook(request)) return look(packages, request, { ...work, place: placeInWrapper });
  switch (request.type) {
    case 'pack':
      return packWrapper(request.params, work);
    case 'lint':
      return lintSurroundings(request.params, work);
    case 'lintText':
      return lintText(request.params, work);
    case 'buildImages':
      return buildWrapperImages(request.params, work);
    case 'doctor':
      return examineFolder({ ...request.params, ...work, env: process.env }).then((checkups) => ({ checkups }));
    case 'clearCache':
      return clearCache();
    case 'checklist':
      return checkSteps({ ...request.params, ...work }).then((steps) => ({ steps }));
    case 'newWrapper':
      return makeWrapper(request.params);
    case 'planMigration':
      return planMigration({ ...request.params, signal: work.signal });
    case 'migrate':
      return migrateFolder({ ...request.params, signal: work.signal });
    case 'extract':
      return extractFrom(request.params, work);
    case 'edit':
      return edit(request.params, work);
    case 'convert':
      return convert(request.params, work);
    case 'convertSections':
      return convertOld(request.params, work);
    case 'exportImage':
      return exportFrom(request.params, work);
  }
}

async function clearCache(): Promise<{ removed: number }> {
  const cache = ImageCache.ofUser(process.env);
  const removed = (await cache.list()).reduce((sum, { size }) => sum + size, 0);
  await cache.clear();
  return { removed };
}
