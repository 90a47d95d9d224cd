import type { ByteSource } from '../io/byte-source.ts';
import { MAX_NAME } from '../squashfs/format.ts';
import type { Attributes, DirectoryNode, FsNode } from '../squashfs/node.ts';
import { isStorableXattr } from '../squashfs/xattr-writer.ts';
import { readTar, type TarEntry } from '../tar/reader.ts';
import { ImageError } from './image-error.ts';

/** Symbolic links followed in one path before it counts as a loop; the kernel's number. */
const MAX_LINKS = 40;
/** Longest path in UTF-16 units, and with it the deepest tree; Linux's limit in bytes. */
const MAX_PATH = 4096;
const WHITEOUT = '.wh.';
const OPAQUE = '.wh..wh..opq';
/** Other names that start so are bookkeeping of old union file systems. */
const WHITEOUT_META = '.wh..wh.';
const DEFAULT_DIRECTORY: Attributes = { mode: 0o755, uid: 0, gid: 0, mtime: 0 };

/** A directory while layers are applied to it. */
interface Directory extends DirectoryNode {
  mode: number;
  uid: number;
  gid: number;
  mtime: number;
  xattrs?: ReadonlyMap<string, Uint8Array>;
  readonly children: Map<string, FsNode>;
}

/**
 * The root file system that layers give when applied one on the other, by the OCI image specification: an entry
 * replaces what was there, directories merge, whiteouts and opaque markers remove what lower layers brought. Contents
 * stay where they are, in the layers' uncompressed tar files.
 *
 * Nothing can reach outside the root: absolute names start at it, `..` in a name is refused, and links in the middle
 * of a path are followed inside it.
 * @throws ImageError, TarError
 */
export async function mergeLayers(layers: readonly ByteSource[], signal?: AbortSignal): Promise<DirectoryNode> {
  const tree = new LayerTree();
  for (const [index, layer] of layers.entries()) {
    for await (const entry of readTar(layer)) {
      signal?.throwIfAborted();
      tree.applyLayerEntry(entry, index);
    }
  }
  return tree.root;
}

/** The root file system in one tar archive, in which names such as `.wh.x` are ordinary ones. */
export async function readRootTar(tar: ByteSource, signal?: AbortSignal): Promise<DirectoryNode> {
  const tree = new LayerTree();
  for await (const entry of readTar(tar)) {
    signal?.throwIfAborted();
    tree.applyEntry(entry, 0);
  }
  return tree.root;
}

class LayerTree {
  readonly root: Directory = { kind: 'directory', ...DEFAULT_DIRECTORY, children: new Map() };
  /** Which layer brought a name last; whiteouts only remove names from layers below their own. */
  private readonly broughtBy = new WeakMap<DirectoryNode, Map<string, number>>();

  applyLayerEntry(entry: TarEntry, layer: number): void {
    const segments = segmentsOf(entry.path);
    const name = segments.at(-1) ?? '';
    if (!name.startsWith(WHITEOUT)) {
      this.applyEntry(entry, layer);
      return;
    }
    const parent = this.directoryAt(segments.slice(0, -1), layer, entry);
    if (name === OPAQUE) this.removeLower(parent, layer);
    else if (!name.startsWith(WHITEOUT_META)) this.removeNameOfLower(parent, name.slice(WHITEOUT.length), layer);
  }

  applyEntry(entry: TarEntry, layer: number): void {
    const segments = segmentsOf(entry.path);
    const name = segments.pop();
    if (name === undefined) {
      if (entry.type === 'directory') setAttributes(this.root, entry);
      return;
    }
    const parent = this.directoryAt(segments, layer, entry);
    const existing = parent.children.get(name);
    if (entry.type === 'directory' && existing?.kind === 'directory') setAttributes(existing as Directory, entry);
    else parent.children.set(name, this.toNode(entry, layer));
    this.mark(parent, name, layer);
  }

  private toNode(entry: TarEntry, layer: number): FsNode {
    const attributes: Attributes = {
      mode: entry.mode,
      uid: entry.uid,
      gid: entry.gid,
      mtime: entry.mtime,
      ...xattrsOf(entry),
    };
    switch (entry.type) {
      case 'directory':
        return { kind: 'directory', ...attributes, children: new Map() };
      case 'file':
        return { kind: 'file', ...attributes, content: entry.content };
      case 'symlink':
        return { kind: 'symlink', ...attributes, target: entry.linkPath };
      case 'character':
      case 'block':
        return { kind: entry.type, ...attributes, major: entry.major, minor: entry.minor };
      case 'fifo':
        return { kind: 'fifo', ...attributes };
      case 'hardlink':
        return this.linkTarget(entry, layer);
    }
  }

