import { BUDGET } from '../../budget.ts';
import { decodeName } from '../../byte-names.ts';
import { toBytes } from '../../bytes.ts';
import type { ByteSource } from '../../io/byte-source.ts';
import { METADATA_BLOCK_SIZE, NO_XATTRS } from '../format.ts';
import { SquashfsError } from '../squashfs-error.ts';
import type { MetadataCursor, MetadataReader } from './metadata-reader.ts';

/** Prefixes of names, by the low byte of an attribute's type. */
const NAMESPACES: Readonly<Record<number, string>> = { 0: 'user.', 1: 'trusted.', 2: 'security.' };
/** In an attribute's type: the value stands elsewhere, and here is its reference. */
const OUT_OF_LINE = 0x0100;
/** Reads the sets of extended attributes of an image, one at a time. */
export class XattrReader {
  private readonly source: ByteSource;
  private readonly metadata: MetadataReader;
  /** Position of the header of the id table. */
  private readonly header: number;

  constructor(source: ByteSource, metadata: MetadataReader, header: number) {
    this.source = source;
    this.metadata = metadata;
    this.header = header;
  }

  /**
   * A set by its index, by full name (`security.capability`).
   * @throws SquashfsError if the tables are damaged or hold names of a kind that does not exist
   */
  async read(index: number): Promise<Map<string, Uint8Array>> {
    const xattrs = new Map<string, Uint8Array>();
    let total = 0;
    const keep = (name: string, value: Uint8Array) => {
      total += name.length + value.length;
      // Values may be shared, so that few bytes could claim to be many.
      if (total > BUDGET.xattrSetBytes) throw new SquashfsError('the extended attributes of an inode are too large');
      xattrs.set(name, value);
    };
    if (index === NO_XATTRS) return xattrs;
    const header = await this.bytes(this.header, 16);
    const start = Number(header.getBigUint64(0, true));
    if (index >= header.getUint32(8, true)) throw new SquashfsError(`there is no set ${index} of extended attributes`);
    const at = index * 16;
    const list = await this.bytes(this.header + 16 + Math.floor(at / METADATA_BLOCK_SIZE) * 8, 8);
    const block = Number(list.getBigUint64(0, true));
    const record = await this.metadata.at(block, at % METADATA_BLOCK_SIZE).take(16);
    const cursor = this.follow(start, record.getBigUint64(0, true));
    const count = record.getUint32(8, true);
    if (count > BUDGET.xattrs) throw new SquashfsError('an inode claims to have impossibly many extended attributes');
    for (let read = 0; read < count; read++) {
      const key = await cursor.take(4);
      const type = key.getUint16(0, true);
      const namespace = NAMESPACES[type & 0xff];
      if (namespace === undefined) throw new SquashfsError(`there are no extended attributes of the kind ${type}`);
      const name = namespace + decodeName(toBytes(await cursor.take(key.getUint16(2, true))));
      if (name.length > BUDGET.nameBytes) throw new SquashfsError('the name of an extended attribute is too long');
      const value = await readValue(cursor);
      if ((type & OUT_OF_LINE) === 0) keep(name, value);
      else {
        if (value.length !== 8) throw new SquashfsError('the reference to an extended attribute is damaged');
        const reference = new DataView(value.buffer, value.byteOffset, 8).getBigUint64(0, true);
        keep(name, await readValue(this.follow(start, reference)));
      }
    }
    return xattrs;
  }

  private follow(start: number, reference: bigint): MetadataCursor {
    return this.metadata.at(start + Number(reference >> 16n), Number(reference & 0xffffn));
  }

  private async bytes(position: number, length: number): Promise<DataView> {
    const bytes = await this.source.read(position, length);
    if (bytes.length < length) throw new SquashfsError('the table of extended attributes is cut short');
    return new DataView(bytes.buffer, bytes.byteOffset, length);
  }
}

async function readValue(cursor: MetadataCursor): Promise<Uint8Array> {
  const size = (await cursor.take(4)).getUint32(0, true);
  if (size > BUDGET.xattrBytes) throw new SquashfsError('an extended attribute claims to be impossibly large');
  const view = await cursor.take(size);
  return new Uint8Array(view.buffer, view.byteOffset, size).slice();
}
