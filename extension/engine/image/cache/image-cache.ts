import { createHash, randomUUID } from 'node:crypto';
import { constants } from 'node:fs';
import { copyFile, readdir, readFile, rename, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { fileEntry } from '../../archive/content.ts';
import type { FileEntry } from '../../archive/entry.ts';
import { fromHex, toHex } from '../../bytes.ts';
import type { Blake3 } from '../../hash/blake3.ts';
import type { Closers } from '../../io/closers.ts';
import { FileSource } from '../../io/file-source.ts';
import { StageMeter, type Work } from '../../progress.ts';
import type { WritableCompressor } from '../../squashfs/codec/compress.ts';
import { DEFAULT_BLOCK_SIZE } from '../../squashfs/format.ts';
import type { ContainerConfig } from '../image-config.ts';
import { clearCache, markCache, removeAbandoned } from './cache-folder.ts';
import { KeptBlocks } from './kept-blocks.ts';
import { factsOf, SourceIndex } from './source-index.ts';

/** Changes when the writer writes other bytes for the same tree: what older versions made is then not used. */
const WRITER = 4;
/** Bytes that are kept unless something else is asked for. */
const DEFAULT_LIMIT = 10 * 2 ** 30;

/** What a squashfs image is made of: equal recipes give equal bytes. */
export interface CachedImage {
  /** `sha256:` digest of the image's configuration, which names its layers by what is in them. */
  readonly digest: string;
  /** StartOS's name of the architecture that the image was asked for, and found to be for. */
  readonly arch: string;
  /** Time of the squashfs image itself, in seconds since 1970. */
  readonly mtime: number;
  readonly compressor: WritableCompressor;
  readonly level?: number | undefined;
}

interface Kept {
  readonly config: ContainerConfig;
  /** Paths of files in it that hold private keys. */
  readonly keys: readonly string[];
  /** BLAKE3 of the image, in hexadecimal. */
  readonly blake3: string;
  /** What the file system said of the image when it was put in; without it the image is hashed. */
  readonly facts?: string;
  /** What it was made for, for people. */
  readonly label: string;
}

/** One image in the cache, as it is shown. */
export interface CacheEntry {
  readonly label: string;
  readonly size: number;
  /** When it was last used, in milliseconds since 1970. */
  readonly used: number;
}

/** Where images are kept between runs: `S9PK_CACHE`, else the system's folder for caches. */
export function cacheFolder(env: NodeJS.ProcessEnv, platform = process.platform): string {
  if (env['S9PK_CACHE']) return env['S9PK_CACHE'];
  const home = homedir();
  const base =
    platform === 'win32'
      ? (env['LOCALAPPDATA'] ?? join(home, 'AppData', 'Local'))
      : platform === 'darwin'
        ? join(home, 'Library', 'Caches')
        : env['XDG_CACHE_HOME'] || join(home, '.cache');
  return join(base, 's9pk-studio', 'images');
}

/**
 * Squashfs images by what they were made of, so that an image that did not change is not compressed again. What is taken out is
 * what was put in: either the file system proves that nobody changed it, or it is hashed; a damaged entry is removed and made
 * again. The least recently used ones go when there are more bytes than the limit.
 */
export class ImageCache {
  /** What the images were made of. */
  readonly sources: SourceIndex;
  private readonly folder: string;
  private readonly limit: number;
  readonly isParanoid: boolean;

  /** @param isParanoid whether everything is hashed that the file system's facts prove to be the same */
  constructor(folder: string, limit = DEFAULT_LIMIT, isParanoid = false) {
    this.folder = folder;
    this.limit = limit;
    this.isParanoid = isParanoid;
    this.sources = new SourceIndex(folder, isParanoid);
  }

  /** The one cache of whoever runs us. */
  static ofUser(env: NodeJS.ProcessEnv, { isParanoid = false } = {}): ImageCache {
    return new ImageCache(cacheFolder(env), DEFAULT_LIMIT, isParanoid);
  }

  /** The same, with everything hashed that is taken out. */
  doubting(): ImageCache {
    return new ImageCache(this.folder, this.limit, true);
  }

  async has(image: CachedImage): Promise<boolean> {
    const name = nameOf(image);
    return (await this.exists(`${name}.squashfs`)) && (await this.exists(`${name}.json`));
  }

  /**
   * An image as a file of a package, and its configuration.
   * @returns undefined if it is not there, or is not what was put in
   */
  async take(
    image: CachedImage,
    label: string,
    closers: Closers,
    work: Work & { blake3: Blake3 },
  ): Promise<{ squashfs: FileEntry; config: ContainerConfig; keys: readonly string[] } | undefined> {
    const name = nameOf(image);
    const path = join(this.folder, `${name}.squashfs`);
    const record = await this.record(name);
    // It may be gone, and somebody else's trimming may take it at any moment.
    const source = record && (await FileSource.open(path).catch(() => undefined));
    if (!source) return undefined;
    const entry = await this.entryOf(source, record, label, work).catch(async (error: Error) => {
      await source.close();
      throw error;
    });
    if (toHex(entry.hash) !== record.blake3) {
      await source.close();
      await this.remove(name);
      return undefined;
    }
    closers.use(source);
    const now = new Date();
    // The record's time says when the image was used last: the image's own are among the facts that prove it unchanged.
    await utimes(join(this.folder, `${name}.json`), now, now).catch(() => undefined);
    return { squashfs: entry, config: record.config, keys: record.keys };
  }

  /** An image is read to be hashed only where the file system does not prove that it is what was put in. */
  private async entryOf(
    source: FileSource,
    { blake3, facts }: Kept,
    label: string,
    work: Work & { blake3: Blake3 },
  ): Promise<FileEntry> {
    if (!this.isParanoid && facts !== undefined && facts === (await factsOf(source.path)).facts)
      return { kind: 'file', hash: fromHex(blake3), size: BigInt(source.size), content: source };
    return fileEntry(source, work.blake3, new StageMeter(`Hashing ${label}`, source.size, work));
  }

  /** The blocks of all images that are kept and were made as `how` says; what is made with them is the same as without. */
  async blocks(how: Pick<CachedImage, 'compressor' | 'level'>, blake3: Blake3): Promise<KeptBlocks> {
    const kept = (await this.files()).map(({ name }) => ({
      image: join(this.folder, `${name}.squashfs`),
      list: join(this.folder, `${name}.blocks`),
    }));
    return KeptBlocks.load(kept, JSON.stringify([WRITER, ...settingsOf(how), DEFAULT_BLOCK_SIZE]), blake3);
  }

  /**
   * Keeps an image; failing to is no failure of whoever made it.
   * @param path a file that its maker reads through an open handle only: it is moved, where that is no more than another name
   * @param blocks what the image was made with, so that others can share its blocks
   */
  async put(
    image: CachedImage,
    label: string,
    path: string,
    hash: Uint8Array,
    { config, keys }: Pick<Kept, 'config' | 'keys'>,
    blocks?: KeptBlocks,
  ): Promise<void> {
    const name = nameOf(image);
    const staged = join(this.folder, `${name}.tmp-${randomUUID()}`);
    try {
      await markCache(this.folder);
      await moveOrCopy(path, staged);
      const kept = join(this.folder, `${name}.squashfs`);
      await rename(staged, kept);
      // Renaming is among what changes the times of a file.
      const { facts } = await factsOf(kept);
      const record: Kept = { blake3: toHex(hash), facts, label, config, keys };
      await writeFile(join(this.folder, `${name}.json`), JSON.stringify(record));
      if (blocks) await writeFile(join(this.folder, `${name}.blocks`), blocks.list());
      await this.trim();
    } catch {
      // A full disk or a read-only home: the package does not depend on it.
      await rm(staged, { force: true }).catch(() => undefined);
    }
  }

  /** What is kept, the last used first. */
  async list(): Promise<CacheEntry[]> {
    const entries: CacheEntry[] = [];
    for (const { name, size, used } of await this.files()) {
      entries.push({ label: (await this.record(name))?.label ?? name, size, used });
    }
    return entries;
  }

  /**
   * Removes what is kept. Whatever folder we were given, nothing is removed but files with the names that we give, and none of
   * a folder that does not say that it is ours.
   * @throws ForeignFolderError
   */
  clear(): Promise<void> {
    return clearCache(this.folder);
  }

  private async trim(): Promise<void> {
    await removeAbandoned(this.folder);
    let total = 0;
    for (const { name, size } of await this.files()) {
      total += size;
      if (total > this.limit) await this.remove(name);
    }
  }

  private async files(): Promise<{ name: string; size: number; used: number }[]> {
    const names = await readdir(this.folder).catch(() => []);
    const files: { name: string; size: number; used: number }[] = [];
    for (const file of names.filter((item) => /^[0-9a-f]{64}\.squashfs$/.test(item))) {
      const name = file.replace(/\.squashfs$/, '');
      const info = await stat(join(this.folder, file)).catch(() => undefined);
      const record = await stat(join(this.folder, `${name}.json`)).catch(() => undefined);
      if (info) files.push({ name, size: info.size, used: record?.mtimeMs ?? info.mtimeMs });
    }
    return files.sort((a, b) => b.used - a.used);
  }

  private async record(name: string): Promise<Kept | undefined> {
    try {
      const value = JSON.parse(await readFile(join(this.folder, `${name}.json`), 'utf8')) as Partial<Kept> | null;
      const { blake3, facts, label = name, config, keys } = value ?? {};
      if (!/^[0-9a-f]{64}$/.test(String(blake3)) || !isConfig(config) || !isListOfTexts(keys)) return undefined;
      return {
        blake3: String(blake3),
        ...(typeof facts === 'string' && { facts }),
        label: String(label),
        config,
        keys,
      };
    } catch {
      return undefined;
    }
  }

  private async remove(name: string): Promise<void> {
    for (const suffix of ['squashfs', 'json', 'blocks'])
      await rm(join(this.folder, `${name}.${suffix}`), { force: true }).catch(() => undefined);
  }

  private exists(name: string): Promise<boolean> {
    return stat(join(this.folder, name)).then(
      (info) => info.isFile(),
      () => false,
    );
  }
}

/** A copy is only made on another file system, or where the system does not move open files. */
async function moveOrCopy(from: string, to: string): Promise<void> {
  await rename(from, to).catch(() => copyFile(from, to, constants.COPYFILE_FICLONE));
}

/** A damaged record must not become a part of a package. */
function isConfig(value: Partial<ContainerConfig> | undefined): value is ContainerConfig {
  if (!value || typeof value.workdir !== 'string' || typeof value.user !== 'string') return false;
  return (
    isListOfTexts(value.env) && [value.entrypoint, value.cmd].every((list) => list === null || isListOfTexts(list))
  );
}

function isListOfTexts(list: unknown): list is string[] {
  return Array.isArray(list) && list.every((item) => typeof item === 'string');
}

/** What a block is compressed with; another version of the library may give other bytes. */
function settingsOf({ compressor, level }: Pick<CachedImage, 'compressor' | 'level'>): (string | number | null)[] {
  const library = { gzip: process.versions.zlib, zstd: process.versions['zstd'], xz: undefined }[compressor];
  return [compressor, level ?? null, library ?? null];
}

/** Everything that decides about the bytes is in the name. */
function nameOf({ digest, arch, mtime, ...how }: CachedImage): string {
  return createHash('sha256')
    .update(JSON.stringify([WRITER, digest, arch, mtime, ...settingsOf(how)]))
    .digest('hex');
}
