import { loadBlake3InBrowser } from '../engine/hash/blake3-in-browser.ts';
import { isLook, look } from './look/look.ts';
import { PackagesInMemory } from './packages/packages-in-memory.ts';
import type { FromWorker, Handover, ToWorker } from './protocol.ts';
import { serve } from './serve.ts';

/** The worker in a browser: reads packages that it is handed, and does nothing that needs a disk or a process. */

/** The part of a web worker's global scope that is used. */
interface Scope {
  postMessage(message: FromWorker): void;
  onmessage: (event: { readonly data: ToWorker | Handover }) => void;
}

const scope = globalThis as unknown as Scope;
const packages = loadBlake3InBrowser().then((blake3) => new PackagesInMemory(() => blake3));
const answer = serve(
  (message) => scope.postMessage(message),
  async (request, work) => {
    if (!isLook(request)) throw new Error(`"${request.type}" needs a disk`);
    return look(await packages, request, work);
  },
);

/** Messages are taken in their order: what a request is about is there before it. */
let turn: Promise<unknown> = packages;
scope.onmessage = ({ data }) => {
  turn = turn.then(async () => {
    if (data.type === 'hold' || data.type === 'drop') (await packages).take(data);
    else void answer(data);
  });
};
