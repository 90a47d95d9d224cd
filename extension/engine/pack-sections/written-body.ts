import { digestContent } from '../archive/content.ts';
import { equalBytes } from '../bytes.ts';
import type { Blake3, Blake3Hasher } from '../hash/blake3.ts';
import type { ByteSource } from '../io/byte-source.ts';
import type { StageMeter } from '../progress.ts';
import { hashBody } from '../sections/body-hash.ts';

/**
 * A body that is written and read again to see that the disk has what was signed. It is hashed with BLAKE3 on both ways, which is
 * several times as fast as the SHA-512 that is signed: where those agree, the SHA-512 from before is that of what was read.
 */
export class WrittenBody {
  private readonly hasher: Blake3Hasher;
  private readonly blake3: Blake3;
  private written: { blake3: Uint8Array; sha512: Uint8Array } | undefined;

  constructor(blake3: Blake3) {
    this.blake3 = blake3;
    this.hasher = blake3.create();
  }

  readonly onBody = (chunk: Uint8Array): void => this.hasher.update(chunk);

  /** All was written, and this was its SHA-512. */
  end(sha512: Uint8Array): void {
    this.written = { blake3: this.hasher.digest(), sha512 };
  }

  /** The SHA-512 of a body as it is on the disk. */
  readonly digestOf = async (body: ByteSource, meter: StageMeter): Promise<Uint8Array> => {
    if (!this.written) return hashBody(body, meter);
    const { hash } = await digestContent(body, this.blake3, meter);
    return equalBytes(hash, this.written.blake3) ? this.written.sha512 : hashBody(body);
  };
}
