import { createHash } from 'node:crypto';
import { mkdir, rename, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { FindingError, finding } from '../finding.ts';
import { blobPath, sha256 } from '../image/layout.ts';
import { platformOf } from '../image/platform.ts';
import type { ByteSink } from '../io/byte-sink.ts';
import { FileSink } from '../io/file-sink.ts';
import { askForRoom } from '../io/room.ts';
import { Staging } from '../io/staging.ts';
import { StageMeter, type Work } from '../progress.ts';
import { type DirectoryNode, listFiles, sumSizes } from '../squashfs/node.ts';
import { SquashfsError } from '../squashfs/squashfs-error.ts';
import { writeTar } from '../tar/writer.ts';
import type { PackageBrowser } from './package-browser.ts';

export interface ExportImageOptions extends Work {
  readonly id: string;
  readonly arch: string;
  /** A root file system as one tar, or an OCI layout in a folder, which container tools load. */
  readonly format: 'tar' | 'oci';
  /** A path where nothing is yet. */
  readonly output: string;
}

/**
 * Takes an image out of a package, after its hash was checked: as a root file system, or as an image for container engines
 * with the configuration that the package keeps of it. Packages of both generations give the same.
 * @throws FindingError if the package has no such image, or it is damaged; EEXIST if the output is there already.
 * @returns the sockets that were left out, since no tar can hold them
 */
export async function exportImage(browser: PackageBrowser, options: ExportImageOptions): Promise<string[]> {
  const { id, arch, output } = options;
  const image = await browser.exportable(options);
  if (await stat(output).catch(() => undefined)) {
    throw Object.assign(new Error(`${output} is there already`), { code: 'EEXIST' });
  }
  const { tree } = image;
  await using staging = await Staging.beside(output);
  const size = sumSizes(new Set(listFiles(tree)));
  await askForRoom(staging.folder, size);
  const meter = new StageMeter(`Writing ${output}`, size, options);
  try {
    if (options.format === 'tar') {
      await using sink = await FileSink.create(staging.path('root.tar'));
      const sockets = await writeTar(tree, sink, meter);
      await sink.sync();
      await browser.checkUnchanged();
      await staging.publish('root.tar');
      return sockets;
    }
    const folder = staging.path('layout');
    const sockets = await writeLayout(tree, folder, { arch, id, config: await image.config(), meter });
    await browser.checkUnchanged();
    await rename(folder, staging.target);
    return sockets;
  } catch (error) {
    if (!(error instanceof SquashfsError)) throw error;
    const path = `images/${arch}/${id}.squashfs`;
    throw new FindingError([finding('image-unreadable', `${path} cannot be read: ${error.message}`, { path })]);
  }
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
  await mkdir(join(folder, 'blobs', 'sha256'), { recursive: true });
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
  await rename(layerPath, join(folder, blobPath(layer)));
  const put = async (mediaType: string, value: object) => {
    const bytes = Buffer.from(JSON.stringify(value));
    const digest = sha256(bytes);
    await writeFile(join(folder, blobPath(digest)), bytes);
    return { mediaType, digest, size: bytes.length };
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
