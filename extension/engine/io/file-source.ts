import { type FileHandle, open } from 'node:fs/promises';
import { fsPath } from '../byte-names.ts';
import type { ByteSource } from './byte-source.ts';

/** A file on disk. Open it with {@link FileSource.open} and close it when done (or use `await using`). */
export class FileSource implements ByteSource {
  readonly size: number;
  readonly path: string;
  private readonly handle: FileHandle;

  private constructor(path: string, handle: FileHandle, size: number) {
    this.path = path;
    this.handle = handle;
    this.size = size;
  }

  /** @throws the file system's error (ENOENT, EACCES, EISDIR). */
  static async open(path: string): Promise<FileSource> {
    const handle = await open(fsPath(path), 'r');
    try {
      const stat = await handle.stat();
      if (stat.isDirectory()) throw Object.assign(new Error(`${path} is a directory`), { code: 'EISDIR', path });
      return new FileSource(path, handle, stat.size);
    } catch (error) {
      await handle.close();
      throw error;
    }
  }

  async read(position: number, length: number): Promise<Uint8Array> {
    const wanted = Math.max(0, Math.min(length, this.size - position));
    // A plain array over memory that is not cleared first; not a Buffer, whose slice() would not copy.
    const buffer = new Uint8Array(Buffer.allocUnsafeSlow(wanted).buffer);
    return buffer.subarray(0, await this.readInto(position, buffer));
  }

  async readInto(position: number, target: Uint8Array): Promise<number> {
    const wanted = Math.max(0, Math.min(target.length, this.size - position));
    let filled = 0;
    while (filled < wanted) {
      const { bytesRead } = await this.handle.read(target, filled, wanted - filled, position + filled);
      if (bytesRead === 0) break;
      filled += bytesRead;
    }
    return filled;
  }

  close(): Promise<void> {
    return this.handle.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}

/** A file that is opened for each read: for trees of many files, where a handle each would run out. */
export class PathSource implements ByteSource {
  readonly size: number;
  readonly path: string;
  constructor(path: string, size: number) {
    this.path = path;
    this.size = size;
  }
  async read(position: number, length: number): Promise<Uint8Array> {
    await using source = await FileSource.open(this.path);
    // Awaited here, because the file is closed at the return.
    return await source.read(position, length);
  }
}
