import type { ByteSource } from './byte-source.ts';
import { giveBackMemory, SPARE_SIZE, takeMemory } from './spare-memory.ts';

/** Bytes read at once. */
const WINDOW = SPARE_SIZE;
/** Windows kept: the one being read, the one before it, and the one read ahead. */
const KEPT = 3;

/** A piece of the source in memory, which is used for another one when nobody reads it any more. */
interface Window {
  readonly bytes: Promise<Uint8Array>;
  /** The memory, where it is ours. */
  readonly buffer: Uint8Array | undefined;
  readers: number;
  isOut: boolean;
}

/**
 * A source that reads whole windows, and the next one ahead. For tens of thousands of small files that lie one after the other in
 * a tar: each read of its own would wait for its turn behind the blocks that are being compressed. What is read is copied out of
 * the windows, so that their memory is used again and again: fresh megabytes would pile up faster than they are collected.
 */
export class WindowSource implements ByteSource {
  readonly size: number;
  private readonly source: ByteSource;
  /** By number, the last used last. */
  private readonly windows = new Map<number, Window>();

  constructor(source: ByteSource) {
    this.source = source;
    this.size = source.size;
  }

  async read(position: number, length: number): Promise<Uint8Array> {
    const wanted = Math.max(0, Math.min(length, this.size - position));
    // Large reads are sequential by themselves.
    if (wanted === 0 || wanted >= WINDOW) return this.source.read(position, wanted);
    const target = new Uint8Array(wanted);
    return target.subarray(0, await this.readInto(position, target));
  }

  async readInto(position: number, target: Uint8Array): Promise<number> {
    const wanted = Math.max(0, Math.min(target.length, this.size - position));
    if (wanted >= WINDOW && this.source.readInto) return this.source.readInto(position, target.subarray(0, wanted));
    let filled = 0;
    while (filled < wanted) {
      const index = Math.floor((position + filled) / WINDOW);
      const copied = await this.copy(index, position + filled - index * WINDOW, target.subarray(filled, wanted));
      if (copied === 0) break;
      filled += copied;
    }
    return filled;
  }

  /** Copies from one window as much as there is room for. */
  private async copy(index: number, offset: number, target: Uint8Array): Promise<number> {
    const window = this.window(index);
    window.readers++;
    try {
      const piece = (await window.bytes).subarray(offset, offset + target.length);
      target.set(piece);
      return piece.length;
    } finally {
      window.readers--;
      this.giveBack(window);
    }
  }

  private window(index: number): Window {
    const isNew = !this.windows.has(index);
    const window = this.load(index);
    if (isNew && (index + 1) * WINDOW < this.size) {
      this.load(index + 1);
      // The one in use must not be the first to go.
      this.load(index);
    }
    for (const oldest of this.windows.keys()) {
      if (this.windows.size <= KEPT) break;
      this.remove(oldest);
    }
    return window;
  }

  private load(index: number): Window {
    const window = this.windows.get(index) ?? this.begin(index);
    this.windows.delete(index);
    this.windows.set(index, window);
    return window;
  }

  private begin(index: number): Window {
    const position = index * WINDOW;
    const length = Math.min(WINDOW, this.size - position);
    const readInto = this.source.readInto?.bind(this.source);
    const buffer = readInto && takeMemory();
    const bytes =
      readInto && buffer
        ? readInto(position, buffer.subarray(0, length)).then((read) => buffer.subarray(0, read))
        : this.source.read(position, length);
    const window = { bytes, buffer, readers: 0, isOut: false };
    // It is written to until then, and a rejection that nobody waits for yet must not count as unhandled.
    window.readers++;
    bytes
      .catch(() => this.windows.get(index) === window && this.remove(index))
      .finally(() => {
        window.readers--;
        this.giveBack(window);
      });
    return window;
  }

  private remove(index: number): void {
    const window = this.windows.get(index);
    if (!window) return;
    this.windows.delete(index);
    window.isOut = true;
    this.giveBack(window);
  }

  private giveBack(window: Window): void {
    const { buffer, isOut, readers } = window;
    if (isOut && readers === 0 && buffer) giveBackMemory(buffer);
  }
}
