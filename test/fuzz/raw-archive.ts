import { concatBytes } from '../../extension/engine/bytes.ts';
import { hashBytes } from '../../extension/engine/hash/blake3.ts';
import { signCommitment } from '../../extension/engine/sign/commitment.ts';
import { blake3, testKey } from '../support/archives.ts';

/**
 * Version 2 archives in which anything may be stated (s9pk-v2 section 1): tables are encoded as they are told to be, then hashed and
 * signed, so that what reads them is reached behind the signature. Knows nothing of the engine's reader and writer.
 */

/** An entry of a table; what is not stated is what a packer would write. */
export interface RawEntry {
  readonly name: Uint8Array;
  /** The same bytes, or the same table, in several entries stand in the file once. */
  readonly content: Uint8Array | RawTable | 'missing';
  readonly hash?: Uint8Array;
  readonly size?: bigint;
  readonly type?: number;
  readonly position?: bigint;
  readonly tableSize?: bigint;
}

export interface RawTable {
  readonly entries: readonly RawEntry[];
  /** Instead of the number of entries. */
  readonly count?: bigint;
  /** Bytes of zeros that make the number longer than needed. */
  readonly overlong?: number;
  readonly leftover?: Uint8Array;
}

export interface RawHeader {
  readonly maxsize?: bigint;
  readonly position?: bigint;
  readonly tableSize?: bigint;
  readonly trailing?: Uint8Array;
}

const HEADER_SIZE = 155;
const MAGIC = Uint8Array.of(0x3b, 0x3b, 2);
const ALL = (1n << 64n) - 1n;

function u64(value: bigint): Uint8Array {
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setBigUint64(0, value & ALL);
  return bytes;
}

function varint(value: bigint, overlong = 0): Uint8Array {
  const bytes: number[] = [];
  for (let rest = value; ; rest >>= 7n) {
    bytes.push(Number(rest & 0x7fn));
    if (rest < 0x80n) break;
  }
  for (let left = overlong; left > 0; left--) bytes.push(0);
  return Uint8Array.from(bytes, (byte, index) => (index < bytes.length - 1 ? byte | 0x80 : byte));
}

const isTable = (content: RawEntry['content']): content is RawTable =>
  content !== 'missing' && !(content instanceof Uint8Array);

const typeOf = ({ content, type }: RawEntry) => type ?? (content === 'missing' ? 0 : isTable(content) ? 2 : 1);
const TAILS = [0, 8, 16];

function lengthOf({ entries, count, overlong, leftover }: RawTable): number {
  const own = varint(count ?? BigInt(entries.length), overlong).length + (leftover?.length ?? 0);
  return entries.reduce(
    (sum, entry) =>
      sum + varint(BigInt(entry.name.length)).length + entry.name.length + 41 + (TAILS[typeOf(entry)] ?? 0),
    own,
  );
}

/** What is hashed of a table: of several entries with one name the last, in the order of their bytes. */
function sighash(rows: readonly { name: Uint8Array; hash: Uint8Array; size: bigint }[]): Uint8Array {
  const byName = new Map(rows.map((row) => [Buffer.from(row.name).toString('latin1'), row]));
  const sorted = [...byName].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, row]) => row);
  const parts = sorted.flatMap(({ name, hash, size }) => [
    ...[varint(BigInt(name.length)), name, hash, u64(size)],
    Uint8Array.of(0),
  ]);
  return hashBytes(blake3, Buffer.concat([varint(BigInt(sorted.length)), ...parts]));
}

