import { FindingError, finding } from '../finding.ts';
import type { ByteSource } from '../io/byte-source.ts';
import { SquashfsError } from '../squashfs/squashfs-error.ts';

/** The content of a file in an image, whose damage is a finding with the file's path. */
export class PlacedContent implements ByteSource {
  readonly size: number;
  readonly nextData?: (position: number) => Promise<number>;
  private readonly content: ByteSource;
  private readonly path: string;

  constructor(content: ByteSource, path: string) {
    this.content = content;
    this.path = path;
    this.size = content.size;
    const nextData = content.nextData?.bind(content);
    if (nextData) this.nextData = (position) => this.reading(nextData(position));
  }

  /** @throws FindingError `image-unreadable` */
  read(position: number, length: number): Promise<Uint8Array> {
    return this.reading(this.content.read(position, length));
  }

  private async reading<T>(read: Promise<T>): Promise<T> {
    try {
      return await read;
    } catch (error) {
      if (!(error instanceof SquashfsError)) throw error;
      const { path } = this;
      throw new FindingError([finding('image-unreadable', `its contents cannot be read: ${error.message}`, { path })]);
    }
  }
}
