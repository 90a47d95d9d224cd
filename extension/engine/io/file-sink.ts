import { type FileHandle, open } from 'node:fs/promises';
import { fsPath } from '../byte-names.ts';
import type { ByteSink } from './byte-sink.ts';
import { giveBackMemory, SPARE_SIZE, takeMemory } from './spare-memory.ts';
import { about } from './system-errors.ts';

/**
 * A new file, written from its beginning. Small writes are put together, since each waits its turn in a thread pool that is busy
 * compressing. What was written may be in memory until it is synced or closed.
 */
export class FileSink implements ByteSink {
  private position = 0;
  private readonly path: string;
  private readonly handle: FileHandle;
  /** Bytes that are not on their way to the file yet. */
  private waiting: Uint8Array | undefined;
  private waitingSize = 0;
  private endsInHole = false;
  /** Whether somebody was told that writing failed; closing has nothing to add then. */
  private hasFailed = false;
  /** The memory that is being written, and when that is done. */
  private writing: { memory: Uint8Array; done: Promise<void> } | undefined;

  private constructor(path: string, handle: FileHandle) {
    this.path = path;
    this.handle = handle;
  }

  /** @throws EEXIST if the file is there already: a sink never writes over anything. */
  static async create(path: string): Promise<FileSink> {
    return new FileSink(path, await open(fsPath(path), 'wx'));
  }

  /** Takes a copy of the bytes, at the latest once it resolves. */
  async write(bytes: Uint8Array): Promise<void> {
    if (bytes.length === 0) return;
    this.endsInHole = false;
    if (this.waitingSize + bytes.length > SPARE_SIZE) await this.hand();
    if (bytes.length > SPARE_SIZE) {
      await this.settle();
      await this.telling(this.put(this.position, bytes));
      this.position += bytes.length;
      return;
    }
    this.waiting ??= takeMemory();
    this.waiting.set(bytes, this.waitingSize);
    this.waitingSize += bytes.length;
    this.position += bytes.length;
  }

  /** Leaves a hole of so many bytes, which read as zeros. */
  async skip(length: number): Promise<void> {
    await this.settle();
    this.position += length;
    this.endsInHole = true;
  }

  async writeAt(position: number, bytes: Uint8Array): Promise<void> {
    await this.settle();
    await this.telling(this.put(position, bytes));
  }

  /** Bytes written so far, patches not counted. */
  get length(): number {
    return this.position;
  }

  /** Flushes the bytes to the disk itself, so that a rename after it never exposes a hollow file. */
  async sync(): Promise<void> {
    await this.settle();
    await about(this.path, () => this.handle.sync());
  }

  async close(): Promise<void> {
    try {
      if (!this.hasFailed) await this.settle();
      // A write that is under way is not closed under.
      else await this.writing?.done.catch(() => undefined);
    } finally {
      if (this.waiting) giveBackMemory(this.waiting);
      this.waiting = undefined;
      await about(this.path, () => this.handle.close());
    }
  }

  /** Waits until all is in the file. @throws what writing it threw */
  private async settle(): Promise<void> {
    await this.hand();
    await this.written();
    if (this.endsInHole) await about(this.path, () => this.handle.truncate(this.position));
  }

  /** Begins to write what is waiting, once what was begun before is written. */
  private async hand(): Promise<void> {
    const { waiting: memory, waitingSize: size } = this;
    if (!memory || size === 0) return;
    await this.written();
    const done = this.put(this.position - size, memory.subarray(0, size));
    // Whoever writes or settles next gets a failure; until then it must not count as unhandled.
    done.catch(() => undefined);
    this.writing = { memory, done };
    this.waiting = undefined;
    this.waitingSize = 0;
  }

  private async written(): Promise<void> {
    if (!this.writing) return;
    const { memory, done } = this.writing;
    await this.telling(done);
    this.writing = undefined;
    giveBackMemory(memory);
  }

  /** Remembers that a failure was thrown to whoever writes. */
  private async telling(work: Promise<void>): Promise<void> {
    try {
      await work;
    } catch (error) {
      this.hasFailed = true;
      throw error;
    }
  }

  private async put(position: number, bytes: Uint8Array): Promise<void> {
    let written = 0;
    while (written < bytes.length) {
      const { bytesWritten } = await about(this.path, () =>
        this.handle.write(bytes, written, bytes.length - written, position + written),
      );
      written += bytesWritten;
    }
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}
