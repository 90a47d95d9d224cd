import { BUDGET } from '../budget.ts';
import { decodeUtf8 } from '../bytes.ts';
import { HASH_SIZE } from '../hash/blake3.ts';

/** Why a table of contents cannot be parsed. */
export class TableError extends Error {
  override readonly name = 'TableError';
}

/** One entry as it stands in a table of contents. */
export interface TableRow {
  readonly name: string;
  readonly hash: Uint8Array;
  readonly size: bigint;
  readonly kind: 'missing' | 'file' | 'directory';
  /** Absolute position of the content or of the nested table; 0 for a missing entry. */
  readonly position: bigint;
  /** Length of the nested table in bytes; 0 for other kinds. */
  readonly tableSize: bigint;
}

/** What a table holds besides entries that a canonical writer never makes. */
export interface TableQuirks {
  overlongVarints: number;
  leftoverBytes: number;
}

/**
 * Parses the bytes of one table of contents (s9pk-v2 section 1.3) one entry at a time, so that a caller can keep the
 * entries before a fault.
 * @throws TableError on a truncated or malformed table; after the last entry `quirks` is complete.
 */
export function* parseTable(bytes: Uint8Array, quirks: TableQuirks): Generator<TableRow> {
  const cursor = new Cursor(bytes, quirks);
  const count = cursor.varint();
  for (let index = 0n; index < count; index++) {
    const name = cursor.name();
    const hash = cursor.take(HASH_SIZE).slice();
    const size = cursor.u64();
    const type = cursor.take(1)[0];
    switch (type) {
      case 0:
        yield { name, hash, size, kind: 'missing', position: 0n, tableSize: 0n };
        break;
      case 1:
        yield { name, hash, size, kind: 'file', position: cursor.u64(), tableSize: 0n };
        break;
      case 2:
        yield { name, hash, size, kind: 'directory', position: cursor.u64(), tableSize: cursor.u64() };
        break;
      default:
        throw new TableError(`entry ${JSON.stringify(name)} has the unknown type ${type}`);
    }
  }
  quirks.leftoverBytes = cursor.left;
}

class Cursor {
  private position = 0;
  private readonly bytes: Uint8Array;
  private readonly quirks: TableQuirks;

  constructor(bytes: Uint8Array, quirks: TableQuirks) {
    this.bytes = bytes;
    this.quirks = quirks;
  }

  get left(): number {
    return this.bytes.length - this.position;
  }

  take(length: number): Uint8Array {
    if (length > this.left) throw new TableError('it ends in the middle of an entry');
    this.position += length;
    return this.bytes.subarray(this.position - length, this.position);
  }

  u64(): bigint {
    const bytes = this.take(8);
    return new DataView(bytes.buffer, bytes.byteOffset, 8).getBigUint64(0);
  }

  varint(): bigint {
    let value = 0n;
    for (let index = 0; index < 10; index++) {
      const byte = this.take(1)[0] ?? 0;
      if (index === 9 && byte > 1) throw new TableError('a varint is larger than 64 bits');
      value |= BigInt(byte & 0x7f) << BigInt(7 * index);
      if (byte < 0x80) {
        if (byte === 0 && index > 0) this.quirks.overlongVarints++;
        return value;
      }
    }
    throw new TableError('a varint is longer than 10 bytes');
  }

  name(): string {
    const length = this.varint();
    if (length > BUDGET.archiveNameBytes)
      throw new TableError(`a name is ${length} bytes long; the limit is ${BUDGET.archiveNameBytes}`);
    const name = decodeUtf8(this.take(Number(length)));
    if (name === undefined) throw new TableError('a name is not UTF-8');
    return name;
  }
}
