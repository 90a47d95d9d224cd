import type { Blake3 } from '../engine/hash/blake3.ts';
import { MemorySource } from '../engine/io/byte-source.ts';
import type { Packages } from './packages.ts';
import type { Handover } from './protocol.ts';

interface Held {
  readonly stamp: string;
  readonly bytes: Uint8Array;
}

/** Packages whose bytes the host handed over, where the worker has no disk. */
export class PackagesInMemory implements Packages {
  private readonly loadBlake3: () => Blake3;
  private readonly held = new Map<string, Held>();

  constructor(loadBlake3: () => Blake3) {
    this.loadBlake3 = loadBlake3;
  }

  get blake3(): Blake3 {
    return this.loadBlake3();
  }

  take(message: Handover): void {
    if (message.type === 'hold') this.held.set(message.file, message);
    else this.held.delete(message.file);
  }

  async open(file: string): Promise<MemorySource & AsyncDisposable> {
    const source = new MemorySource(this.find(file).bytes);
    return Object.assign(source, { [Symbol.asyncDispose]: () => Promise.resolve() });
  }

  async stampOf(file: string): Promise<string> {
    return this.find(file).stamp;
  }

  /** Keys lie on disks. */
  async ownSigners(): Promise<[]> {
    return [];
  }

  async sourceNewerThan(): Promise<undefined> {
    return undefined;
  }

  private find(file: string): Held {
    const held = this.held.get(file);
    if (!held) throw new Error(`${file} was not handed over`);
    return held;
  }
}
