import { BUDGET } from '../../budget.ts';
import { type DirectoryNode, type FsNode, xattrBytes } from '../node.ts';
import { SquashfsError } from '../squashfs-error.ts';
import type { InodeReference, SquashfsImage } from './image-reader.ts';
import { ImageWalk } from './image-walk.ts';
import type { Inode } from './inode-reader.ts';

/**
 * The whole tree of an image, with contents that are read when they are asked for. Names of one inode are one node, so that
 * hard links stay what they are.
 * @throws SquashfsError if the image is damaged, in any way: a tree that lost something must not become an image again.
 */
export async function readImageTree(image: SquashfsImage, signal?: AbortSignal): Promise<DirectoryNode> {
  return new TreeReader(image, new ImageWalk(image, signal)).read();
}

function refuse(message: string): never {
  throw new SquashfsError(message);
}

class TreeReader {
  private readonly image: SquashfsImage;
  private readonly walk: ImageWalk;
  /** Files and the like by the number of their inode. */
  private readonly nodes = new Map<number, FsNode>();
  private lastXattrs: { readonly index: number; readonly xattrs: ReadonlyMap<string, Uint8Array> } | undefined;
  private bytes = 0;
  /** Bytes of names, targets of links and extended attributes, shared ones counted each time. */
  private keptBytes = 0;

  constructor(image: SquashfsImage, walk: ImageWalk) {
    this.image = image;
    this.walk = walk;
  }

  async read(): Promise<DirectoryNode> {
    const root = await this.node(await this.image.inode(this.image.root), this.image.root, 0);
    if (root.kind !== 'directory') throw new SquashfsError('the root is not a directory');
    return root;
  }

  private async node(inode: Inode, reference: InodeReference, depth: number): Promise<FsNode> {
    if (depth > BUDGET.imageDepth) throw new SquashfsError('directories are nested too deeply');
    const known = this.nodes.get(inode.number);
    if (known && inode.kind !== 'directory') return known;
    const { image } = this;
    const xattrs = await this.xattrsOf(inode);
    this.countKept(xattrBytes(xattrs));
    const attributes = {
      mode: inode.mode,
      uid: await image.id(inode.uidIndex),
      gid: await image.id(inode.gidIndex),
      mtime: inode.mtime,
      ...(xattrs.size > 0 && { xattrs }),
    };
    const node = await this.make(inode, reference, attributes, depth);
    if (inode.kind !== 'directory') this.nodes.set(inode.number, node);
    return node;
  }

  /** Neighbours have the same attributes as a rule, which are read once then. */
  private async xattrsOf(inode: Inode): Promise<ReadonlyMap<string, Uint8Array>> {
    if (inode.xattrIndex !== this.lastXattrs?.index)
      this.lastXattrs = { index: inode.xattrIndex, xattrs: await this.image.xattrs(inode) };
    return this.lastXattrs.xattrs;
  }

  private async make(
    inode: Inode,
    reference: InodeReference,
    attributes: Omit<DirectoryNode, 'kind' | 'children'>,
    depth: number,
  ): Promise<FsNode> {
    switch (inode.kind) {
      case 'directory': {
        const children = new Map<string, FsNode>();
        for await (const met of this.walk.folder(reference, refuse)) {
          this.countKept(met.name.length);
          children.set(met.name, await this.node(met.inode, met.reference, depth + 1));
        }
        return { kind: 'directory', ...attributes, children };
      }
      case 'file': {
        this.bytes += inode.size;
        if (inode.size > BUDGET.fileBytes || this.bytes > BUDGET.imageBytes)
          throw new SquashfsError('its files claim to be larger than those of any image');
        return { kind: 'file', ...attributes, content: this.image.content(inode) };
      }
      case 'symlink':
        this.countKept(inode.target.length);
        return { kind: 'symlink', ...attributes, target: inode.target };
      case 'block':
      case 'character':
        return { kind: inode.kind, ...attributes, major: inode.major, minor: inode.minor };
      default:
        return { kind: inode.kind, ...attributes };
    }
  }

  /** Contents stay in the image; this is in memory. */
  private countKept(bytes: number): void {
    this.keptBytes += bytes;
    if (this.keptBytes > BUDGET.treeKeptBytes)
      throw new SquashfsError(`its names, links and attributes would take more than ${BUDGET.treeKeptBytes} bytes`);
  }
}
