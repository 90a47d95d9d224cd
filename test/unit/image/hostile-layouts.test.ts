import assert from 'node:assert/strict';
import { test } from 'node:test';
import { BUDGET } from '../../../extension/engine/budget.ts';
import { TarStore } from '../../../extension/engine/image/blob-store.ts';
import { ImageError } from '../../../extension/engine/image/image-error.ts';
import { blobPath, readOciLayout, sha256 } from '../../../extension/engine/image/layout.ts';
import { MemorySource } from '../../../extension/engine/io/byte-source.ts';
import { bytesOf } from '../../fuzz/target.ts';
import { tarOf } from '../../support/tars.ts';

const INDEX = 'application/vnd.oci.image.index.v1+json';
const MANIFEST = 'application/vnd.oci.image.manifest.v1+json';

class Layout {
  private readonly files = new Map<string, Uint8Array>();

  blob(value: unknown, mediaType: string): { mediaType: string; digest: string; size: number } {
    const bytes = bytesOf(JSON.stringify(value));
    const digest = sha256(bytes);
    this.files.set(blobPath(digest), bytes);
    return { mediaType, digest, size: bytes.length };
  }

  async read(index: unknown): Promise<unknown> {
    this.files.set('index.json', bytesOf(JSON.stringify(index)));
    const tar = tarOf([...this.files].map(([name, content]) => ({ name, content })));
    return readOciLayout(await TarStore.index(new MemorySource(tar)), 'x86_64');
  }
}

/** The same index, said to be for other architectures. */
const named = (index: unknown, number: number) => ({ ...(index as object), platform: { architecture: `x${number}` } });

const imageError = (pattern: RegExp) => (error: unknown) => error instanceof ImageError && pattern.test(error.message);

test('indexes that name each other many times are read once', { timeout: 10_000 }, async () => {
  const layout = new Layout();
  let index: unknown = layout.blob({ manifests: [] }, INDEX);
  for (let depth = 0; depth < BUDGET.indexDepth - 1; depth++)
    index = layout.blob({ manifests: Array.from({ length: 300 }, (_, number) => named(index, number)) }, INDEX);
  await assert.rejects(layout.read({ manifests: [index] }), imageError(/holds no image/));
});

test('an image that is named many times is read once, and of many images so many are looked at', async () => {
  const layout = new Layout();
  const config = (number: number) =>
    layout.blob({ architecture: 'arm64', number }, 'application/vnd.oci.image.config.v1+json');
  const image = (number: number) => layout.blob({ config: config(number), layers: [] }, MANIFEST);
  const same = image(0);
  const many = { manifests: Array.from({ length: BUDGET.layoutImages * 2 }, () => same) };
  await assert.rejects(layout.read(many), imageError(/its images are for arm64$/));
  const different = { manifests: Array.from({ length: BUDGET.layoutImages + 1 }, (_, number) => image(number)) };
  await assert.rejects(layout.read(different), imageError(/lists more than \d+ images/));
});
