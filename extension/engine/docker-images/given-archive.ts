import { createHash } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { compareNames } from '../archive/names.ts';
import { type Finding, FindingError, finding } from '../finding.ts';
import { ImageError } from '../image/image-error.ts';
import { openStored } from '../image/image-source.ts';
import type { LayoutImage } from '../image/layout.ts';
import { blobPath } from '../image/layout.ts';
import { type ByteSource, MemorySource, readPassing } from '../io/byte-source.ts';
import { Closers } from '../io/closers.ts';
import { FileSink } from '../io/file-sink.ts';
import { StageMeter, type Work } from '../progress.ts';
import { type GnuItem, sizeOfGnuTar, writeGnuTar } from '../tar/gnu-writer.ts';

/** An image of the disk: what `docker save` writes, or an OCI layout as folder or tar. */
export interface GivenImage {
  readonly id: string;
  readonly path: string;
}

export interface GivenArchiveOptions extends Work {
  /** The package's id and version, of which tags are made. */
  readonly id: string;
  readonly version: string;
  /** StartOS's name of the architecture. */
  readonly arch: string;
  readonly images: readonly GivenImage[];
  /** Where the archive is written. */
  readonly target: string;
  /** A folder for what is decompressed, removed by the caller. */
  readonly scratch: string;
}

/**
 * Writes one archive as `docker save` would, of images that are given, with the tags that devices start them by: whatever tags
 * they had. Layers that images share are in it once; equal images give equal bytes.
 * @throws FindingError with every image that cannot be taken
 */
export async function writeGivenArchive(options: GivenArchiveOptions): Promise<void> {
  await using closers = new Closers();
  const files = new Map<string, ByteSource>();
  const list: object[] = [];
  const problems: Finding[] = [];
  for (const [index, given] of options.images.entries()) {
    try {
      const scratch = join(options.scratch, `given-${index}`);
      await mkdir(scratch, { recursive: true });
      const image = await openStored(given.path, closers, { ...options, scratch });
      if (image) list.push(place(image, `start9/${options.id}/${given.id}:${options.version}`, files));
      else
        problems.push(
          invalid(given, 'it is no image with a configuration; give what docker save writes, or an OCI layout'),
        );
    } catch (error) {
      if (!(error instanceof ImageError)) throw error;
      problems.push(invalid(given, error.message));
    }
  }
  if (problems.length > 0) throw new FindingError(problems);
  files.set('manifest.json', new MemorySource(new TextEncoder().encode(JSON.stringify(list))));
  const items = [...files].sort(([a], [b]) => compareNames(a, b)).map(([name, content]) => itemOf(name, content));
  const meter = new StageMeter(`Putting together images for ${options.arch}`, sizeOfGnuTar(items), options);
  await using sink = await FileSink.create(options.target);
  try {
    for await (const chunk of writeGnuTar(items)) {
      await sink.write(chunk);
      meter.add(chunk.length);
    }
  } catch (error) {
    if (!(error instanceof ImageError)) throw error;
    throw new FindingError([finding('image-source-invalid', `the images for ${options.arch}: ${error.message}`)]);
  }
  await sink.sync();
}

function invalid({ id, path }: GivenImage, why: string): Finding {
  return finding('image-source-invalid', `image ${id}: ${path} cannot be used: ${why}`, { file: path });
}

/** Adds the files of an image. @returns what the list of images says of it */
function place({ configJson, digest, layers }: LayoutImage, tag: string, files: Map<string, ByteSource>): object {
  const config = blobPath(digest);
  files.set(config, new MemorySource(configJson));
  const paths = layers.map(({ blob, digest: stored, diffId }, index) => {
    // Archives of docker name layers as they like; what says nothing of its content is named after the image.
    const named = /^sha256:([0-9a-f]{64})$/.exec(diffId ?? '')?.[1] ?? `${digest.slice(7)}-${index}`;
    const path = stored === undefined ? `${named}/layer.tar` : blobPath(stored);
    files.set(path, blob);
    return path;
  });
  return { Config: config, RepoTags: [tag], Layers: paths };
}

function itemOf(name: string, content: ByteSource): GnuItem {
  return { name, kind: 'file', mode: 0o644, size: content.size, chunks: () => checked(name, content) };
}

/** The bytes of a file; of a blob, whose name is its digest, only if they have that. @throws ImageError at their end */
async function* checked(name: string, content: ByteSource): AsyncGenerator<Uint8Array> {
  const [, digest] = /^blobs\/sha256\/(.*)$/.exec(name) ?? [];
  const hash = createHash('sha256');
  for await (const chunk of readPassing(content)) {
    if (digest !== undefined) hash.update(chunk);
    yield chunk;
  }
  if (digest !== undefined && hash.digest('hex') !== digest)
    throw new ImageError(`${name} is damaged: its digest is another one`);
}
