import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { cp, link, mkdir, readdir, readFile, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ImageCache } from '../../extension/engine/image/cache/image-cache.ts';
import type { ImageInput } from '../../extension/engine/pack/images/pack-images.ts';
import { compare, ROUNDS } from './compare.ts';
import { run, tarOfFolder } from './root-file-system.ts';
import { BenchWrapper } from './wrapper.ts';

/** First packs, and packs of what is known in whole or in part, by all that packages are made of. */
export async function benchPackingAgain(folder: string, root: string, tar: string): Promise<void> {
  const wrapper = await BenchWrapper.make(join(folder, 'given'), ['x86_64', 'aarch64']);
  const cacheFolder = join(folder, 'cache-of-given');
  const image = (path: string, arch = 'x86_64'): ImageInput => ({ id: 'main', arch, path });
  const anew = async (...images: readonly ImageInput[]) => {
    await rm(cacheFolder, { recursive: true, force: true });
    await wrapper.pack(new ImageCache(cacheFolder), images);
  };
  const packed = (...images: readonly ImageInput[]) => wrapper.pack(new ImageCache(cacheFolder), images);

  // Other files each time: what was packed once is known.
  const twentieths: string[] = [];
  for (let round = 0; round < ROUNDS; round++) twentieths.push(await tarWithChanges(folder, root, 20, round));
  const half = await tarWithChanges(folder, root, 2, 0);
  await settle(tar, ...twentieths, half);
  let round = 0;
  await compare('pack a root file system tar', [
    ['first', () => anew(image(tar))],
    ['nothing changed', () => packed(image(tar))],
    [
      'JavaScript changed',
      async () => {
        await wrapper.changeScript();
        await packed(image(tar));
      },
    ],
    ['5 % of the files changed', () => packed(image(twentieths[round++] ?? ''))],
    ['first, without a cache', () => wrapper.pack(undefined, [image(tar)])],
  ]);
  await compare('pack two architectures that share half of their files', [
    ['both, first', () => anew(image(tar), image(half, 'aarch64'))],
    ['one, first', () => anew(image(tar))],
    ['nothing changed', () => packed(image(tar))],
  ]);

  const sources: [string, string][] = [
    ['root file system tar', tar],
    ['OCI layout, a folder', await ociLayout(folder, tar)],
    ['squashfs image', await squashfs(folder, root)],
  ];
  const [, [, layout] = ['', '']] = sources;
  sources.push(['OCI layout, a tar', await tarOfFolder(layout, join(folder, 'layout.tar'))]);
  sources.push(['docker archive', await dockerArchive(folder, tar)]);
  await settle(...sources.map(([, path]) => path));
  for (const [, path] of sources) await packed(image(path));
  await compare(
    'pack what did not change',
    sources.map(([what, path]) => [what, () => packed(image(path))] as const),
  );
}

/** Files that were just made prove nothing by their times yet. */
async function settle(...paths: readonly string[]): Promise<void> {
  const before = new Date(Date.now() - 60_000);
  for (const path of paths) if ((await stat(path)).isFile()) await utimes(path, before, before);
  await new Promise((resolve) => setTimeout(resolve, 3000));
}

/** A tar of the same folder with one of so many files, from the `first` on, changed from its first byte on. */
async function tarWithChanges(folder: string, root: string, oneOf: number, first: number): Promise<string> {
  const copy = join(folder, `changed-${oneOf}-${first}`);
  await cp(root, copy, { recursive: true, verbatimSymlinks: true, filter: isPlain });
  const entries = await readdir(copy, { recursive: true, withFileTypes: true });
  for (const [index, entry] of entries.filter((item) => item.isFile()).entries()) {
    if (index % oneOf !== first) continue;
    const path = join(entry.parentPath, entry.name);
    await writeFile(path, Buffer.concat([Buffer.from('x'), await readFile(path)]));
  }
  const tar = await tarOfFolder(copy, `${copy}.tar`);
  await rm(copy, { recursive: true });
  return tar;
}

async function isPlain(path: string): Promise<boolean> {
  const info = await stat(path).catch(() => undefined);
  return !info || info.isFile() || info.isDirectory();
}

async function squashfs(folder: string, root: string): Promise<string> {
  const path = join(folder, 'given.squashfs');
  run('mksquashfs', [root, path, '-comp', 'zstd', '-Xcompression-level', '4', '-quiet', '-no-progress']);
  return path;
}

/** The configuration of an image of one layer. */
async function configOf(tar: string): Promise<{ bytes: string; digest: string; layer: string }> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(tar)) hash.update(chunk as Uint8Array);
  const layer = hash.digest('hex');
  const rootfs = { type: 'layers', diff_ids: [`sha256:${layer}`] };
  const bytes = JSON.stringify({ architecture: 'amd64', os: 'linux', config: { Cmd: ['/bin/sh'] }, rootfs });
  return { bytes, digest: digestOf(bytes), layer };
}

function digestOf(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

async function ociLayout(folder: string, tar: string): Promise<string> {
  const path = join(folder, 'layout');
  const blobs = join(path, 'blobs', 'sha256');
  await mkdir(blobs, { recursive: true });
  const { bytes, digest, layer } = await configOf(tar);
  const descriptor = (type: string, sha256: string, size: number) => ({
    mediaType: `application/vnd.oci.image.${type}`,
    ...{ digest: `sha256:${sha256}`, size },
  });
  const manifest = JSON.stringify({
    schemaVersion: 2,
    config: descriptor('config.v1+json', digest, bytes.length),
    layers: [descriptor('layer.v1.tar', layer, (await stat(tar)).size)],
  });
  await writeFile(join(blobs, digest), bytes);
  await writeFile(join(blobs, digestOf(manifest)), manifest);
  await link(tar, join(blobs, layer));
  const manifests = [descriptor('manifest.v1+json', digestOf(manifest), manifest.length)];
  await writeFile(join(path, 'index.json'), JSON.stringify({ schemaVersion: 2, manifests }));
  await writeFile(join(path, 'oci-layout'), '{"imageLayoutVersion":"1.0.0"}');
  return path;
}

async function dockerArchive(folder: string, tar: string): Promise<string> {
  const content = join(folder, 'saved');
  await mkdir(content);
  const { bytes, digest } = await configOf(tar);
  await writeFile(join(content, `${digest}.json`), bytes);
  await link(tar, join(content, 'layer.tar'));
  const list = [{ Config: `${digest}.json`, RepoTags: ['bench:1'], Layers: ['layer.tar'] }];
  await writeFile(join(content, 'manifest.json'), JSON.stringify(list));
  return tarOfFolder(content, join(folder, 'saved.tar'));
}
