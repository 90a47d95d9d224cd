import { createHash, randomUUID } from 'node:crypto';
import { readdir, readFile, realpath, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { digestContent } from '../../archive/content.ts';
import { fsPath } from '../../byte-names.ts';
import { toHex } from '../../bytes.ts';
import type { Blake3 } from '../../hash/blake3.ts';
import { FileSource } from '../../io/file-source.ts';
import { StageMeter, type Work } from '../../progress.ts';
import { markCache, removeAbandoned } from './cache-folder.ts';

/** What images are made of: a file, or a folder with all that is in it. */
export interface IndexedSource {
  readonly path: string;
  /** What the file system says of it now; what it says of two different contents differs. */
  facts(): Promise<SourceFacts>;
  /** BLAKE3 of all that decides about the image, in hexadecimal. */
  hash(label: string, work: Work & { blake3: Blake3 }): Promise<string>;
}

export interface SourceFacts {
  readonly facts: string;
  /** When it was last changed, in milliseconds since 1970. */
  readonly changed: number;
}

/** What is known of a file or folder that images were made of. */
export interface KnownSource {
  /** What {@link IndexedSource.hash} gave. */
  readonly blake3: string;
  /** For each use of it, the digest under which the image that was made is kept. */
  readonly images: Readonly<Record<string, string>>;
  /** Of what is an image itself: paths of files in it that hold private keys; unknown until it is searched. */
  readonly keys?: readonly string[] | undefined;
  /** What the file system said when the bytes were the known ones. */
  readonly facts: string;
}

/** A file that was changed so short a time ago could be changed again without the file system's clock showing it. */
const SETTLED_MS = 2500;
/** Files and folders that are remembered; each takes a few hundred bytes. */
const MOST = 1000;
/** What is kept in the place of facts that prove nothing yet. */
const UNSETTLED = '';
const SUFFIX = '.source.json';

/**
 * What the files and folders were that images were made of, so that one which did not change is not read again. That it did not is
 * taken from what the file system says of it: size, times of change, inode, device. No program can set the time of the last
 * change (ctime) where there is one, so content that was replaced shows even if its other times were set back.
 */
export class SourceIndex {
  private readonly folder: string;
  private readonly isParanoid: boolean;
  /** What is being looked at: one file can be given for several architectures at once. */
  private readonly looking = new Map<string, Promise<KnownSource>>();

  /** @param isParanoid whether files are hashed whatever the file system says */
  constructor(folder: string, isParanoid: boolean) {
    this.folder = folder;
    this.isParanoid = isParanoid;
  }

  /**
   * What is known of a source; its bytes are hashed if the file system does not prove that they are the known ones.
   * @throws the file system's errors, and the signal's reason
   */
  look(source: IndexedSource, label: string, work: Work & { blake3: Blake3 }): Promise<KnownSource> {
    const { path } = source;
    const looking =
      this.looking.get(path) ?? this.lookAnew(source, label, work).finally(() => this.looking.delete(path));
    this.looking.set(path, looking);
    return looking;
  }

  private async lookAnew(source: IndexedSource, label: string, work: Work & { blake3: Blake3 }): Promise<KnownSource> {
    const { path } = source;
    const kept = await this.kept(path);
    const before = await source.facts();
    if (kept && kept.facts === before.facts && !this.isParanoid) return kept;
    const blake3 = await source.hash(label, work);
    const isSame = kept?.blake3 === blake3;
    const known = {
      blake3,
      facts: before.facts,
      images: isSame ? kept.images : {},
      keys: isSame ? kept.keys : undefined,
    };
    const after = await source.facts();
    const isSettled = before.facts === after.facts && Date.now() - after.changed > SETTLED_MS;
    // Without facts that prove something only the content counts.
    await this.keep(path, { ...known, facts: isSettled ? after.facts : UNSETTLED });
    return known;
  }

  /** Whether a source has not changed since it was looked at, so that what was read of it later is what was hashed. */
  async isStill(source: IndexedSource, known: KnownSource): Promise<boolean> {
    return (await source.facts()).facts === known.facts;
  }

  /** Notes under which digest the image is kept that was made of a source; failing to is no failure. */
  note(source: IndexedSource, known: KnownSource, use: string, digest: string): Promise<void> {
    return this.change(source, known, ({ images }) => ({ images: { ...images, [use]: digest } }));
  }

  /** Notes which files in an image hold private keys. */
  noteKeys(source: IndexedSource, known: KnownSource, keys: readonly string[]): Promise<void> {
    return this.change(source, known, () => ({ keys }));
  }

  private async change(
    source: IndexedSource,
    known: KnownSource,
    more: (kept: KnownSource) => Partial<KnownSource>,
  ): Promise<void> {
    const kept = await this.kept(source.path);
    if (kept?.blake3 !== known.blake3 || !(await this.isStill(source, known))) return;
    await this.keep(source.path, { ...kept, ...more(kept) });
  }

  private async kept(path: string): Promise<KnownSource | undefined> {
    try {
      const value = JSON.parse(await readFile(await this.fileFor(path), 'utf8')) as Partial<KnownSource> | null;
      const { facts, blake3, images, keys } = value ?? {};
      const isWhole =
        typeof facts === 'string' &&
        /^[0-9a-f]{64}$/.test(String(blake3)) &&
        Object.values(images ?? {}).every((digest) => typeof digest === 'string');
      const isSearched = Array.isArray(keys) && keys.every((file) => typeof file === 'string');
      if (!isWhole) return undefined;
      return { facts, blake3: String(blake3), images: images ?? {}, ...(isSearched && { keys }) };
    } catch {
      return undefined;
    }
  }

  private async keep(path: string, known: KnownSource): Promise<void> {
    const file = await this.fileFor(path);
    const staged = `${file}.tmp-${randomUUID()}`;
    try {
      await markCache(this.folder);
      await writeFile(staged, JSON.stringify(known));
      await rename(staged, file);
      await this.trim();
    } catch {
      // A full disk or a read-only home: only time is lost.
      await rm(staged, { force: true }).catch(() => undefined);
    }
  }

  /** Forgets the files that were noted longest ago, where there are too many. */
  private async trim(): Promise<void> {
    await removeAbandoned(this.folder);
    const names = (await readdir(this.folder)).filter((name) => name.endsWith(SUFFIX));
    if (names.length <= MOST) return;
    const ages = await Promise.all(
      names.map(async (name) => ({ name, time: (await stat(join(this.folder, name))).mtimeMs })),
    );
    for (const { name } of ages.sort((a, b) => b.time - a.time).slice(MOST))
      await rm(join(this.folder, name), { force: true });
  }

  private async fileFor(path: string): Promise<string> {
    const real = await realpath(path).catch(() => resolve(path));
    return join(this.folder, `${createHash('sha256').update(real).digest('hex')}${SUFFIX}`);
  }
}

/** A file, known by its bytes. */
export function indexedFile(path: string): IndexedSource {
  return {
    path,
    facts: () => factsOf(path),
    async hash(label, work) {
      await using source = await FileSource.open(path);
      const meter = new StageMeter(`Hashing ${label}`, source.size, work);
      return toHex((await digestContent(source, work.blake3, meter)).hash);
    },
  };
}

/** What the file system says of a file, as one text. */
export async function factsOf(path: string): Promise<SourceFacts> {
  const { size, mtimeNs, ctimeNs, ino, dev } = await stat(fsPath(path), { bigint: true });
  const changed = Math.max(Number(mtimeNs / 1_000_000n), Number(ctimeNs / 1_000_000n));
  return { facts: [size, mtimeNs, ctimeNs, ino, dev].join(' '), changed };
}
