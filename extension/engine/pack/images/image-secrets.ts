import { type Finding, FindingError, finding } from '../../finding.ts';
import { type ByteSource, readAll } from '../../io/byte-source.ts';
import type { PrivateKey } from '../../sign/private-key.ts';
import { type DirectoryNode, type FileNode, sortedChildren } from '../../squashfs/node.ts';
import { type InodeReference, SquashfsImage } from '../../squashfs/read/image-reader.ts';
import { ImageWalk } from '../../squashfs/read/image-walk.ts';
import { SquashfsError } from '../../squashfs/squashfs-error.ts';
import { visibleText } from '../../visible-text.ts';
import { pemIn, type Secret } from '../secrets.ts';

/** Files of an image that are larger are no keys. */
const MAX_KEY_IN_IMAGE = 1 << 16;

/** Watches the files of an image pass while it is written, for private keys in the PEM form. */
export class SecretWatch {
  private readonly seen = new Map<FileNode, Secret>();
  private readonly key: PrivateKey | undefined;

  constructor(key: PrivateKey | undefined) {
    this.key = key;
  }

  readonly look = (file: FileNode, bytes: Uint8Array): void => {
    const secret = bytes.length > MAX_KEY_IN_IMAGE ? undefined : pemIn(bytes, this.key);
    if (secret !== undefined) this.seen.set(file, secret);
  };

  /** Where in the tree keys of a kind were seen. */
  paths(root: DirectoryNode, secret: Secret): string[] {
    if (this.seen.size === 0) return [];
    const paths: string[] = [];
    const visit = (folder: DirectoryNode, at: string): void => {
      for (const [name, node] of sortedChildren(folder)) {
        const path = `${at}/${visibleText(name)}`;
        if (node.kind === 'directory') visit(node, path);
        else if (node.kind === 'file' && this.seen.get(node) === secret) paths.push(path);
      }
    };
    visit(root, '');
    return paths;
  }
}

/** Said of an image that holds keys of others, which may be meant for tests. */
export function keysInImage(paths: readonly string[], id: string): Finding[] {
  const [first, ...more] = paths;
  if (first === undefined) return [];
  const rest = more.length === 0 ? '' : ` and ${more.length} more ${more.length === 1 ? 'file' : 'files'}`;
  const message = `${first}${rest} of image ${id} holds a private key, which all who have the package can read`;
  return [finding('key-in-image', message, { path: `/images/${id}` })];
}

/** Private keys in the PEM form that an image holds, by their paths in it. */
export interface ImageKeys {
  readonly own: readonly string[];
  readonly foreign: readonly string[];
  /** Why not all of it could be searched. */
  readonly problem?: string;
}

/**
 * Searches an image that is packed as it is, a file after the other.
 * @throws the signal's reason, and the file system's errors
 */
export async function keysInSquashfs(
  squashfs: ByteSource,
  key: PrivateKey | undefined,
  signal: AbortSignal | undefined,
): Promise<ImageKeys> {
  const search = new ImageSearch(key);
  await search.run(squashfs, signal);
  return search.found();
}

class ImageSearch {
  private readonly key: PrivateKey | undefined;
  private readonly seen: { path: string; secret: Secret }[] = [];
  private problem: string | undefined;

  constructor(key: PrivateKey | undefined) {
    this.key = key;
  }

  async run(squashfs: ByteSource, signal: AbortSignal | undefined): Promise<void> {
    await this.orProblem(async () => {
      const image = await SquashfsImage.open(squashfs);
      const folders: { reference: InodeReference; path: string }[] = [{ reference: image.root, path: '' }];
      const walk = new ImageWalk(image, signal);
      for (let folder = folders.pop(); folder; folder = folders.pop())
        folders.push(...(await this.folder(image, walk, folder)).reverse());
    });
  }

  /** Searches the files in a folder. @returns the folders in it */
  private async folder(
    image: SquashfsImage,
    walk: ImageWalk,
    { reference: at, path: above }: { reference: InodeReference; path: string },
  ): Promise<{ reference: InodeReference; path: string }[]> {
    const below: { reference: InodeReference; path: string }[] = [];
    await this.orProblem(async () => {
      for await (const { name, reference, inode } of walk.folder(at, () => undefined)) {
        const path = `${above}/${visibleText(name)}`;
        if (inode.kind === 'directory') below.push({ reference, path });
        if (inode.kind === 'file' && inode.size <= MAX_KEY_IN_IMAGE)
          await this.orProblem(async () => this.look(path, await readAll(image.content(inode), MAX_KEY_IN_IMAGE)));
      }
    });
    return below;
  }

  private look(path: string, bytes: Uint8Array): void {
    const secret = pemIn(bytes, this.key);
    if (secret !== undefined) this.seen.push({ path, secret });
  }

  /** What is damaged in one place keeps nobody from searching the others. */
  private async orProblem(run: () => Promise<void>): Promise<void> {
    try {
      await run();
    } catch (error) {
      if (!(error instanceof SquashfsError)) throw error;
      this.problem ??= error.message;
    }
  }

  found(): ImageKeys {
    const paths = (kind: Secret) => this.seen.filter(({ secret }) => secret === kind).map(({ path }) => path);
    return {
      own: paths('own'),
      foreign: paths('foreign'),
      ...(this.problem !== undefined && { problem: this.problem }),
    };
  }
}

/** @throws FindingError if an image holds the key that signs the package that it goes into */
export function refuseOwnKey([own]: readonly string[], id: string): void {
  if (own === undefined) return;
  const message = `${own} of image ${id} holds the key that signs the package, for everybody to read`;
  throw new FindingError([finding('key-in-package', message, { path: `/images/${id}` })]);
}
