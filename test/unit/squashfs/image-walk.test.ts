import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MemorySink } from '../../../extension/engine/io/byte-sink.ts';
import { MemorySource } from '../../../extension/engine/io/byte-source.ts';
import type { DirectoryNode, FsNode } from '../../../extension/engine/squashfs/node.ts';
import { type InodeReference, SquashfsImage } from '../../../extension/engine/squashfs/read/image-reader.ts';
import { ImageWalk } from '../../../extension/engine/squashfs/read/image-walk.ts';
import { writeSquashfs } from '../../../extension/engine/squashfs/write/writer.ts';
import { blake3 } from '../../support/archives.ts';

const attributes = { mode: 0o755, uid: 0, gid: 0, mtime: 0 };
const folder = (children: Iterable<readonly [string, FsNode]>): DirectoryNode => ({
  ...{ kind: 'directory', ...attributes },
  children: new Map(children),
});
const link = (target: string): FsNode => ({ kind: 'symlink', ...attributes, target });

async function imageOf(root: DirectoryNode): Promise<SquashfsImage> {
  const sink = new MemorySink();
  await writeSquashfs(root, sink, { blake3, label: 'test' });
  return SquashfsImage.open(new MemorySource(sink.bytes()));
}

const never = (message: string) => assert.fail(message);

test('a walk enters each of many folders once, and says when somebody would again', async () => {
  // So many that their inodes take several blocks of metadata.
  const names = Array.from({ length: 700 }, (_, index) => `folder-${String(index).padStart(3, '0')}`);
  const image = await imageOf(folder(names.map((name) => [name, folder([['in', link(name)]])])));
  const walk = new ImageWalk(image, undefined);
  const met: { name: string; reference: InodeReference }[] = [];
  for await (const item of walk.folder(image.root, never)) met.push(item);
  assert.deepEqual(
    met.map(({ name }) => name),
    names,
  );
  for (const { name, reference } of met) {
    const below: string[] = [];
    for await (const { inode } of walk.folder(reference, never))
      below.push(inode.kind === 'symlink' ? inode.target : inode.kind);
    assert.deepEqual(below, [name]);
  }
  for (const reference of [image.root, ...met.map((item) => item.reference)]) {
    const problems: string[] = [];
    for await (const { name } of walk.folder(reference, (message) => problems.push(message))) never(name);
    assert.deepEqual(problems, ['a directory stands under two names; it is entered once']);
  }
  // Another walk knows nothing of this one.
  for await (const { name } of new ImageWalk(image, undefined).folder(image.root, never)) assert.ok(name);
});

test('names before the page are passed over, and a walk that is cancelled ends between two names', async () => {
  const names = ['a', 'b', 'c', 'd'];
  const image = await imageOf(folder(names.map((name) => [name, link('x')])));
  for (let from = 0; from <= names.length + 1; from++) {
    const seen: string[] = [];
    for await (const { name } of new ImageWalk(image, undefined).folder(image.root, never, from)) seen.push(name);
    assert.deepEqual(seen, names.slice(from));
  }
  const controller = new AbortController();
  const seen: string[] = [];
  await assert.rejects(async () => {
    for await (const { name } of new ImageWalk(image, controller.signal).folder(image.root, never)) {
      seen.push(name);
      if (name === 'b') controller.abort(new Error('cancelled'));
    }
  }, /cancelled/);
  assert.deepEqual(seen, ['a', 'b']);
});
