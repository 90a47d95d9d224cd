import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { unpack } from '../image/unpack.ts';
import type { ByteSource } from '../io/byte-source.ts';
import { Closers } from '../io/closers.ts';
import { WindowSource } from '../io/window-source.ts';
import type { Work } from '../progress.ts';
import type { UnpackLayer } from './sections-browser.ts';

/** Decompresses layers into a temporary folder, each once, until it is closed. Plain ones are read where they are. */
export class ScratchLayers implements AsyncDisposable {
  private readonly closers = new Closers();
  private readonly layers = new Map<ByteSource, Promise<ByteSource>>();
  private folder: Promise<string> | undefined;
  private count = 0;
  private readonly work: Work;

  constructor(work: Work = {}) {
    this.work = work;
  }

  readonly unpack: UnpackLayer = (blob, name) => {
    const known = this.layers.get(blob);
    if (known) return known;
    const layer = this.make(blob, name);
    this.layers.set(blob, layer);
    layer.catch(() => this.layers.delete(blob));
    return layer;
  };

  private async make(blob: ByteSource, name: string): Promise<ByteSource> {
    this.folder ??= mkdtemp(join(tmpdir(), 's9pk-layers-'));
    const scratch = join(await this.folder, `layer-${this.count++}.tar`);
    return new WindowSource(await unpack(blob, this.closers, { ...this.work, name, scratch }));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.closers[Symbol.asyncDispose]();
    if (this.folder) await rm(await this.folder, { recursive: true, force: true });
  }
}
