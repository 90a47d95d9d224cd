import type { Blake3 } from '../../engine/hash/blake3.ts';
import { MemorySource } from '../../engine/io/byte-source.ts';
import type { Handover } from '../protocol.ts';
import { closePackage } from './opened-packages.ts';
import type { Packages } from './packages.ts';

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
    closePackage(message.file);
    if (message.type === 'hold') this.held.set(message.file, message);
    else this.held.delete(message.file);
  }

  async open(file: string): Promise<PatientSource> {
    return new PatientSource(this.find(file).bytes);
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

/** Bytes that are read before others have their turn. */
const PER_TURN = 8 << 20;

/** A source whose readers let other messages through, such as that they are to stop: reading memory alone never waits. */
class PatientSource extends MemorySource implements AsyncDisposable {
  private readSince = 0;

  override async read(position: number, length: number): Promise<Uint8Array> {
    const bytes = await super.read(position, length);
    this.readSince += bytes.length;
    if (this.readSince >= PER_TURN) {
      this.readSince = 0;
      await new Promise((done) => setTimeout(done));
    }
    return bytes;
  }

  async [Symbol.asyncDispose](): Promise<void> {}
}
