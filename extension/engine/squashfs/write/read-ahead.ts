import type { FileNode } from '../node.ts';

/** Files that are read ahead, and bytes up to which a file is: 2 MiB at most are in memory. */
const AHEAD = 16;
const SMALL = 128 << 10;

/** A file whose turn it is to be written. */
export interface FileToWrite {
  readonly file: FileNode;
  readonly number: number;
  /** Its whole content, if it was read ahead. */
  readonly bytes: Promise<Uint8Array> | undefined;
}

/**
 * The files in their order, small ones of the disk read ahead, several at once: opening and closing them takes far longer than reading.
 * Whoever stops waits for what is being read.
 */
export async function* readAhead(files: Iterable<readonly [FileNode, number]>): AsyncGenerator<FileToWrite> {
  const waiting: FileToWrite[] = [];
  try {
    for (const [file, number] of files) {
      const { content } = file;
      const isAhead = content.opensEachTime === true && content.size > 0 && content.size <= SMALL;
      const bytes = isAhead ? content.read(0, content.size) : undefined;
      // Whoever writes the file hears of it.
      bytes?.catch(() => undefined);
      waiting.push({ file, number, bytes });
      const next = waiting.length > AHEAD ? waiting.shift() : undefined;
      if (next) yield next;
    }
    for (let next = waiting.shift(); next; next = waiting.shift()) yield next;
  } finally {
    await Promise.allSettled(waiting.map(({ bytes }) => bytes));
  }
}
