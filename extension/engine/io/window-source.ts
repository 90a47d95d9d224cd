import { joinBytes } from '../bytes.ts';
import type { ByteSource } from './byte-source.ts';

/** Bytes read at once. */
const WINDOW = 1 << 20;
/** Windows kept: the one being read, the one before it, and the one read ahead. */
const KEPT = 3;

/**
 * A source that reads whole windows, and the next one ahead. For tens of thousands of small files that lie one after the other in
 * a tar: each read of its own would wait for its turn behind the blocks that are being compressed.
 */
export class WindowSource implements ByteSource {
  readonly size: number;
  private readonly source: ByteSource;
  /** By number, the last used last. */
  private readonly windows = new Map<number, Promise<Uint8Array>>();

  constructor(source: ByteSource) {
    this.source = source;
    this.size = source.size;
  }

  async read(position: number, length: number): Promise<Uint8Array> {
    const end = Math.min(position + length, this.size);
    // Large reads are sequential by themselves.
    if (length >= WINDOW || position >= end) return this.source.read(position, Math.max(0, end - position));
    const first = Math.floor(position / WINDOW);
    const last = Math.floor((end - 1) / WINDOW);
    const start = await this.window(first);
    const offset = position - first * WINDOW;
    if (first === last) return start.subarray(offset, offset + end - position);
    const rest = await this.window(last);
    return joinBytes([start.subarray(offset), rest.subarray(0, end - last * WINDOW)]);
  }

  private window(index: number): Promise<Uint8Array> {
    const isNew = !this.windows.has(index);
    const window = this.load(index);
    if (isNew && (index + 1) * WINDOW < this.size) {
      this.load(index + 1);
      // The one in use must not be the first to go.
      this.load(index);
    }
    for (const oldest of this.windows.keys()) {
      if (this.windows.size <= KEPT) break;
      this.windows.delete(oldest);
    }
    return window;
  }

  private load(index: number): Promise<Uint8Array> {
    const window =
      this.windows.get(index) ?? this.source.read(index * WINDOW, Math.min(WINDOW, this.size - index * WINDOW));
    // A rejection that nobody waits for yet must not count as unhandled; whoever reads gets it.
    window.catch(() => this.windows.delete(index));
    this.windows.delete(index);
    this.windows.set(index, window);
    return window;
  }
}