  private linkTarget(entry: TarEntry, layer: number): FsNode {
    const segments = segmentsOf(entry.linkPath);
    const name = segments.pop();
    const parent = this.directoryAt(segments, layer, entry);
    const target = name === undefined ? undefined : parent.children.get(name);
    if (!target)
      throw new ImageError(`layer ${layer + 1}: ${entry.path} is a hard link to ${entry.linkPath}, which is not there`);
    if (target.kind === 'directory')
      throw new ImageError(`layer ${layer + 1}: ${entry.path} is a hard link to a folder`);
    return target;
  }

  /** The directory at a path; made where it is missing, found through links where they stand in the way. */
  private directoryAt(path: readonly string[], layer: number, entry: TarEntry): Directory {
    const trail: Directory[] = [this.root];
    const rest = [...path];
    for (let links = 0; rest.length > 0; ) {
      const current = trail.at(-1) ?? this.root;
      const name = rest.shift() ?? '';
      if (name === '..') {
        if (trail.length > 1) trail.pop();
        continue;
      }
      const child = current.children.get(name);
      if (child?.kind === 'symlink') {
        if (++links > MAX_LINKS) throw new ImageError(`layer ${layer + 1}: the path of ${entry.path} goes in circles`);
        if (child.target.startsWith('/')) trail.length = 1;
        rest.unshift(...targetSegments(child.target));
      } else if (trail.length > MAX_PATH / 2) {
        throw new ImageError(`layer ${layer + 1}: the path of ${entry.path} is too deep`);
      } else if (child?.kind === 'directory') {
        trail.push(child as Directory);
      } else {
        const made: Directory = { kind: 'directory', ...DEFAULT_DIRECTORY, children: new Map() };
        current.children.set(name, made);
        this.mark(current, name, layer);
        trail.push(made);
      }
    }
    return trail.at(-1) ?? this.root;
  }

  private mark(parent: Directory, name: string, layer: number): void {
    const names = this.broughtBy.get(parent) ?? new Map<string, number>();
    names.set(name, layer);
    this.broughtBy.set(parent, names);
  }

  /** Removes everything in a directory that lower layers brought. */
  private removeLower(directory: Directory, layer: number): void {
    for (const name of [...directory.children.keys()]) this.removeNameOfLower(directory, name, layer);
  }

  private removeNameOfLower(parent: Directory, name: string, layer: number): void {
    const child = parent.children.get(name);
    if (!child) return;
    if ((this.broughtBy.get(parent)?.get(name) ?? 0) < layer) parent.children.delete(name);
    else if (child.kind === 'directory') this.removeLower(child as Directory, layer);
  }
}

/** The way a link points; one longer than any path is hostile. */
function targetSegments(target: string): string[] {
  if (target.length > MAX_PATH) throw new ImageError('the target of a link is longer than any system allows');
  return target.split('/').filter((part) => part !== '' && part !== '.');
}

/** The extended attributes that an image can hold; others (such as ACLs) are left out, as every squashfs tool does. */
function xattrsOf(entry: TarEntry): { xattrs?: ReadonlyMap<string, Uint8Array> } {
  const xattrs = new Map([...entry.xattrs].filter(([name]) => isStorableXattr(name)));
  return xattrs.size > 0 ? { xattrs } : {};
}

function setAttributes(directory: Directory, entry: TarEntry): void {
  directory.mode = entry.mode;
  directory.uid = entry.uid;
  directory.gid = entry.gid;
  directory.mtime = entry.mtime;
  delete directory.xattrs;
  Object.assign(directory, xattrsOf(entry));
}

function segmentsOf(path: string): string[] {
  if (path.length > MAX_PATH) throw new ImageError('a path is longer than any system allows');
  const segments = path.split('/').filter((part) => part !== '' && part !== '.');
  const long = segments.find((part) => Buffer.byteLength(part) > MAX_NAME);
  if (long !== undefined) throw new ImageError(`the name ${long.slice(0, 60)}... is longer than ${MAX_NAME} bytes`);
  if (segments.includes('..'))
    throw new ImageError(`the entry ${JSON.stringify(path)} would leave the image: ".." is not allowed`);
  return segments;
}
