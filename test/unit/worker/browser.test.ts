import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { before, test } from 'node:test';
import { createContext, Script } from 'node:vm';
import type { FromWorker, Handover, Request, RequestKind, Requests } from '../../../extension/worker/protocol.ts';
import { archiveBytes } from '../../support/archives.ts';
import { foreignPackage } from '../../support/foreign-package.ts';
import { validPackage } from '../../support/packages.ts';

/** The worker for browsers, as it is built, where there is only what browsers have: nothing of Node. */
class BrowserWorker {
  private readonly pending = new Map<number, (message: FromWorker) => void>();
  private readonly scope: { onmessage?: (event: { data: Request | Handover }) => void };
  private nextId = 1;
  readonly checked: string[] = [];

  constructor(code: string) {
    const web = { AbortController, DecompressionStream, ReadableStream, Response, TextDecoder, TextEncoder, URL };
    this.scope = createContext({
      ...web,
      atob,
      btoa,
      performance,
      setTimeout,
      postMessage: (message: FromWorker) => this.receive(message),
    });
    new Script(code).runInContext(this.scope);
  }

  private receive(message: FromWorker): void {
    if (message.type === 'checked') this.checked.push(message.path);
    if (message.type === 'answer' || message.type === 'failed') this.pending.get(message.id)?.(message);
  }

  hold(file: string, bytes: Uint8Array): void {
    this.scope.onmessage?.({ data: { type: 'hold', file, stamp: String(bytes.length), bytes } });
  }

  async request<K extends RequestKind>(type: K, params: Requests[K]['params']): Promise<Requests[K]['answer']> {
    const id = this.nextId++;
    const message = await new Promise<FromWorker>((done) => {
      this.pending.set(id, done);
      this.scope.onmessage?.({ data: { type, id, params } as Request });
    });
    if (message.type === 'failed') throw new Error(message.message);
    // What it makes is of its own world, whose prototypes are others.
    return structuredClone((message as { answer: Requests[K]['answer'] }).answer);
  }
}

const about = (file: string) => ({ file, knownSigners: {}, ownKeys: true });
let worker: BrowserWorker;

before(async () => {
  worker = new BrowserWorker(await readFile('dist/web-worker.js', 'utf8'));
});

test('in a browser, packages are described, verified and compared', async () => {
  const bytes = await archiveBytes(validPackage());
  worker.hold('good', bytes);
  assert.equal((await worker.request('describe', about('good'))).title, 'Test');
  assert.match((await worker.request('page', about('good'))).icon?.mime ?? '', /svg/);
  assert.equal((await worker.request('verify', about('good'))).verdict, 'verified');
  assert.ok(worker.checked.includes('LICENSE.md'));
  const damaged = Uint8Array.from(bytes);
  damaged[damaged.length - 1] = (damaged.at(-1) ?? 0) ^ 1;
  worker.hold('damaged', damaged);
  assert.equal((await worker.request('verify', about('damaged'))).verdict, 'damaged');
  worker.hold('other', await archiveBytes(validPackage({ 'LICENSE.md': 'Another\n' })));
  const { files } = await worker.request('compare', { before: 'good', after: 'other' });
  assert.deepEqual(
    files.map(({ path, change }) => [path, change]),
    [['LICENSE.md', 'changed']],
  );
});

test('in a browser, images of every compressor are looked into', async () => {
  worker.hold('foreign', await archiveBytes(await foreignPackage()));
  const { children } = await worker.request('list', { file: 'foreign', path: 'images/x86_64' });
  const images = children.filter(({ isImage }) => isImage);
  assert.equal(images.length, 4);
  for (const { path } of images) {
    const text = await worker.request('read', { file: 'foreign', path: `${path}/text` });
    assert.equal(new TextDecoder().decode(text.bytes), 'a line of text that repeats\n'.repeat(20_000), path);
    const zeros = await worker.request('read', { file: 'foreign', path: `${path}/zeros` });
    assert.equal(zeros.bytes.length, 1_000_000);
    assert.ok(zeros.bytes.every((byte) => byte === 0));
    const program = await worker.request('read', { file: 'foreign', path: `${path}/program` });
    assert.deepEqual(program.bytes, new Uint8Array((await readFile(process.execPath)).subarray(0, 3_000_000)), path);
  }
  assert.ok((await worker.request('weigh', { file: 'foreign', path: '' })).total > 4_000_000);
  assert.ok((await worker.request('paths', { file: 'foreign' })).paths.length > 2400);
});

test('in a browser, what was not handed over and what needs a disk is refused', async () => {
  await assert.rejects(worker.request('describe', about('nowhere')), /was not handed over/);
  await assert.rejects(worker.request('clearCache', {}), /needs a disk/);
});
