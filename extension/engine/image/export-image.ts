import { createHash } from 'node:crypto';
import { mkdir, rename, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { checkContent, digestContent } from '../archive/content.ts';
import { type DirectoryEntry, type FileEntry, lookUp } from '../archive/entry.ts';
import { FindingError, finding } from '../finding.ts';
import type { Blake3 } from '../hash/blake3.ts';
import type { ByteSink } from '../io/byte-sink.ts';
import { readAll } from '../io/byte-source.ts';
import { FileSink } from '../io/file-sink.ts';
import { Staging } from '../io/staging.ts';
import { StageMeter, type Work } from '../progress.ts';
import { SquashfsImage } from '../squashfs/image-reader.ts';
import { readImageTree } from '../squashfs/image-tree.ts';
import type { DirectoryNode, FsNode } from '../squashfs/node.ts';
import { SquashfsError } from '../squashfs/squashfs-error.ts';
import { writeTar } from '../tar/writer.ts';
import { platformOf } from './layout.ts';

export interface ExportImageOptions extends Work {
  readonly id: string;
  readonly arch: string;
  /** A root file system as one tar, or an OCI layout in a folder, which container tools load. */
  readonly format: 'tar' | 'oci';
  /** A path where nothing is yet. */
  readonly output: string;
  readonly blake3: Blake3;
}

/** The small files beside an image. */
const MAX_CONFIG = 4 << 20;

/**
 * Takes an image out of a package, after its hash was checked: as a root file system, or as an image for container engines
 * with the configuration that the package keeps of it.
 * @throws FindingError if the package has no such image, or it is damaged; EEXIST if the output is there already.
 * @returns the sockets that were left out, since no tar can hold them
 */
export async function exportImage(root: DirectoryEntry, options: ExportImageOptions): Promise<string[]> {
  const { id, arch, output } = options;
  const path = `images/${arch}/${id}`;
  const squashfs = await checked(root, `${path}.squashfs`, options);
  if (await stat(output).catch(() => undefined)) {
    throw Object.assign(new Error(`${output} is there already`), { code: 'EEXIST' });
  }
  try {
    const tree = await readImageTree(await SquashfsImage.open(squashfs.content));
    await using staging = await Staging.beside(output);
    const meter = new StageMeter(`Writing ${output}`, contentSize(tree), options);
    if (options.format === 'tar') {
      await using sink = await FileSink.create(staging.path('root.tar'));
      const sockets = await writeTar(tree, sink, meter);
      await sink.sync();
      await staging.publish('root.tar');
      return sockets;
    }
    const folder = staging.path('layout');
    const config = await readConfig(root, path, options);
    const sockets = await writeLayout(tree, folder, { arch, id, config, meter });
    await rename(folder, staging.target);
    return sockets;
  } catch (error) {
    if (!(error instanceof SquashfsError)) throw error;
    const message = `${path}.squashfs cannot be read: ${error.message}`;
    throw new FindingError([finding('image-unreadable', message, { path: `${path}.squashfs` })]);
  }
}

async function checked(root: DirectoryEntry, path: string, { blake3 }: ExportImageOptions): Promise<FileEntry> {
  const entry = lookUp(root, ...path.split('/'));
  if (entry?.kind !== 'file')
    throw new FindingError([finding('file-missing', `${path} is not in the package`, { path })]);
  const problem = checkContent(entry, path, await digestContent(entry.content, blake3));
  if (problem) throw new FindingError([problem]);
  return entry;
}

/** The OCI configuration of what the package keeps: `<id>.json` and `<id>.env`. */
async function readConfig(root: DirectoryEntry, path: string, options: ExportImageOptions): Promise<object> {
  const read = async (name: string) =>
    Buffer.from(await readAll((await checked(root, name, options)).content, MAX_CONFIG)).toString('utf8');
  const { workdir, user, entrypoint, cmd } = JSON.parse(await read(`${path}.json`)) as Record<string, unknown>;
  const env = (await read(`${path}.env`)).split('\n').filter((line) => line !== '');
  return {
    Env: env,
    WorkingDir: workdir,
    User: user,
    ...(entrypoint ? { Entrypoint: entrypoint } : {}),
    ...(cmd ? { Cmd: cmd } : {}),
  };
}

interface LayoutOptions {
  readonly arch: string;
  readonly id: string;
  readonly config: object;
  readonly meter: StageMeter;
}

/** An OCI image layout (image-spec 1.1) with one image of one uncompressed layer. */
async function writeLayout(
  root: DirectoryNode,
  folder: string,
  { arch, id, config, meter }: LayoutOptions,
): Promise<string[]> {
  const blobs = join(folder, 'blobs', 'sha256');
  await mkdir(blobs, { recursive: true });
  const layerPath = join(folder, 'layer.tar');
  const hash = createHash('sha256');
  let sockets: string[];
  let size: number;
  {
    await using sink = await FileSink.create(layerPath);
    sockets = await writeTar(
      root,
      hashing(sink, (bytes) => hash.update(bytes)),
      meter,
    );
    await sink.sync();
    size = sink.length;
  }
  const layer = `sha256:${hash.digest('hex')}`;
  await rename(layerPath, join(blobs, layer.slice('sha256:'.length)));
  const put = async (mediaType: string, value: object) => {
    const bytes = Buffer.from(JSON.stringify(value));
    const digest = createHash('sha256').update(bytes).digest('hex');
    await writeFile(join(blobs, digest), bytes);
    return { mediaType, digest: `sha256:${digest}`, size: bytes.length };
  };
  const platform = { architecture: platformOf(arch), os: 'linux' };
  const configBlob = await put('application/vnd.oci.image.config.v1+json', {
    ...platform,
    config,
    rootfs: { type: 'layers', diff_ids: [layer] },
    history: [{ created_by: 's9pk image export' }],
  });
  const manifest = await put('application/vnd.oci.image.manifest.v1+json', {
    schemaVersion: 2,
    mediaType: 'application/vnd.oci.image.manifest.v1+json',
    config: configBlob,
    layers: [{ mediaType: 'application/vnd.oci.image.layer.v1.tar', digest: layer, size }],
  });
  const index = {
    schemaVersion: 2,
    mediaType: 'application/vnd.oci.image.index.v1+json',
    manifests: [{ ...manifest, platform, annotations: { 'org.opencontainers.image.ref.name': id } }],
  };
  await writeFile(join(folder, 'index.json'), JSON.stringify(index));
  await writeFile(join(folder, 'oci-layout'), JSON.stringify({ imageLayoutVersion: '1.0.0' }));
  return sockets;
}

function hashing(sink: ByteSink, hear: (bytes: Uint8Array) => void): ByteSink {
  return {
    write: (bytes) => {
      hear(bytes);
      return sink.write(bytes);
    },
    writeAt: () => {
      throw new Error('what is hashed is written front to back');
    },
  };
}

function contentSize(node: FsNode): number {
  if (node.kind === 'file') return node.content.size;
  if (node.kind !== 'directory') return 0;
  return [...node.children.values()].reduce((sum, child) => sum + contentSize(child), 0);
}
