import { statfs } from 'node:fs/promises';
import { formatSize } from '../format-size.ts';

/** Room is asked for again after so many bytes, where the whole is not known. */
export const ASK_EVERY = 256 << 20;

/** There is not enough room on a disk; known before it is full. */
export class NoRoomError extends Error {
  override readonly name = 'NoRoomError';
  readonly code = 'ENOSPC';
}

/** Room on a disk for something large, asked for before it is written. */
export class Room {
  private readonly folder: string;
  private readonly total: number | undefined;
  private granted = 0;

  /** @param total bytes that will be written; undefined if holes make that unknown */
  constructor(folder: string, total: number | undefined) {
    this.folder = folder;
    this.total = total;
  }

  /** To be awaited before bytes are written. @throws NoRoomError */
  async take(bytes: number): Promise<void> {
    this.granted -= bytes;
    if (this.granted >= 0) return;
    const wanted = Math.max(bytes, this.total ?? ASK_EVERY);
    // Little is written at once and fails by itself.
    if (wanted >= ASK_EVERY) await askForRoom(this.folder, wanted);
    this.granted = wanted;
  }
}

/** @throws NoRoomError if a disk has fewer bytes left than are needed */
export async function askForRoom(folder: string, bytes: number): Promise<void> {
  const { bavail, bsize } = await statfs(folder);
  const free = bavail * bsize;
  if (free < bytes)
    throw new NoRoomError(`there is no room for ${formatSize(bytes)} in ${folder}: ${formatSize(free)} are free`);
}
