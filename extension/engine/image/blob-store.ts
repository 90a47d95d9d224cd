import { join, posix } from 'node:path';
import type { ByteSource } from '../io/byte-source.ts';
import type { Closers } from '../io/closers.ts';
import { FileSource } from '../io/file-source.ts';
import { isFile } from '../io/path-kind.ts';
import { readTar, type TarEntry } from '../tar/reader.ts';
import { takeTurns } from '../turns/take-turns.ts';

/** The files of an OCI layout or of a docker archive, wherever they are. */
export interface BlobStore {
  /** A file by its path inside the layout; undefined if it is not there. */
  open(path: string): Promise<ByteSource | undefined>;
}

/** A layout that is a folder. Opened files are closed with the `closers`. */
export class FolderStore implements BlobStore {
  private readonly folder: string;
  private readonly closers: Closers;
  constructor(folder: string, closers: Closers) {
    this.folder = folder;
    this.closers = closers;
  }

  async open(path: string): Promise<ByteSource | undefined> {
    const full = join(this.folder, ...path.split('/').filter((part) => part !== '' && part !== '.' && part !== '..'));
    return (await isFile(full)) ? this.closers.use(await FileSource.open(full)) : undefined;
  }
}

/** A layout in a tar archive, read in place. */
export class TarStore implements BlobStore {
  private readonly files: ReadonlyMap<string, ByteSource>;
  /** All entries as they stand in the archive, which may be a root file system instead of a layout. */
  readonly entries: readonly TarEntry[];
  private constructor(files: ReadonlyMap<string, ByteSource>, entries: readonly TarEntry[]) {
    this.files = files;
    this.entries = entries;
  }

  /** @throws TarError, and the signal's reason */
  static async index(tar: ByteSource, signal?: AbortSignal): Promise<TarStore> {
    const files = new Map<string, ByteSource>();
    const links = new Map<string, string>();
    const entries: TarEntry[] = [];
    for await (const entry of readTar(tar)) {
      await takeTurns(signal);
      entries.push(entry);
      const path = normalize(entry.path);
      if (entry.type === 'file') files.set(path, entry.content);
      else if (entry.type === 'hardlink') links.set(path, normalize(entry.linkPath));
      else if (entry.type === 'symlink')
        links.set(path, normalize(posix.join('/', posix.dirname(path), entry.linkPath)));
    }
    // A layer that stands twice is a link the second time, perhaps to what comes later.
    for (const [path, target] of links) {
      const content = files.get(target);
      if (content) files.set(path, content);
    }
    return new TarStore(files, entries);
  }

  async open(path: string): Promise<ByteSource | undefined> {
    return this.files.get(path);
  }

  /** The paths of all files. */
  paths(): string[] {
    return [...this.files.keys()];
  }
}

/** A path in an archive without what it may start with. */
function normalize(path: string): string {
  return path.replace(/^(?:\.?\/)+/, '');
}
