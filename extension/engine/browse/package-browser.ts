import { posix } from 'node:path';
import { checkContent, digestContent } from '../archive/content.ts';
import type { DirectoryEntry, Entry, FileEntry } from '../archive/entry.ts';
import { compareNames, printablePath } from '../archive/names.ts';
import { openArchive } from '../archive/reader.ts';
import { BUDGET } from '../budget.ts';
import { encodeName } from '../byte-names.ts';
import { toHex } from '../bytes.ts';
import { type Finding, FindingError, finding } from '../finding.ts';
import type { Blake3 } from '../hash/blake3.ts';
import type { ByteSource } from '../io/byte-source.ts';
import type { JsonObject } from '../package/json.ts';
import { type InodeReference, SquashfsImage } from '../squashfs/read/image-reader.ts';
import type { MetName } from '../squashfs/read/image-walk.ts';
import type { Inode } from '../squashfs/read/inode-reader.ts';
import { SquashfsError } from '../squashfs/squashfs-error.ts';
import { takeTurns } from '../turns/take-turns.ts';
import { type ExportableImage, type ImageChoice, squashfsToExport } from './exportable-image.ts';
import type { PackageWalk } from './package-walk.ts';
import { PlacedContent } from './placed-content.ts';

/** One thing in a package, or in an image in it. */
export interface PackageNode {
  readonly name: string;
  /** From the package's root, through the images: `images/x86_64/main.squashfs/etc/passwd`. */
  readonly path: string;
  readonly kind: 'file' | 'directory' | 'missing' | Exclude<Inode['kind'], 'file' | 'directory'>;
  /** Bytes of a file; of a directory 0. */
  readonly size: number;
  /** It is a squashfs image of the package: it has children, too. */
  readonly isImage: boolean;
  /** Where a symbolic link leads. */
  readonly target?: string;
  /** BLAKE3 of a file of the package itself, in hexadecimal, as signed. */
  readonly hash?: string;
  /** Permission bits, inside images. */
  readonly mode?: number;
  /** Seconds since 1970, inside images. */
  readonly mtime?: number;
}

interface Place {
  /** The package's own file that the node is, or is in; undefined for the package's folders. */
  readonly file?: FileEntry;
  readonly directory?: DirectoryEntry;
  readonly image?: SquashfsImage;
  readonly inode?: Inode;
  readonly reference?: InodeReference;
}

/**
 * Looks into a package and into the squashfs images in it, as one tree. Everything is read when it is asked for; contents
 * are only given after the hash of the package's file that they are in was checked.
 */
export class PackageBrowser {
  /** 1: StartOS 0.3. 2: StartOS 0.4. */
  readonly generation: 1 | 2 = 2;
  readonly root: PackageNode;
  private readonly places = new WeakMap<PackageNode, Place>();
  private readonly images = new Map<FileEntry, Promise<SquashfsImage>>();
  private readonly checked = new Map<FileEntry, Promise<Finding | undefined>>();
  private readonly blake3: Blake3;
  private readonly source: ByteSource | undefined;

  /** @param source what all of it is read from, where that is one thing */
  constructor(root: DirectoryEntry, blake3: Blake3, source?: ByteSource) {
    this.blake3 = blake3;
    this.source = source;
    this.root = this.node('', '', { kind: 'directory', size: 0, isImage: false }, { directory: root });
  }

  /** Looks into a package that opens. @throws FindingError with every finding if it does not. */
  static async open(source: ByteSource, blake3: Blake3): Promise<PackageBrowser> {
    return new PackageBrowser((await openArchive(source, { blake3 })).root, blake3, source);
  }

  /** Makes sure that all that was read of the package belongs together. @throws FindingError `file-changed` */
  async checkUnchanged(): Promise<void> {
    await this.source?.checkUnchanged?.();
  }

  private node(name: string, parent: string, facts: Omit<PackageNode, 'name' | 'path'>, place: Place): PackageNode {
    const path = parent === '' ? name : `${parent}/${name}`;
    const node: PackageNode = { name, path, ...facts };
    this.places.set(node, place);
    return node;
  }

  private place(node: PackageNode): Place {
    return this.places.get(node) ?? {};
  }

