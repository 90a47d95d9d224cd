import { checkContent, digestContent } from '../../engine/archive/content.ts';
import type { DirectoryEntry, FileEntry } from '../../engine/archive/entry.ts';
import { openArchive } from '../../engine/archive/reader.ts';
import { openBrowser } from '../../engine/browse/open-browser.ts';
import { PlacedContent } from '../../engine/browse/placed-content.ts';
import { ScratchLayers } from '../../engine/browse/unpack-layer.ts';
import { FindingError, finding } from '../../engine/finding.ts';
import { fastestBlake3 } from '../../engine/hash/fastest-blake3.ts';
import { type ByteSource, readChunks } from '../../engine/io/byte-source.ts';
import { Closers } from '../../engine/io/closers.ts';
import { FileSource } from '../../engine/io/file-source.ts';
import { SquashfsImage } from '../../engine/squashfs/read/image-reader.ts';
import { SquashfsError } from '../../engine/squashfs/squashfs-error.ts';
import { generationOf } from '../../engine/verify/verify-either.ts';
import { aboutFile, UsageError } from '../arguments.ts';
import type { Command, CommandResult } from '../command.ts';

export const catCommand: Command = {
  usage: 's9pk cat FILE PATH',
  summary: 'Write a file of a package, or of an image in it, to standard output, after its hash was checked',
  maxArguments: 2,
  options: {},
  help: {},
  async run({ positionals: [file, path], signal }) {
    if (file === undefined || path === undefined) throw new UsageError('cat takes a FILE and a PATH inside it');
    const source = await FileSource.open(file);
    if ((await generationOf(source)) === 1) return catSections(source, file, path);
    try {
      const content = await aboutFile(file, async () => {
        const blake3 = fastestBlake3();
        const { root } = await openArchive(source, { blake3 });
        const { entry, name, rest } = findFile(root, path);
        // Twice through the file instead of once, so that not one byte of a damaged file gets out.
        const problem = checkContent(entry, name, await digestContent(entry.content, blake3));
        signal.throwIfAborted();
        if (problem) throw new FindingError([problem]);
        return rest === undefined ? entry.content : findInImage(entry.content, name, rest);
      });
      return { findings: [], bytes: closing(readChunks(content), source) };
    } catch (error) {
      await source.close();
      throw error;
    }
  },
};

/** The same of a package for StartOS 0.3: its signature is over all of it, and is checked before a byte gets out. */
async function catSections(source: FileSource, file: string, path: string): Promise<CommandResult> {
  const opened = new Closers();
  opened.use(source);
  const layers = new ScratchLayers();
  opened.use({ close: () => layers[Symbol.asyncDispose]() });
  try {
    const content = await aboutFile(file, async () => {
      const browser = await openBrowser(source, fastestBlake3(), layers.unpack);
      const node = await browser.lookUp(path);
      if (!node) throw new UsageError(`${path} is not in the package`);
      const content = await browser.content(node);
      if (!content) throw new UsageError(`${path} is not a file but a ${node.kind}`);
      return content;
    });
    return { findings: [], bytes: closing(readChunks(content), opened) };
  } catch (error) {
    await opened[Symbol.asyncDispose]();
    throw error;
  }
}

/** The package's file that a path leads to, and what of the path goes on inside it. */
function findFile(root: DirectoryEntry, path: string): { entry: FileEntry; name: string; rest?: string } {
  const segments = path.split('/').filter((part) => part !== '');
  let directory = root;
  for (const [index, segment] of segments.entries()) {
    const entry = directory.children.get(segment);
    const name = segments.slice(0, index + 1).join('/');
    const rest = segments.slice(index + 1);
    if (!entry) throw new UsageError(`${name} is not in the package`);
    if (entry.kind === 'missing') throw new UsageError(`${name} was left out of this partial package`);
    if (entry.kind === 'file') return { entry, name, ...(rest.length > 0 && { rest: rest.join('/') }) };
    directory = entry;
  }
  throw new UsageError(`${path} is a folder`);
}

async function findInImage(content: ByteSource, name: string, path: string): Promise<ByteSource> {
  try {
    const image = await SquashfsImage.open(content);
    const inode = await image.lookUp(path);
    if (!inode) throw new UsageError(`${path} is not in ${name}`);
    if (inode.kind !== 'file') throw new UsageError(`${path} in ${name} is not a file but a ${inode.kind}`);
    return new PlacedContent(image.content(inode), `${name}/${path}`);
  } catch (error) {
    if (!(error instanceof SquashfsError)) throw error;
    throw new FindingError([finding('image-unreadable', `${name} cannot be read: ${error.message}`, { path: name })]);
  }
}

async function* closing(chunks: AsyncIterable<Uint8Array>, source: AsyncDisposable): AsyncGenerator<Uint8Array> {
  try {
    yield* chunks;
  } finally {
    await source[Symbol.asyncDispose]();
  }
}
