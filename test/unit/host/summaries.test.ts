import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Quiet } from '../../../extension/host/packages/tree/quiet.ts';
import { Summaries } from '../../../extension/host/packages/tree/summaries.ts';
import type { PackageSummary } from '../../../extension/worker/protocol.ts';

/** Packages that are read when a test says so, and how often each was. */
class Shelf {
  readonly reads: string[] = [];
  /** Packages that are read at the moment, and the most there were at once. */
  running = 0;
  most = 0;
  readonly quiet = new Quiet();
  readonly summaries = new Summaries<string>((file) => this.read(file), this.quiet);
  title = 'first';

  private async read(file: string): Promise<PackageSummary> {
    this.reads.push(file);
    this.most = Math.max(this.most, ++this.running);
    const { title } = this;
    await new Promise((done) => setTimeout(done));
    this.running--;
    const entries = [{ name: 'icon.png', path: 'icon.png', kind: 'file', size: 1 }] as const;
    return { size: 1, opens: true, findings: [], title, volumes: ['main'], manifest: { id: file }, entries };
  }
}

const names = Array.from({ length: 200 }, (_, index) => `${index}.s9pk`);

test('rows of many packages are read one after the other, each once', async () => {
  const shelf = new Shelf();
  const rows = await Promise.all([...names, ...names].map((name) => shelf.summaries.factsOf(name)));
  assert.equal(rows.length, 400);
  assert.deepEqual(shelf.reads, names);
  assert.equal(shelf.most, 1);
});

test('a package that somebody looks into is read at once, before the rows that wait', async () => {
  const shelf = new Shelf();
  const rows = names.map((name) => shelf.summaries.factsOf(name));
  const { entries } = await shelf.summaries.of('199.s9pk');
  assert.equal(entries.length, 1);
  assert.ok(shelf.reads.length < 5, shelf.reads.join());
  await Promise.all(rows);
  assert.equal(shelf.reads.length, 200);
});

test('rows wait as long as somebody waits for what they opened', async () => {
  const shelf = new Shelf();
  shelf.quiet.disturb();
  const row = shelf.summaries.factsOf('a.s9pk');
  await shelf.summaries.of('b.s9pk');
  assert.deepEqual(shelf.reads, ['b.s9pk']);
  await row;
  assert.deepEqual(shelf.reads, ['b.s9pk', 'a.s9pk']);
});

test('of all packages only what their rows say is kept', async () => {
  const shelf = new Shelf();
  for (const name of names) await shelf.summaries.of(name);
  for (const name of names) {
    assert.deepEqual(shelf.summaries.known(name), { size: 1, opens: true, title: 'first' });
  }
  await shelf.summaries.of('199.s9pk');
  assert.equal(shelf.reads.length, 200, 'what was looked into last is there');
  await shelf.summaries.of('0.s9pk');
  assert.equal(shelf.reads.length, 201, 'what was looked into long ago is read again');
});

test('a package that changes while it is read is not known by what it was', async () => {
  const shelf = new Shelf();
  const before = shelf.summaries.of('a.s9pk');
  shelf.summaries.forget('a.s9pk');
  shelf.title = 'second';
  const now = shelf.summaries.of('a.s9pk');
  assert.deepEqual([(await before).title, (await now).title], ['first', 'second']);
  assert.equal(shelf.summaries.known('a.s9pk')?.title, 'second');
  assert.equal((await shelf.summaries.of('a.s9pk')).title, 'second');
});
