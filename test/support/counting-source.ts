import type { ByteSource } from '../../extension/engine/io/byte-source.ts';

/** A source that remembers how many bytes of it were read. */
export class CountingSource implements ByteSource {
  readonly size: number;
  bytesRead = 0;
  private readonly source: ByteSource;

  constructor(source: ByteSource) {
    this.source = source;
    this.size = source.size;
  }

  async read(position: number, length: number): Promise<Uint8Array> {
    const bytes = await this.source.read(position, length);
    this.bytesRead += bytes.length;
    return bytes;
  }
}
