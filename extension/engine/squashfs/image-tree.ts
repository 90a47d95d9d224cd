import { MAX_DEPTH } from './format.ts';
import type { SquashfsImage } from './image-reader.ts';
import type { Inode } from './inode-reader.ts';
import type { DirectoryNode, FsNode } from './node.ts';
import { SquashfsError } from './squashfs-error.ts';

/**
 * The whole tree of an image, with contents that are read when they are asked for. Names of one inode are one node, so that
 * hard links stay what they are.
 * @throws SquashfsError if the image is damaged.
 */
export async function readImageTree(image: SquashfsImage): Promise<DirectoryNode> {
  const nodes = new Map<number, FsNode>();
  const visit = async (inode: Inode, depth: number): Promise<FsNode> => {
    if (depth > MAX_DEPTH) throw new SquashfsError('directories are nested too deeply');
    const known = nodes.get(inode.number);
    if (known && inode.kind !== 'directory') return known;
    const xattrs = await image.xattrs(inode);
    const attributes = {
      mode: inode.mode,
      uid: await image.id(inode.uidIndex),
      gid: await image.id(inode.gidIndex),
      mtime: inode.mtime,
      ...(xattrs.size > 0 && { xattrs }),
    };
    const node = await make(inode, attributes, depth);
    nodes.set(inode.number, node);
    return node;
  };
  const make = async (
    inode: Inode,
    attributes: Omit<DirectoryNode, 'kind' | 'children'>,
    depth: number,
  ): Promise<FsNode> => {
    switch (inode.kind) {
      case 'directory': {
        const children = new Map<string, FsNode>();
        for (const { name, inode: reference } of await image.entries(inode)) {
          children.set(name, await visit(await image.inode(reference), depth + 1));
        }
        return { kind: 'directory', ...attributes, children };
      }
      case 'file':
        return { kind: 'file', ...attributes, content: image.content(inode) };
      case 'symlink':
        return { kind: 'symlink', ...attributes, target: inode.target };
      case 'block':
      case 'character':
        return { kind: inode.kind, ...attributes, major: inode.major, minor: inode.minor };
      default:
        return { kind: inode.kind, ...attributes };
    }
  };
  const root = await visit(await image.inode(image.root), 0);
  if (root.kind !== 'directory') throw new SquashfsError('the root is not a directory');
  return root;
}
