import { concatBytes } from '../bytes.ts';

/** Magic `;;` and version 1, the first three bytes of a package for StartOS 0.3 (s9pk-v1 section 1.1). */
export const MAGIC_1 = Uint8Array.of(0x3b, 0x3b, 0x01);
/** Where the table of contents starts: after magic, key, signature and the table's own length. */
export const TABLE_POSITION = 103;

/** The sections in their order. Packers before 0.3.1 wrote no `scripts`. */
export const LABELS = ['manifest', 'license', 'instructions', 'icon', 'docker_images', 'assets', 'scripts'] as const;
export type SectionLabel = (typeof LABELS)[number];

/** Bytes of the signature's context. */
export const CONTEXT = new TextEncoder().encode('s9pk');

/** One entry of the table: a part of the file. Nothing in the table is signed. */
export interface TableEntry {
  readonly label: string;
  /** From the start of the file, in bytes. */
  readonly position: bigint;
  /** Bytes. */
  readonly size: bigint;
}

export interface SectionsHeader {
  /** Ed25519 public key of the signer, 32 bytes; not signed itself. */
  readonly publicKey: Uint8Array;
  /** Ed25519ph signature of the body, 64 bytes. */
  readonly signature: Uint8Array;
  /** Bytes of the table. */
  readonly tableSize: number;
}

/** The fixed part of a header, from {@link TABLE_POSITION} bytes. Integers are big-endian. Nothing is checked here. */
export function parseSectionsHeader(bytes: Uint8Array): SectionsHeader {
  return {
    publicKey: bytes.slice(3, 35),
    signature: bytes.slice(35, 99),
    tableSize: new DataView(bytes.buffer, bytes.byteOffset).getUint32(99),
  };
}

/**
 * Entries of a table: a byte with the label's length, the label, position and size as unsigned 64-bit integers.
 * @returns all that are whole, and the bytes of one that is cut short
 */
export function parseSectionsTable(table: Uint8Array): { entries: TableEntry[]; leftover: number } {
  const view = new DataView(table.buffer, table.byteOffset, table.byteLength);
  const entries: TableEntry[] = [];
  let at = 0;
  while (at < table.length) {
    const end = at + 1 + view.getUint8(at);
    if (end + 16 > table.length) break;
    const label = String.fromCharCode(...table.subarray(at + 1, end));
    entries.push({ label, position: view.getBigUint64(end), size: view.getBigUint64(end + 8) });
    at = end + 16;
  }
  return { entries, leftover: table.length - at };
}

/** Header and table as the reference writes them. */
export function encodeSectionsHeader(
  { publicKey, signature }: Pick<SectionsHeader, 'publicKey' | 'signature'>,
  entries: readonly TableEntry[],
): Uint8Array {
  const rows = entries.map(({ label, position, size }) => {
    const row = new Uint8Array(17 + label.length);
    const view = new DataView(row.buffer);
    row[0] = label.length;
    for (let index = 0; index < label.length; index++) row[1 + index] = label.charCodeAt(index);
    view.setBigUint64(1 + label.length, position);
    view.setBigUint64(9 + label.length, size);
    return row;
  });
  const table = concatBytes(...rows);
  const length = new Uint8Array(4);
  new DataView(length.buffer).setUint32(0, table.length);
  return concatBytes(MAGIC_1, publicKey, signature, length, table);
}

/** Whether bytes are the start of a package for StartOS 0.3. */
export function isVersion1(start: Uint8Array): boolean {
  return MAGIC_1.every((byte, index) => start[index] === byte);
}
