import { decodeFirst } from 'cborg';
import { toHex } from '../bytes.ts';
import type { ByteSource } from '../io/byte-source.ts';

/** Where the table of contents starts (s9pk-v1 section 1.1), after magic, key, signature and its own length. */
const TABLE_POSITION = 103;
/** Every writer's table has 176 bytes or fewer; what claims much more is not read. */
const MAX_TABLE = 4096;
/** Published manifests have some tens of kilobytes. */
const MAX_MANIFEST = 4 << 20;

/** One part of a version 1 package; they lie one after the other. */
export interface Section {
  readonly label: string;
  /** From the start of the file, in bytes. */
  readonly position: number;
  readonly size: number;
}

/**
 * What a version 1 package (StartOS 0.3) says of itself. Nothing is checked: its one signature covers all bytes after the
 * table, and the table not at all.
 */
export interface Version1 {
  /** Ed25519 public key that it names as its signer, 32 bytes. */
  readonly publicKey: Uint8Array;
  readonly sections: readonly Section[];
  /** The manifest, as JSON would have it; undefined if it cannot be read. */
  readonly manifest?: Readonly<Record<string, unknown>>;
}

/** Reads a file that starts with the magic of version 1. @returns undefined if its header is cut short */
export async function describeVersion1(source: ByteSource): Promise<Version1 | undefined> {
  const head = await source.read(0, TABLE_POSITION);
  if (head.length < TABLE_POSITION) return undefined;
  const size = new DataView(head.buffer, head.byteOffset).getUint32(TABLE_POSITION - 4);
  const sections = size > MAX_TABLE ? [] : parseTable(await source.read(TABLE_POSITION, size));
  const manifest = await readManifest(
    source,
    sections.find(({ label }) => label === 'manifest'),
  );
  return { publicKey: head.slice(3, 35), sections, ...(manifest && { manifest }) };
}

/** Entries of the table: a label with its length, a position and a size, big-endian. What is cut short ends it. */
function parseTable(table: Uint8Array): Section[] {
  const view = new DataView(table.buffer, table.byteOffset, table.byteLength);
  const sections: Section[] = [];
  for (let at = 0; at < table.length; ) {
    const end = at + 1 + view.getUint8(at);
    if (end + 16 > table.length) break;
    const label = String.fromCharCode(...table.subarray(at + 1, end));
    sections.push({ label, position: Number(view.getBigUint64(end)), size: Number(view.getBigUint64(end + 8)) });
    at = end + 16;
  }
  return sections;
}

/** The manifest: one CBOR item, and a line feed that is no part of it (s9pk-v1 section 2.1). */
async function readManifest(
  source: ByteSource,
  section: Section | undefined,
): Promise<Readonly<Record<string, unknown>> | undefined> {
  if (!section || section.size > MAX_MANIFEST || section.position + section.size > source.size) return undefined;
  try {
    const [value] = decodeFirst(await source.read(section.position, section.size));
    const manifest = plain(value, 0, { count: 0 });
    return typeof manifest === 'object' && manifest !== null && !Array.isArray(manifest)
      ? (manifest as Record<string, unknown>)
      : undefined;
  } catch {
    return undefined;
  }
}

/** Manifests have some levels and some hundreds of values; whoever gets one must be able to take it over and show it. */
const MAX_LEVELS = 64;
const MAX_VALUES = 50_000;

/**
 * A value as JSON would have it: numbers beyond JSON's and bytes are none of a manifest's, and become texts.
 * @throws RangeError if it is nested too deep or has too many values.
 */
function plain(value: unknown, level: number, seen: { count: number }): unknown {
  if (level > MAX_LEVELS || ++seen.count > MAX_VALUES) throw new RangeError('this is no manifest');
  if (typeof value === 'bigint') return String(value);
  if (value instanceof Uint8Array) return toHex(value.subarray(0, 100));
  if (Array.isArray(value)) return value.map((item) => plain(item, level + 1, seen));
  if (typeof value !== 'object' || value === null) return value ?? null;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, plain(item, level + 1, seen)]));
}
