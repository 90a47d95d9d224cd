import type { Stats } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { join } from 'node:path';
import { fsPath } from '../byte-names.ts';
import { FindingError, finding } from '../finding.ts';
import type { ByteSource } from './byte-source.ts';
import { about } from './system-errors.ts';

/** By what a file is known to be the same: bytes, and when it was last written to, in milliseconds since 1970. */
export type FileFacts = Pick<Stats, 'size' | 'mtimeMs'>;

/** A file on disk. Open it with {@link FileSource.open} and close it when done (or use `await using`). */
export class FileSource implements ByteSource {
  readonly size: number;
  readonly path: string;
  /** When it was last written to, as of its opening, in milliseconds since 1970. */
  readonly mtimeMs: number;
  private readonly handle: FileHandle;

  private constructor(path: string, handle: FileHandle, { size, mtimeMs }: FileFacts) {
    this.path = path;
    this.handle = handle;
    this.size = size;
    this.mtimeMs = mtimeMs;
  }

  /** @throws the file system's error (ENOENT, EACCES, EISDIR). */
  static async open(path: string): Promise<FileSource> {
    const handle = await open(fsPath(path), 'r');
    try {
      const stat = await about(path, () => handle.stat());
      if (stat.isDirectory()) throw Object.assign(new Error(`${path} is a directory`), { code: 'EISDIR', path });
      return new FileSource(path, handle, stat);
    } catch (error) {
      await handle.close().catch(() => undefined);
      throw error;
    }
  }

  /**
   * Opens the file that was there before.
   * @param facts what the file system said of it then
   * @throws FindingError `file-changed` if it was written to or replaced since
   */
  static async openSame(path: string, facts: FileFacts): Promise<FileSource> {
    const source = await FileSource.open(path);
    if (source.size === facts.size && source.mtimeMs === facts.mtimeMs) return source;
    await source.close();
    throw changed(path);
  }

  async read(position: number, length: number): Promise<Uint8Array> {
    const wanted = Math.max(0, Math.min(length, this.size - position));
    // A plain array over memory that is not cleared first; not a Buffer, whose slice() would not copy.
    const buffer = new Uint8Array(Buffer.allocUnsafeSlow(wanted).buffer);
    return buffer.subarray(0, await this.readInto(position, buffer));
  }

  /** @throws FindingError `file-changed` where the file ends before the end that it had when it was opened */
  async readInto(position: number, target: Uint8Array): Promise<number> {
    const wanted = Math.max(0, Math.min(target.length, this.size - position));
    let filled = 0;
    while (filled < wanted) {
      const { bytesRead } = await about(this.path, () =>
        this.handle.read(target, filled, wanted - filled, position + filled),
      );
      if (bytesRead === 0) throw changed(this.path);
      filled += bytesRead;
    }
    return filled;
  }

  /** Whoever replaces the file by another one does no harm: this is still the old one. */
  async checkUnchanged(): Promise<void> {
    const { size, mtimeMs } = await about(this.path, () => this.handle.stat());
    if (size !== this.size || mtimeMs !== this.mtimeMs) throw changed(this.path);
  }

  /** Nothing is lost where closing fails, since nothing was written. */
  async close(): Promise<void> {
    await this.handle.close().catch(() => undefined);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}

/** A file that is opened for each read: for trees of many files, where a handle each would run out. */
export class PathSource implements ByteSource {
  readonly size: number;
  readonly mtimeMs: number;
  private readonly folder: string;
  private readonly name: string;
  /**
   * @param folder one text for all files in it, instead of a path for each
   * @param facts what the file system said of the file when its tree was read
   */
  constructor(folder: string, name: string, { size, mtimeMs }: FileFacts) {
    this.folder = folder;
    this.name = name;
    this.size = size;
    this.mtimeMs = mtimeMs;
  }
  get path(): string {
    return join(this.folder, this.name);
  }
  get opensEachTime(): boolean {
    return true;
  }
  /** @throws FindingError `file-changed` where it is not the file any more that it was */
  async read(position: number, length: number): Promise<Uint8Array> {
    await using source = await FileSource.openSame(this.path, this);
    const bytes = await source.read(position, length);
    await source.checkUnchanged();
    return bytes;
  }
}

function changed(path: string): FindingError {
  const message = `${path} was written to while it was read; try again once nothing writes to it any more`;
  return new FindingError([finding('file-changed', message, { file: path })]);
}
