import { giveBackMemory, SPARE_SIZE, takeMemory } from './spare-memory.ts';

/**
 * Random-access bytes: a file, memory, later a remote file. The engine reads through this port only, so an archive
 * is opened from its header and tables without reading the rest.
 */
export interface ByteSource {
  /** Length in bytes. */
  readonly size: number;
  /** Reads up to `length` bytes at `position`; shorter only at the end of the source. */
  read(position: number, length: number): Promise<Uint8Array>;
  /**
   * Reads as much as there is room for in `target`, and says how much that was; less only at the end. For those who read a lot
   * and keep nothing: fresh memory for every chunk costs more than reading it.
   */
  readonly readInto?: ((position: number, target: Uint8Array) => Promise<number>) | undefined;
  /**
   * The first position from `position` on that is not in a hole of a sparse source; its size if there is none. What is between
   * is zeros. Sources without holes do not have it.
   */
  nextData?(position: number): Promise<number>;
  /** Whether each read opens the file anew, so that several are better read at once. */
  readonly opensEachTime?: boolean;
  /**
   * Makes sure that all that was read belongs together. Sources that nobody can write to do not have it.
   * @throws FindingError `file-changed`
   */
  checkUnchanged?(): Promise<void>;
}

/** A source over bytes that are in memory. */
export class MemorySource implements ByteSource {
  readonly size: number;
  private readonly bytes: Uint8Array;
  constructor(bytes: Uint8Array) {
    // A plain view even of a Buffer, whose slice() does not copy.
    this.bytes = new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.length);
    this.size = bytes.length;
  }
  async read(position: number, length: number): Promise<Uint8Array> {
    return this.bytes.subarray(position, position + length);
  }
}

/** The part of `source` that starts at `position` and is `size` bytes long; reads outside it come back short. */
export class SliceSource implements ByteSource {
  readonly size: number;
  private readonly source: ByteSource;
  private readonly position: number;
  constructor(source: ByteSource, position: number, size: number) {
    this.source = source;
    this.position = position;
    this.size = size;
  }
  /** There only if the source has it: a copy would cost what it saves. Made when it is asked for, as trees hold a slice a file. */
  get readInto(): ((position: number, target: Uint8Array) => Promise<number>) | undefined {
    const { source } = this;
    if (!source.readInto) return undefined;
    return async (from, target) =>
      source.readInto?.(
        this.position + from,
        target.subarray(0, Math.max(0, Math.min(target.length, this.size - from))),
      ) ?? 0;
  }
  read(position: number, length: number): Promise<Uint8Array> {
    const wanted = Math.max(0, Math.min(length, this.size - position));
    return this.source.read(this.position + position, wanted);
  }
}

/**
 * The whole source in order, as `readChunks` gives it, but in memory that is used again: a chunk is gone once the next one is
 * asked for.
 */
export async function* readPassing(source: ByteSource, chunkSize = CHUNK_SIZE): AsyncGenerator<Uint8Array> {
  const readInto = source.readInto?.bind(source);
  if (!readInto) {
    yield* readChunks(source, chunkSize);
    return;
  }
  const size = Math.min(chunkSize, source.size);
  const memory = [memoryOf(size), memoryOf(source.size > size ? size : 0)];
  let [current, next] = memory.map((piece) => piece.subarray(0, size)) as [Uint8Array, Uint8Array];
  let ahead = readInto(0, current);
  try {
    for (let position = 0; position < source.size; ) {
      const length = await ahead;
      if (length === 0) return;
      const chunk = current.subarray(0, length);
      position += length;
      [current, next] = [next, current];
      if (position < source.size) {
        ahead = readInto(position, current);
        // A rejection that arrives while the caller is still busy must not count as unhandled; the next await throws it.
        ahead.catch(() => undefined);
      }
      yield chunk;
    }
  } finally {
    await ahead.catch(() => undefined);
    for (const piece of memory) giveBackMemory(piece);
  }
}

function memoryOf(size: number): Uint8Array {
  return size > SPARE_SIZE / 4 && size <= SPARE_SIZE ? takeMemory() : new Uint8Array(size);
}

/** A piece of a source: bytes, or how many zeros of a hole. */
export type Piece = Uint8Array | { readonly hole: number };

/** The whole source in order, with its holes as what they are. */
export async function* readPieces(source: ByteSource, chunkSize = CHUNK_SIZE): AsyncGenerator<Piece> {
  const nextData = source.nextData?.bind(source);
  if (!nextData) {
    yield* readChunks(source, chunkSize);
    return;
  }
  for (let position = 0; position < source.size; ) {
    const data = await nextData(position);
    if (data > position) {
      yield { hole: data - position };
      position = data;
      continue;
    }
    const chunk = await source.read(position, Math.min(chunkSize, source.size - position));
    if (chunk.length === 0) return;
    yield chunk;
    position += chunk.length;
  }
}

/** Large enough that a call costs nothing beside the copy, small enough that two of them do not matter. */
export const CHUNK_SIZE = 1 << 20;

/**
 * The whole source in order, in chunks of at most `chunkSize` bytes, reading one chunk ahead so that the caller's
 * work on a chunk and the next read overlap.
 */
export async function* readChunks(source: ByteSource, chunkSize = CHUNK_SIZE): AsyncGenerator<Uint8Array> {
  let position = 0;
  let ahead = source.read(0, Math.min(chunkSize, source.size));
  while (position < source.size) {
    const chunk = await ahead;
    if (chunk.length === 0) return;
    position += chunk.length;
    ahead = source.read(position, Math.max(0, Math.min(chunkSize, source.size - position)));
    // A rejection that arrives while the caller is still busy must not count as unhandled; the next await throws it.
    ahead.catch(() => undefined);
    yield chunk;
  }
}

/**
 * All bytes of a small source.
 * @throws RangeError if it is larger than `limit` bytes, before anything is allocated.
 */
export async function readAll(source: ByteSource, limit: number): Promise<Uint8Array> {
  if (source.size > limit) throw new RangeError(`${source.size} bytes are more than the ${limit} bytes allowed here`);
  return source.read(0, source.size);
}
