import { nameBytes } from '../archive/names.ts';
import { concatBytes, joinBytes } from '../bytes.ts';
import type { ByteSink } from '../io/byte-sink.ts';
import { readChunks } from '../io/byte-source.ts';
import type { StageMeter } from '../progress.ts';
import { type DirectoryNode, type FsNode, sortedChildren } from '../squashfs/node.ts';

const BLOCK = 512;
/** Bytes of the fields of a ustar header, and the most that their octal digits can say. */
const NAME_LENGTH = 100;
const MAX_ID = 0o7777777;
const MAX_SIZE = 0o77777777777;

const TYPE = { file: '0', character: '3', block: '4', directory: '5', fifo: '6', symlink: '2' } as const;

/** A name whose object stood under another one before it. */
interface Entry {
  readonly path: string;
  readonly node: FsNode;
  readonly linkTo?: string;
}

/**
 * Writes a tree as a tar in the PAX format (POSIX.1-2001), names sorted: what does not fit a ustar header stands in an extended
 * header, extended attributes as `SCHILY.xattr.*`, as tar and container engines write them. Hard links point to their first name.
 * @returns the sockets that were left out: a tar has no type for them
 */
export async function writeTar(root: DirectoryNode, sink: ByteSink, meter?: StageMeter): Promise<string[]> {
  const sockets: string[] = [];
  for (const entry of listEntries(root)) {
    const { path, node, linkTo } = entry;
    if (node.kind === 'socket') {
      sockets.push(path);
      continue;
    }
    const size = node.kind === 'file' && linkTo === undefined ? node.content.size : 0;
    const pax = paxRecords(entry, size);
    if (pax.length > 0) {
      await sink.write(header({ name: 'pax', type: 'x', size: pax.length, mode: 0o644, uid: 0, gid: 0, mtime: 0 }));
      await sink.write(padded(pax));
    }
    await sink.write(headerOf(entry, size));
    if (node.kind !== 'file' || size === 0) continue;
    for await (const chunk of readChunks(node.content)) {
      await sink.write(chunk);
      meter?.add(chunk.length);
    }
    await sink.write(new Uint8Array((BLOCK - (size % BLOCK)) % BLOCK));
  }
  await sink.write(new Uint8Array(2 * BLOCK));
  return sockets;
}

function* listEntries(root: DirectoryNode): Generator<Entry> {
  const first = new Map<FsNode, string>();
  function* visit(node: FsNode, path: string): Generator<Entry> {
    const linkTo = node.kind === 'directory' ? undefined : first.get(node);
    first.set(node, linkTo ?? path);
    yield { path, node, ...(linkTo !== undefined && { linkTo }) };
    if (node.kind !== 'directory' || linkTo !== undefined) return;
    for (const [name, child] of sortedChildren(node))
      yield* visit(child, path === './' ? name : `${path.replace(/\/$/, '')}/${name}`);
  }
  for (const entry of visit(root, './')) {
    yield entry.node.kind === 'directory' && !entry.path.endsWith('/') ? { ...entry, path: `${entry.path}/` } : entry;
  }
}

interface HeaderFields {
  readonly name: string;
  readonly type: string;
  readonly size: number;
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly mtime: number;
  readonly link?: string;
  readonly major?: number;
  readonly minor?: number;
}

function headerOf({ path, node, linkTo }: Entry, size: number): Uint8Array {
  const { mode, uid, gid, mtime } = node;
  const device = node.kind === 'block' || node.kind === 'character' ? { major: node.major, minor: node.minor } : {};
  const link = linkTo ?? (node.kind === 'symlink' ? node.target : '');
  const type = linkTo !== undefined ? '1' : TYPE[node.kind as keyof typeof TYPE];
  return header({ name: path, type, size, mode, uid, gid, mtime, link, ...device });
}

function header({
  name,
  type,
  size,
  mode,
  uid,
  gid,
  mtime,
  link = '',
  major = 0,
  minor = 0,
}: HeaderFields): Uint8Array {
  const bytes = new Uint8Array(BLOCK);
  const put = (at: number, length: number, value: Uint8Array) => bytes.set(value.subarray(0, length), at);
  const octal = (at: number, length: number, value: number) =>
    put(
      at,
      length,
      nameBytes(
        `${value
          .toString(8)
          .padStart(length - 1, '0')
          .slice(-(length - 1))}\0`,
      ),
    );
  put(0, NAME_LENGTH, nameBytes(name));
  octal(100, 8, mode);
  octal(108, 8, Math.min(uid, MAX_ID));
  octal(116, 8, Math.min(gid, MAX_ID));
  octal(124, 12, Math.min(size, MAX_SIZE));
  octal(136, 12, mtime);
  put(148, 9, nameBytes(`        ${type}`));
  put(157, NAME_LENGTH, nameBytes(link));
  put(257, 8, nameBytes('ustar\u000000'));
  octal(329, 8, major);
  octal(337, 8, minor);
  const sum = bytes.reduce((total, byte) => total + byte, 0);
  put(148, 8, nameBytes(`${sum.toString(8).padStart(6, '0')}\0 `));
  return bytes;
}

/** What the header cannot say: long names, large numbers, names that are not ASCII, extended attributes. */
function paxRecords({ path, node, linkTo }: Entry, size: number): Uint8Array {
  const records: Uint8Array[] = [];
  const add = (key: string, value: Uint8Array) => records.push(paxRecord(key, value));
  const text = (key: string, value: string) => {
    const bytes = nameBytes(value);
    if (bytes.length > NAME_LENGTH || bytes.some((byte) => byte >= 0x80)) add(key, bytes);
  };
  text('path', path);
  text('linkpath', linkTo ?? (node.kind === 'symlink' ? node.target : ''));
  if (size > MAX_SIZE) add('size', nameBytes(String(size)));
  if (node.uid > MAX_ID) add('uid', nameBytes(String(node.uid)));
  if (node.gid > MAX_ID) add('gid', nameBytes(String(node.gid)));
  if (linkTo === undefined) for (const [name, value] of node.xattrs ?? []) add(`SCHILY.xattr.${name}`, value);
  return joinBytes(records);
}

/** `LENGTH KEY=VALUE\n`, where the length counts its own digits. */
function paxRecord(key: string, value: Uint8Array): Uint8Array {
  const rest = concatBytes(nameBytes(` ${key}=`), value, nameBytes('\n'));
  let length = rest.length + 1;
  while (String(length).length + rest.length > length) length++;
  return concatBytes(nameBytes(String(length)), rest);
}

function padded(bytes: Uint8Array): Uint8Array {
  return concatBytes(bytes, new Uint8Array((BLOCK - (bytes.length % BLOCK)) % BLOCK));
}