  /**
   * What is in a folder or an image, by name, read as it is asked for. What is wrong and not in the way is for the walk; so is
   * a path that no system takes.
   * @param from how many names are passed over unread
   * @throws FindingError `image-unreadable` where it cannot go on
   */
  async *list(node: PackageNode, walk: PackageWalk, from = 0): AsyncGenerator<PackageNode> {
    const { directory, file, image, reference } = this.place(node);
    if (directory) {
      const names = [...directory.children].sort(([a], [b]) => compareNames(a, b)).slice(from);
      for (const [name, entry] of names) {
        await takeTurns(walk.signal);
        yield this.ofArchive(name, node.path, entry);
      }
      return;
    }
    if (!file || (!node.isImage && node.kind !== 'directory')) return;
    try {
      const opened = image ?? (await this.open(file));
      const onProblem = (message: string) => walk.report(node.path, message);
      for await (const met of walk.of(opened).folder(reference ?? opened.root, onProblem, from)) {
        if (isTooLong(node, met.name)) {
          const message = `a path of more than ${BUDGET.pathBytes} bytes is left out; no system takes it`;
          walk.report(node.path, message);
        } else yield this.ofImage(met, node.path, file, opened);
      }
    } catch (error) {
      if (!(error instanceof SquashfsError)) throw error;
      throw new FindingError([unreadable(node.path, error.message)]);
    }
  }

  /** What has a name in a folder or an image; the inodes of others are not read. */
  protected async child(node: PackageNode, name: string): Promise<PackageNode | undefined> {
    const { directory, file, image, inode } = this.place(node);
    const entry = directory?.children.get(name);
    if (entry) return this.ofArchive(name, node.path, entry);
    if (!file || (!node.isImage && node.kind !== 'directory')) return undefined;
    return this.reading(node, async () => {
      const opened = image ?? (await this.open(file));
      const reference = await opened.find(inode ?? (await opened.inode(opened.root)), name);
      if (!reference || isTooLong(node, name)) return undefined;
      return this.ofImage({ name, reference, inode: await opened.inode(reference) }, node.path, file, opened);
    });
  }

  private ofArchive(name: string, parent: string, entry: Entry): PackageNode {
    if (entry.kind === 'directory') {
      return this.node(name, parent, { kind: 'directory', size: 0, isImage: false }, { directory: entry });
    }
    const isImage = entry.kind === 'file' && name.endsWith('.squashfs');
    const facts = { kind: entry.kind, size: Number(entry.size), isImage, hash: toHex(entry.hash) };
    return this.node(name, parent, facts, entry.kind === 'file' ? { file: entry } : {});
  }

  private ofImage(
    { name, reference, inode }: MetName,
    parent: string,
    file: FileEntry,
    image: SquashfsImage,
  ): PackageNode {
    const facts = {
      kind: inode.kind,
      size: inode.kind === 'file' ? inode.size : 0,
      isImage: false,
      mode: inode.mode,
      mtime: inode.mtime,
      ...(inode.kind === 'symlink' && { target: inode.target }),
    };
    return this.node(name, parent, facts, { file, image, inode, reference });
  }

  /**
   * The node at a path; links inside images are not followed. A path that ends in a slash means what is in an image.
   * @returns undefined if there is nothing
   */
  async lookUp(path: string): Promise<PackageNode | undefined> {
    let node: PackageNode | undefined = this.root;
    for (const segment of path.split('/').filter((part) => part !== '' && part !== '.')) {
      node = await this.child(node, segment);
      if (!node) return undefined;
    }
    return node;
  }

  /** The node at a path, which must be there. @throws FindingError `file-missing` */
  async nodeAt(path: string): Promise<PackageNode> {
    const node = await this.lookUp(path);
    if (node) return node;
    throw new FindingError([finding('file-missing', `${path} is not in the package`, { path })]);
  }

  /**
   * The node that a path leads to, links followed: inside their image, never out of it.
   * @throws FindingError if links go in circles.
   */
  async follow(path: string, links = 0): Promise<PackageNode | undefined> {
    let node: PackageNode | undefined = this.root;
    const segments = path.split('/').filter((part) => part !== '' && part !== '.');
    for (const [index, segment] of segments.entries()) {
      node = await this.child(node, segment);
      if (!node) return undefined;
      if (node.kind !== 'symlink') continue;
      if (links >= BUDGET.linksFollowed)
        throw new FindingError([finding('image-unreadable', `the links in ${path} go in circles`, { path })]);
      const rest = segments.slice(index + 1).join('/');
      return this.follow(`${this.leadsTo(node)}/${rest}`, links + 1);
    }
    return node;
  }

