import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fastestBlake3 } from '../../extension/engine/hash/fastest-blake3.ts';
import type { ImageCache } from '../../extension/engine/image/cache/image-cache.ts';
import type { ImageInput } from '../../extension/engine/pack/images/pack-images.ts';
import { pack } from '../../extension/engine/pack/pack.ts';
import { createKey } from '../../extension/engine/sign/key-store.ts';

/** A wrapper with one image, packed as often as one likes. */
export class BenchWrapper {
  readonly folder: string;
  private version = 0;

  private constructor(folder: string) {
    this.folder = folder;
  }

  static async make(folder: string, arch: readonly string[]): Promise<BenchWrapper> {
    await mkdir(join(folder, 'javascript'), { recursive: true });
    await writeFile(join(folder, 'LICENSE'), 'MIT License\n');
    await writeFile(join(folder, 'instructions.md'), '# Bench\n');
    await writeFile(join(folder, 'icon.svg'), '<svg xmlns="http://www.w3.org/2000/svg"/>\n');
    await writeFile(join(folder, 'manifest.json'), JSON.stringify(manifestFor(arch)));
    await createKey(folder);
    const wrapper = new BenchWrapper(folder);
    await wrapper.changeScript();
    return wrapper;
  }

  /** Writes a script that is like none before. */
  changeScript(): Promise<void> {
    return writeFile(join(this.folder, 'javascript', 'index.js'), `exports.manifest = {}; // ${this.version++}\n`);
  }

  /** Packs into the wrapper's folder. @param images what is not built */
  async pack(cache?: ImageCache, images: readonly ImageInput[] = []): Promise<void> {
    const arch = images.flatMap((image) => image.arch ?? []);
    const { made, findings } = await pack({
      ...{ folder: this.folder, blake3: fastestBlake3(), git: 'none', cache, images, arch },
    });
    if (!made) throw new Error(JSON.stringify(findings));
  }
}

function manifestFor(arch: readonly string[]): object {
  return {
    ...{ id: 'bench', version: '1.0.0:0', title: 'Bench', releaseNotes: 'First.', license: 'MIT' },
    ...{ canMigrateTo: '!', canMigrateFrom: '*', osVersion: '0.4.0', volumes: ['main'] },
    description: { short: 'Bench', long: 'Measured.' },
    ...{ packageRepo: 'https://example.org/', upstreamRepo: 'https://example.org/' },
    images: { main: { source: { dockerBuild: { workdir: 'image' } }, arch, emulateMissingAs: arch[0] } },
  };
}
