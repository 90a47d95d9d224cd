import { type FileHandle, open } from 'node:fs/promises';
import { fsPath } from '../byte-names.ts';
import { joinBytes } from '../bytes.ts';
import type { ByteSink } from './byte-sink.ts';

/** Small writes are put together to this many bytes: each waits its turn in a thread pool that is busy compressing. */
const BATCH = 1 << 20;

/** A new file, written from its beginning. What was written may be in memory until it is synced or closed. */
export class FileSink implements ByteSink {
  private position = 0;
  private waiting: Uint8Array[] = [];
  private waitingSize = 0;
  private endsInHole = false;
  private readonly handle: FileHandle;

  private constructor(handle: FileHandle) {
    this.handle = handle;
  }

  /** @throws EEXIST if the file is there already: a sink never writes over anything. */
  static async create(path: string): Promise<FileSink> {
    return new FileSink(await open(fsPath(path), 'wx'));
  }

  /** Takes the bytes themselves, not a copy: they must not change afterwards. */
  async write(bytes: Uint8Array): Promise<void> {
    this.waiting.push(bytes);
    if (bytes.length > 0) this.endsInHole = false;
    this.waitingSize += bytes.length;
    this.position += bytes.length;
    if (this.waitingSize >= BATCH) await this.flush();
  }

  /** Leaves a hole of so many bytes, which read as zeros. */
  async skip(length: number): Promise<void> {
    await this.flush();
    this.position += length;
    this.endsInHole = true;
  }

  async writeAt(position: number, bytes: Uint8Array): Promise<void> {
    await this.flush();
    await this.put(position, bytes);
  }

  /** Bytes written so far, patches not counted. */
  get length(): number {
    return this.position;
  }

  /** Flushes the bytes to the disk itself, so that a rename after it never exposes a hollow file. */
  async sync(): Promise<void> {
    await this.flush();
    await this.handle.sync();
  }

  async close(): Promise<void> {
    try {
      await this.flush();
    } finally {
      await this.handle.close();
    }
  }

  private async flush(): Promise<void> {
    if (this.endsInHole) await this.handle.truncate(this.position);
    if (this.waitingSize === 0) return;
    const start = this.position - this.waitingSize;
    const [first, ...more] = this.waiting;
    const bytes = first && more.length === 0 ? first : joinBytes(this.waiting);
    this.waiting = [];
    this.waitingSize = 0;
    await this.put(start, bytes);
  }

  private async put(position: number, bytes: Uint8Array): Promise<void> {
    let written = 0;
    while (written < bytes.length) {
      const { bytesWritten } = await this.handle.write(bytes, written, bytes.length - written, position + written);
      written += bytesWritten;
    }
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}