  /** Where a link leads, as a path in the package: the root of its image is as far up as it gets. */
  private leadsTo({ path, target = '' }: PackageNode): string {
    const image = this.imageOf(path);
    const folder = posix.dirname(path.slice(image.length));
    return image + posix.normalize(target.startsWith('/') ? target : posix.join(folder, target));
  }

  /** The start of a path that is the root of the image it leads into; empty if it leads into none. */
  imageOf(path: string): string {
    return /^.*?\.squashfs(?=\/|$)/s.exec(path)?.[0] ?? '';
  }

  /** The root for comparing with a package of a generation, in which images stand under their ids. */
  comparable(_generation: 1 | 2): PackageNode {
    return this.root;
  }

  /** Where something of `comparable` is looked up; undefined if it is made for comparing alone. */
  pathInPackage({ path }: PackageNode): string | undefined {
    return path;
  }

  /** The manifest under the keys of StartOS 0.4; undefined if it is written so. */
  async manifestInNewTerms(): Promise<JsonObject | undefined> {
    return undefined;
  }

  /**
   * A file's bytes, after the file of the package that they are in was checked, once.
   * @throws FindingError `content-hash` and the like if it is damaged.
   */
  async content(node: PackageNode): Promise<ByteSource | undefined> {
    const { file, image, inode } = this.place(node);
    if (!file || node.kind !== 'file') return undefined;
    const problem = await this.check(file, node.path);
    if (problem) throw new FindingError([problem]);
    if (!image || inode?.kind !== 'file') return file.content;
    if (inode.size > BUDGET.fileBytes)
      throw new FindingError([unreadable(node.path, `it claims to have ${inode.size} bytes`)]);
    return new PlacedContent(image.content(inode), node.path);
  }

  /** Extended attributes of something in an image, by full name. */
  async xattrs(node: PackageNode): Promise<ReadonlyMap<string, Uint8Array>> {
    const { image, inode } = this.place(node);
    return image && inode ? this.reading(node, () => image.xattrs(inode)) : new Map();
  }

  /** An image of the package, to be taken out of it. @throws FindingError if there is none, or it is damaged */
  exportable(choice: ImageChoice): Promise<ExportableImage> {
    return squashfsToExport((path) => this.contentAt(path), choice);
  }

  /** The checked bytes of a file that must be there. */
  private async contentAt(path: string): Promise<ByteSource> {
    const content = await this.content(await this.nodeAt(path));
    if (content) return content;
    throw new FindingError([finding('file-missing', `${path} is not in the package`, { path })]);
  }

  private check(file: FileEntry, path: string): Promise<Finding | undefined> {
    const known = this.checked.get(file);
    if (known) return known;
    const name = path.replace(/(\.squashfs)\/.*$/s, '$1');
    const checking = digestContent(file.content, this.blake3).then((digest) => checkContent(file, name, digest));
    this.checked.set(file, checking);
    // A file that could not be read now may be later.
    checking.catch(() => this.checked.delete(file));
    return checking;
  }

  private open(file: FileEntry): Promise<SquashfsImage> {
    const known = this.images.get(file);
    if (known) return known;
    const opening = SquashfsImage.open(file.content);
    this.images.set(file, opening);
    opening.catch(() => this.images.delete(file));
    return opening;
  }

  private async reading<T>(node: PackageNode, read: () => Promise<T>): Promise<T> {
    try {
      return await read();
    } catch (error) {
      if (!(error instanceof SquashfsError)) throw error;
      throw new FindingError([unreadable(node.path, error.message)]);
    }
  }
}

/** Whether the path of a name would be longer, from the root of its image, than any that a system takes. */
function isTooLong(folder: PackageNode, name: string): boolean {
  // A path that short in characters is short enough in bytes, whatever they are.
  if ((folder.path.length + name.length) * 3 < BUDGET.pathBytes) return false;
  const inside = folder.path.replace(/^.*?\.squashfs(?=\/|$)/s, '');
  return encodeName(`${inside}/${name}`).length > BUDGET.pathBytes;
}

function unreadable(path: string, why: string): Finding {
  return finding('image-unreadable', `${printablePath(path.split('/'))} cannot be read: ${why}`, { path });
}
