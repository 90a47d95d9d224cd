import { stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { printableName } from '../../engine/archive/names.ts';
import { exportImage } from '../../engine/browse/export-image.ts';
import { openBrowser } from '../../engine/browse/open-browser.ts';
import { ScratchLayers } from '../../engine/browse/unpack-layer.ts';
import type { ArchiveState } from '../../engine/docker-images/build-archives.ts';
import { type Finding, finding } from '../../engine/finding.ts';
import { formatSize } from '../../engine/format-size.ts';
import { fastestBlake3 } from '../../engine/hash/fastest-blake3.ts';
import { ImageCache } from '../../engine/image/cache/image-cache.ts';
import { ImageError } from '../../engine/image/image-error.ts';
import { isLayoutFolder, openImage } from '../../engine/image/image-source.ts';
import { Closers } from '../../engine/io/closers.ts';
import { FileSink } from '../../engine/io/file-sink.ts';
import { FileSource } from '../../engine/io/file-source.ts';
import { Staging } from '../../engine/io/staging.ts';
import { readText } from '../../engine/io/whole-file.ts';
import { readImages } from '../../engine/pack/images/build-images.ts';
import { sourceDateEpoch } from '../../engine/pack/source-date-epoch.ts';
import type { ImageSource } from '../../engine/package/manifest.ts';
import { archNamed } from '../../engine/package/parse-images.ts';
import type { WritableCompressor } from '../../engine/squashfs/codec/compress.ts';
import { readFolder } from '../../engine/squashfs/folder-tree.ts';
import type { DirectoryNode } from '../../engine/squashfs/node.ts';
import { SquashfsError } from '../../engine/squashfs/squashfs-error.ts';
import { writeSquashfs } from '../../engine/squashfs/write/writer.ts';
import { locateFindings } from '../../manifest/meaning/locate.ts';
import { type ListedImage03, listImages03 } from '../../manifest/wrapper/list-images-03.ts';
import { buildFolderImages } from '../../manifest/wrapper/packing/build-folder-images.ts';
import { sourceFromText } from '../../manifest/wrapper/packing/for-packing.ts';
import { aboutFile, parseCompressor, parseNumber, UsageError } from '../arguments.ts';
import { type Command, type CommandContext, type CommandResult, text, texts } from '../command.ts';

export const imageCommand: Command = {
  usage: 's9pk image list|build [DIR], s9pk image squashfs ROOT.tar|DIR -o FILE, s9pk image export FILE ID -o OUT',
  summary: 'List or build the images of a wrapper; make a squashfs image; take an image out of a package',
  maxArguments: 3,
  options: {
    image: { type: 'string', multiple: true },
    arch: { type: 'string', multiple: true },
    builder: { type: 'string' },
    output: { type: 'string', short: 'o' },
    compressor: { type: 'string' },
    level: { type: 'string' },
    'block-size': { type: 'string' },
    exports: { type: 'boolean' },
    oci: { type: 'boolean' },
  },
  help: {
    image: ['ID', 'build or list: only this image; may be repeated'],
    arch: ['ARCH', 'build or list: only for x86_64, aarch64 or riscv64; may be repeated'],
    builder: ['NAME', 'build: the buildx builder (default: the one in use)'],
    output: ['FILE', 'where the image goes'],
    compressor: [
      'NAME',
      'gzip, xz (smaller, many times slower) or zstd (from StartOS 0.4.0-beta.0 on; devices read it fastest); squashfs: gzip by default',
    ],
    level: ['N', 'how hard to compress: gzip 1 to 9 (default 6), zstd 1 to 22 (default 4); xz takes none'],
    'block-size': ['BYTES', 'a power of two from 4096 to 1048576 (default 131072)'],
    exports: ['', 'squashfs: add the table that sharing over NFS needs'],
    oci: ['', 'export: an OCI layout in a folder, not the root file system as a tar'],
  },
  async run(context) {
    const [verb, input] = context.positionals;
    const output = text(context.values, 'output');
    if (verb === 'export') return exportFromPackage(context);
    if (verb === 'list' || verb === 'build') return wrapperImages(verb, context);
    if (verb !== 'squashfs' || input === undefined)
      throw new UsageError(
        'image takes list or build, squashfs and a ROOT.tar or a folder, or export, a package and an image',
      );
    if (output === undefined) throw new UsageError('image squashfs needs -o FILE');
    const compressor = parseCompressor(text(context.values, 'compressor')) ?? 'gzip';
    const findings: Finding[] = [];
    const size = await makeImage(input, output, compressor, context, findings);
    const data = { output: resolve(output), size };
    return { findings, data, text: `${output}: ${formatSize(size)}, ${compressor}` };
  },
};

async function exportFromPackage({ positionals, values, signal, onProgress }: CommandContext): Promise<CommandResult> {
  const [, file, id] = positionals;
  const [arch, ...others] = texts(values, 'arch');
  const output = text(values, 'output');
  if (file === undefined || id === undefined || output === undefined || arch === undefined || others.length > 0)
    throw new UsageError('image export takes a FILE, an ID, --arch ARCH and -o OUT');
  const format = values['oci'] ? 'oci' : 'tar';
  await using source = await FileSource.open(file);
  return await aboutFile(file, async () => {
    await using layers = new ScratchLayers({ signal });
    const browser = await openBrowser(source, fastestBlake3(), layers.unpack);
    const left = await exportImage(browser, { id, arch, format, output, signal, onProgress });
    const note = left.length === 0 ? '' : ` (without ${left.length} sockets, which a tar cannot hold)`;
    return { findings: [], data: { output: resolve(output), format, leftOut: left }, text: `${output}${note}` };
  });
}

async function wrapperImages(verb: 'list' | 'build', context: CommandContext): Promise<CommandResult> {
  const { positionals, values, signal, onProgress, log, onBuild } = context;
  const folder = resolve(positionals[1] ?? '.');
  const options = {
    folder,
    ids: texts(values, 'image'),
    arch: texts(values, 'arch').map(archNamed),
    signal,
    onProgress,
    log,
  };
  const place = async (findings: readonly Finding[], manifestFile: string | undefined) =>
    manifestFile === undefined ? findings : locateFindings(findings, manifestFile, readText);
  const older = verb === 'list' ? await listImages03(folder, options) : undefined;
  if (older) {
    const lines = older.images.map(describeOlder);
    return { findings: older.findings, data: { images: older.images }, text: lines.join('\n') };
  }
  if (verb === 'list') {
    const { manifest, manifestFile, findings } = await readImages(options, await sourceFromText(folder));
    const images = [...(manifest?.images ?? [])].map(([id, { source, arch, emulateMissingAs }]) => ({
      ...{ id, source, arch, emulateMissingAs },
    }));
    const lines = images.map(
      ({ id, source, arch }) => `${id.padEnd(20)} ${arch.join(', ').padEnd(26)} ${describe(source)}`,
    );
    const data = { images: images.map((image) => ({ ...image, source: jsonOf(image.source) })) };
    return { findings: await place(findings, manifestFile), data, text: lines.join('\n') };
  }
  const { built, findings } = await buildFolderImages({
    ...options,
    images: [],
    onBuild,
    builder: text(values, 'builder'),
    compressor: parseCompressor(text(values, 'compressor')),
    level: parseNumber('level', text(values, 'level')),
    cache: ImageCache.ofUser(process.env),
    env: process.env,
    blake3: fastestBlake3(),
  });
  const lines = built.map(({ id, arch, size }) => `${id.padEnd(20)} ${arch.padEnd(8)} ${formatSize(size)}`);
  return { findings, data: { built }, text: lines.join('\n') };
}

/** What `--json` says of a source: names and values of arguments as an object. */
function jsonOf(source: ImageSource): object {
  const hasArgs = source.kind === 'dockerBuild' && source.buildArgs !== undefined;
  return hasArgs ? { ...source, buildArgs: Object.fromEntries(source.buildArgs) } : source;
}

const STATES: Readonly<Record<ArchiveState, string>> = {
  missing: 'not built yet',
  outdated: 'older than what it is built from',
  other: 'holds other images',
  current: 'up to date',
};

function describeOlder({ id, dockerfile, archives }: ListedImage03): string {
  const built = archives.map(({ path, state }) => `${printableName(path)} ${STATES[state]}`).join(', ');
  const from = dockerfile === null ? 'no Dockerfile' : `built from ${printableName(dockerfile)}`;
  return `${id.padEnd(20)} ${archives
    .map(({ arch }) => arch)
    .join(', ')
    .padEnd(26)} ${from}: ${built}`;
}

function describe(source: ImageSource): string {
  if (source.kind === 'dockerTag') return `tag ${source.tag}`;
  if (source.kind === 'packed') return 'given when packing';
  return `built from ${source.dockerfile ?? `${source.workdir ?? '.'}/Dockerfile`}`;
}

async function makeImage(
  input: string,
  output: string,
  compressor: WritableCompressor,
  { values, signal, onProgress }: CommandContext,
  findings: Finding[],
): Promise<number> {
  const level = parseNumber('level', text(values, 'level'));
  const blockSize = parseNumber('block-size', text(values, 'block-size'));
  await using staging = await Staging.beside(output);
  await using closers = new Closers();
  try {
    const mtime = sourceDateEpoch(process.env);
    const root = await readRoot(input, mtime, closers, staging, signal, findings);
    let size: number;
    {
      await using sink = await FileSink.create(staging.path('image'));
      const options = {
        blake3: fastestBlake3(),
        label: input,
        compressor,
        mtime,
        signal,
        onProgress,
        exportTable: values['exports'] === true,
      };
      size = await writeSquashfs(root, sink, { ...options, ...(level && { level }), ...(blockSize && { blockSize }) });
      await sink.sync();
    }
    await closers.checkUnchanged();
    await staging.publish('image');
    return size;
  } catch (error) {
    if (error instanceof SquashfsError || error instanceof ImageError) await closers.checkUnchanged();
    if (error instanceof SquashfsError || error instanceof ImageError)
      throw new UsageError(`${input}: ${error.message}`);
    throw error;
  }
}

async function readRoot(
  input: string,
  mtime: number,
  closers: Closers,
  staging: Staging,
  signal: AbortSignal,
  findings: Finding[],
): Promise<DirectoryNode> {
  if ((await stat(input)).isDirectory()) {
    if (await isLayoutFolder(input))
      throw new UsageError(
        `${input} is an OCI layout or a docker archive, not a root file system; pack it with --image`,
      );
    const onLeftOut = (path: string, why: string) =>
      findings.push(
        finding('folder-left-out', `${printableName(path)} is left out: ${why}`, { file: join(input, path) }),
      );
    return readFolder(input, { mtime, onLeftOut, takesSpecial: true });
  }
  // The architecture plays no part in a bare root file system.
  const image = await openImage(input, closers, { arch: 'x86_64', scratch: staging.folder, signal });
  if (image.kind === 'tree') return image.root;
  throw new UsageError(`${input} is a squashfs image already`);
}
