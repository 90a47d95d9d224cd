import { type FileHandle, open } from 'node:fs/promises';
import type { ByteSink } from './byte-sink.ts';

/** A new file, written from its beginning. */
export class FileSink implements ByteSink {
  private position = 0;
  private readonly handle: FileHandle;

  private constructor(handle: FileHandle) {
    this.handle = handle;
  }

  /** @throws EEXIST if the file is there already: a sink never writes over anything. */
  static async create(path: string): Promise<FileSink> {
    return new FileSink(await open(path, 'wx'));
  }

  async write(bytes: Uint8Array): Promise<void> {
    await this.writeAt(this.position, bytes);
    this.position += bytes.length;
  }

  async writeAt(position: number, bytes: Uint8Array): Promise<void> {
    let written = 0;
    while (written < bytes.length) {
      const { bytesWritten } = await this.handle.write(bytes, written, bytes.length - written, position + written);
      written += bytesWritten;
    }
  }

  /** Bytes written so far, patches not counted. */
  get length(): number {
    return this.position;
  }

  /** Flushes the bytes to the disk itself, so that a rename after it never exposes a hollow file. */
  sync(): Promise<void> {
    return this.handle.sync();
  }

  close(): Promise<void> {
    return this.handle.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}