/** Encodes, hashes and signs. */
export function encodeArchive(root: RawTable, header: RawHeader = {}): Uint8Array {
  const places = new Map<object, number>([[root, HEADER_SIZE]]);
  let end = HEADER_SIZE + lengthOf(root);
  const parts: (RawTable | Uint8Array)[] = [root];
  for (const part of parts)
    if (!(part instanceof Uint8Array))
      for (const { content } of part.entries) {
        if (content === 'missing' || places.has(content)) continue;
        places.set(content, end);
        end += isTable(content) ? lengthOf(content) : content.length;
        parts.push(content);
      }

  const digests = new Map<RawTable, Uint8Array>();
  const stated = (entry: RawEntry) => {
    const { name, content } = entry;
    const size = content === 'missing' ? 5n : isTable(content) ? BigInt(lengthOf(content)) : BigInt(content.length);
    const hash = () =>
      content === 'missing' ? new Uint8Array(32) : isTable(content) ? digest(content) : hashBytes(blake3, content);
    return { name, hash: entry.hash ?? hash(), size: (entry.size ?? size) & ALL };
  };
  const digest = (table: RawTable): Uint8Array => {
    const known = digests.get(table) ?? sighash(table.entries.map(stated));
    digests.set(table, known);
    return known;
  };
  const encode = (table: RawTable): Uint8Array => {
    const rows = table.entries.map((entry) => {
      const { name, hash, size } = stated(entry);
      const type = typeOf(entry);
      const there = entry.content === 'missing' ? 0 : (places.get(entry.content) ?? 0);
      const inside = isTable(entry.content) ? BigInt(lengthOf(entry.content)) : 0n;
      const tail = concatBytes(u64(entry.position ?? BigInt(there)), u64(entry.tableSize ?? inside));
      const own = [varint(BigInt(name.length)), name, hash, u64(size), Uint8Array.of(type)];
      return Buffer.concat([...own, tail.subarray(0, TAILS[type] ?? 0)]);
    });
    const count = varint(table.count ?? BigInt(table.entries.length), table.overlong);
    return Buffer.concat([count, ...rows, table.leftover ?? new Uint8Array(0)]);
  };
  const body = parts.map((part) => (part instanceof Uint8Array ? part : encode(part)));
  const size = BigInt(lengthOf(root));
  const commitment = { rootSighash: digest(root), rootMaxsize: (header.maxsize ?? size) & ALL };
  const { publicKey, signature } = signCommitment(commitment, testKey.seed);
  return Buffer.concat([
    ...[MAGIC, publicKey, signature, commitment.rootSighash, u64(commitment.rootMaxsize)],
    ...[u64(header.position ?? BigInt(HEADER_SIZE)), u64(header.tableSize ?? size)],
    ...body,
    header.trailing ?? new Uint8Array(0),
  ]);
}

/** Levels and tables that are gone through to sign an archive again. */
const MOST_LEVELS = 300;
const MOST_TABLES = 3000;

/** Puts right every hash that can be, from the leaves up, and signs what comes out, whatever the tables say. */
export function signAgain(archive: Uint8Array): Uint8Array {
  const bytes = Buffer.from(archive);
  if (bytes.length < HEADER_SIZE) return bytes;
  let tables = 0;
  const hashTable = (position: bigint, size: bigint, levels: number): Uint8Array | undefined => {
    if (position + size > BigInt(bytes.length) || levels > MOST_LEVELS || ++tables > MOST_TABLES) return undefined;
    let at = Number(position);
    const end = at + Number(size);
    const number = () => {
      let value = 0n;
      for (let shift = 0n; shift < 64n && at < end; shift += 7n) {
        const byte = bytes[at++] ?? 0;
        value |= BigInt(byte & 0x7f) << shift;
        if (byte < 0x80) break;
      }
      return value;
    };
    const rows: { name: Uint8Array; hash: Uint8Array; size: bigint }[] = [];
    for (let left = number(); left > 0n && at < end; left--) {
      const length = number();
      if (length > BigInt(end - at)) break;
      const name = bytes.subarray(at, at + Number(length));
      at += Number(length);
      if (at + 41 > end) break;
      const hash = bytes.subarray(at, at + 32);
      const entrySize = bytes.readBigUInt64BE(at + 32);
      const type = bytes[at + 40] ?? 0;
      at += 41;
      const tail = TAILS[type] ?? 0;
      if (at + tail > end) break;
      const there = tail > 0 ? bytes.readBigUInt64BE(at) : 0n;
      const found =
        type === 2
          ? hashTable(there, bytes.readBigUInt64BE(at + 8), levels + 1)
          : type === 1 && there + entrySize <= BigInt(bytes.length)
            ? hashBytes(blake3, bytes.subarray(Number(there), Number(there + entrySize)))
            : undefined;
      if (found) hash.set(found);
      at += tail;
      rows.push({ name, hash, size: entrySize });
    }
    return sighash(rows);
  };
  const root = hashTable(bytes.readBigUInt64BE(139), bytes.readBigUInt64BE(147), 0);
  if (root) bytes.set(root, 99);
  const commitment = { rootSighash: bytes.subarray(99, 131), rootMaxsize: bytes.readBigUInt64BE(131) };
  const { publicKey, signature } = signCommitment(commitment, testKey.seed);
  bytes.set(publicKey, 3);
  bytes.set(signature, 35);
  return bytes;
}
