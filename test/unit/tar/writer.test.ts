import assert from 'node:assert/strict';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import fc from 'fast-check';
import { readRootTar } from '../../../extension/engine/image/layer-merge.ts';
import { MemorySink } from '../../../extension/engine/io/byte-sink.ts';
import { MemorySource } from '../../../extension/engine/io/byte-source.ts';
import type { DirectoryNode, FsNode } from '../../../extension/engine/squashfs/node.ts';
import { writeTar } from '../../../extension/engine/tar/writer.ts';
import { temporaryFolder, tool } from '../../support/tools.ts';
import { anyTree, listTree } from '../../support/trees.ts';

async function tarBytes(root: DirectoryNode): Promise<{ bytes: Uint8Array; sockets: string[] }> {
  const sink = new MemorySink();
  const sockets = await writeTar(root, sink);
  return { bytes: sink.bytes(), sockets };
}

function withoutSockets(node: FsNode): FsNode {
  if (node.kind !== 'directory') return node;
  const kept = [...node.children].filter(([, child]) => child.kind !== 'socket');
  return { ...node, children: new Map(kept.map(([name, child]) => [name, withoutSockets(child)])) };
}

const attributes = { mode: 0o644, uid: 0, gid: 0, mtime: 1_000_000_000 };
const file = (content: string, extra: Partial<FsNode> = {}): FsNode =>
  ({ kind: 'file', ...attributes, content: new MemorySource(new TextEncoder().encode(content)), ...extra }) as FsNode;

test('random trees are read back as they are; sockets are named', async () => {
  await fc.assert(
    fc.asyncProperty(anyTree, async (root) => {
      const { bytes, sockets } = await tarBytes(root);
      assert.equal(bytes.length % 512, 0);
      const expected = withoutSockets(root) as DirectoryNode;
      assert.deepEqual(await listTree(await readRootTar(new MemorySource(bytes))), await listTree(expected));
      const all = await listTree(root);
      assert.equal(sockets.length, [...all.values()].filter((line) => line.startsWith('socket')).length);
    }),
    { numRuns: 40 },
  );
});

test('GNU tar unpacks long names, hard links, large ids and attributes', async () => {
  const shared = file('shared', { uid: 4_000_000_000, mode: 0o4755 });
  const long = `${'d'.repeat(120)}`;
  const root: DirectoryNode = {
    ...attributes,
    kind: 'directory',
    mode: 0o755,
    children: new Map<string, FsNode>([
      ['first', shared],
      ['second', shared],
      ['link', { kind: 'symlink', ...attributes, mode: 0o777, target: `../${'t'.repeat(130)}` }],
      [long, { kind: 'directory', ...attributes, mode: 0o700, children: new Map([['ünïcode', file('x')]]) }],
      ['attributed', file('y', { xattrs: new Map([['user.note', new Uint8Array([1, 0, 255, 10])]]) })],
    ]),
  };
  await using temporary = await temporaryFolder();
  const tar = join(temporary.path, 'a.tar');
  await writeFile(tar, (await tarBytes(root)).bytes);
  const listing = (await tool('tar', ['--numeric-owner', '--xattrs', '-tvvf', tar])).toString();
  assert.match(listing, /-rwsr-xr-x.* 4000000000\/0 .* first$/m);
  assert.match(listing, /second link to first$/m);
  assert.match(listing, /link -> \.\.\/t{130}$/m);
  assert.match(listing, /d{120}\/ünïcode$/m);
  assert.match(listing, /4 user\.note/);
  await mkdir(join(temporary.path, 'out'));
  await tool('tar', ['--no-same-owner', '-xf', tar, '-C', join(temporary.path, 'out')]);
});
