/** Where bytes are written, in order; `writeAt` patches what was written before (a header that is known last). */
export interface ByteSink {
  /** Takes a copy of the bytes, at the latest once it resolves: their memory may then be used again. */
  write(bytes: Uint8Array): Promise<void>;
  writeAt(position: number, bytes: Uint8Array): Promise<void>;
}

/** Collects what is written, for small things and for tests. */
export class MemorySink implements ByteSink {
  private readonly chunks: Uint8Array[] = [];
  private readonly patches: { position: number; bytes: Uint8Array }[] = [];

  async write(bytes: Uint8Array): Promise<void> {
    this.chunks.push(bytes.slice());
  }

  async writeAt(position: number, bytes: Uint8Array): Promise<void> {
    this.patches.push({ position, bytes: bytes.slice() });
  }

  bytes(): Uint8Array {
    const all = new Uint8Array(this.chunks.reduce((sum, chunk) => sum + chunk.length, 0));
    let position = 0;
    for (const chunk of this.chunks) {
      all.set(chunk, position);
      position += chunk.length;
    }
    for (const patch of this.patches) all.set(patch.bytes, patch.position);
    return all;
  }
}
