import { printableName } from '../archive/names.ts';
import { BUDGET } from '../budget.ts';
import { decodeName, encodeName } from '../byte-names.ts';
import type { ByteSource } from '../io/byte-source.ts';
import { type Attributes, type DirectoryNode, type FsNode, xattrBytes } from '../squashfs/node.ts';
import { isStorableXattr } from '../squashfs/write/xattr-writer.ts';
import { readTar, type TarEntry } from '../tar/reader.ts';
import { SparseSource } from '../tar/sparse.ts';
import { takeTurns } from '../turns/take-turns.ts';
import { ImageError } from './image-error.ts';

/** What squashfs has room for: 12 bits of a device's major number, 20 of its minor. */
const MAX_MAJOR = 0xfff;
const MAX_MINOR = 0xfffff;
const WHITEOUT = '.wh.';
const OPAQUE = '.wh..wh..opq';
/** Other names that start so, and what is below them, are bookkeeping of old union file systems. */
const WHITEOUT_META = '.wh..wh.';
/** Where AUFS kept files that have several names; other entries are hard links to them. */
const LINK_FOLDER = '.wh..wh.plnk';
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
 * Nothing can reach outside the root: absolute names start at it, `..` in a name takes back what stands before it and is
 * refused where nothing does, and links in the middle of a path are followed inside it.
 * @throws ImageError, TarError
 */
export async function mergeLayers(layers: readonly ByteSource[], signal?: AbortSignal): Promise<DirectoryNode> {
  const tree = new LayerTree();
  for (const [index, layer] of layers.entries()) {
    for await (const entry of readTar(layer)) {
      await takeTurns(signal);
      tree.applyLayerEntry(entry, index);
    }
  }
  return tree.root;
}

/** The root file system in one tar archive, in which names such as `.wh.x` are ordinary ones. */
export function readRootTar(tar: ByteSource, signal?: AbortSignal): Promise<DirectoryNode> {
  return rootOf(readTar(tar), signal);
}

/** The root file system of the entries of one tar archive, as {@link readRootTar} gives it. */
export async function rootOf(
  entries: AsyncIterable<TarEntry> | Iterable<TarEntry>,
  signal?: AbortSignal,
): Promise<DirectoryNode> {
  const tree = new LayerTree();
  for await (const entry of entries) {
    await takeTurns(signal);
    tree.applyEntry(entry, 0);
  }
  return tree.root;
}

class LayerTree {
  readonly root: Directory = { kind: 'directory', ...DEFAULT_DIRECTORY, children: new Map() };
  /** Which layer brought a name last; whiteouts only remove names from layers below their own. */
  private readonly broughtBy = new WeakMap<DirectoryNode, Map<string, number>>();

  /** Files of old union file systems that have several names, by their path there. */
  private readonly linked = new Map<string, FsNode>();
  /** Bytes of all files that layers brought, unpacked. */
  private bytes = 0;
  /** Names that there are; of folders that something else took the place of, those that were in them, too. */
  private names = 0;
  /** Bytes that are kept of the same ({@link keptBytes}): contents stay in the layers. */
  private kept = 0;

  applyLayerEntry(entry: TarEntry, layer: number): void {
    const segments = segmentsOf(entry.path, entry);
    const name = segments.at(-1) ?? '';
    const meta = segments.findIndex((segment) => segment.startsWith(WHITEOUT_META));
    if (meta >= 0 && name !== OPAQUE) {
      if (segments[meta] === LINK_FOLDER && entry.type === 'file') this.addLinked(segments.join('/'), entry, layer);
      return;
    }
    if (!name.startsWith(WHITEOUT)) {
      this.applyEntry(entry, layer);
      return;
    }
    const parent = this.directoryAt(segments.slice(0, -1), layer, entry);
    if (name === OPAQUE) this.removeLower(parent, layer);
    else this.removeNameOfLower(parent, name.slice(WHITEOUT.length), layer);
  }

  applyEntry(entry: TarEntry, layer: number): void {
    const segments = segmentsOf(entry.path, entry);
    const name = segments.pop();
    if (name === undefined) {
      if (entry.type === 'directory') this.setAttributes(this.root, entry);
      return;
    }
    const parent = this.directoryAt(segments, layer, entry);
    const existing = parent.children.get(name);
    if (entry.type === 'directory' && existing?.kind === 'directory') this.setAttributes(existing as Directory, entry);
    else this.put(parent, name, this.toNode(entry, layer), entry);
    this.mark(parent, name, layer);
  }

  private addLinked(path: string, entry: TarEntry, layer: number): void {
    const node = this.toNode(entry, layer);
    this.count(entry, path, this.linked.get(path), node);
    this.linked.set(path, node);
  }

  private put(parent: Directory, name: string, node: FsNode, entry: TarEntry): void {
    this.count(entry, name, parent.children.get(name), node);
    parent.children.set(name, node);
  }

  private setAttributes(directory: Directory, entry: TarEntry): void {
    checkOwners(entry);
    const before = { ...directory };
    directory.mode = entry.mode;
    directory.uid = entry.uid;
    directory.gid = entry.gid;
    directory.mtime = entry.mtime;
    delete directory.xattrs;
    Object.assign(directory, xattrsOf(entry));
    this.count(entry, '', before, directory);
  }

  /** Each name takes memory as long as the image is made, and no walk would find more of them in it. */
  private count(entry: TarEntry, name: string, before: FsNode | undefined, node: FsNode): void {
    if (!before && ++this.names > BUDGET.walkedEntries)
      throw refused(entry, `the image would have more than ${BUDGET.walkedEntries} names`);
    this.kept += keptBytes(name, node) - (before ? keptBytes(name, before) : 0);
    if (this.kept > BUDGET.treeKeptBytes)
      throw refused(
        entry,
        `names, links, attributes and maps of sparse files of the image would take more than ${BUDGET.treeKeptBytes} bytes`,
      );
  }

  private toNode(entry: TarEntry, layer: number): FsNode {
    checkOwners(entry);
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
        this.bytes += entry.content.size;
        if (entry.content.size > BUDGET.fileBytes || this.bytes > BUDGET.imageBytes)
          throw refused(entry, `with its ${entry.content.size} bytes the image is larger than any`);
        return { kind: 'file', ...attributes, content: entry.content };
      case 'symlink':
        if (entry.linkPath === '') throw refused(entry, 'it is a link to nothing');
        if (isLonger(entry.linkPath, BUDGET.pathBytes))
          throw refused(
            entry,
            `the target of the link is longer than the ${BUDGET.pathBytes} bytes that any system takes`,
          );
        return { kind: 'symlink', ...attributes, target: entry.linkPath };
      case 'character':
      case 'block':
        if (!isWithin(entry.major, MAX_MAJOR) || !isWithin(entry.minor, MAX_MINOR))
          throw refused(entry, `an image has no room for the device ${entry.major}, ${entry.minor}`);
        return { kind: entry.type, ...attributes, major: entry.major, minor: entry.minor };
      case 'fifo':
        return { kind: 'fifo', ...attributes };
      case 'hardlink':
        return this.linkTarget(entry, layer);
    }
  }

  private linkTarget(entry: TarEntry, layer: number): FsNode {
    const segments = segmentsOf(entry.linkPath, entry);
    const linked = this.linked.get(segments.join('/'));
    if (linked) return linked;
    const name = segments.pop();
    const parent = this.directoryAt(segments, layer, entry);
    const target = name === undefined ? undefined : parent.children.get(name);
    if (!target)
      throw refused(
        entry,
        `layer ${layer + 1} says it is a hard link to ${printableName(entry.linkPath)}, which is not there`,
      );
    if (target.kind === 'directory') throw refused(entry, `layer ${layer + 1} says it is a hard link to a folder`);
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
        if (++links > BUDGET.linksFollowed) throw refused(entry, 'the links on its way go in circles');
        if (child.target.startsWith('/')) trail.length = 1;
        rest.unshift(...targetSegments(child.target, entry));
      } else if (trail.length > BUDGET.imageDepth) {
        throw refused(entry, `it is more than ${BUDGET.imageDepth} folders deep`);
      } else if (child?.kind === 'directory') {
        trail.push(child as Directory);
      } else {
        const made: Directory = { kind: 'directory', ...DEFAULT_DIRECTORY, children: new Map() };
        this.put(current, name, made, entry);
        this.mark(current, name, layer);
        trail.push(made);
      }
    }
    return trail.at(-1) ?? this.root;
  }

  private mark(parent: Directory, name: string, layer: number): void {
    // What is not known is of the first, which most names are of.
    if (layer === 0) return;
    const names = this.broughtBy.get(parent) ?? new Map<string, number>();
    names.set(name, layer);
    this.broughtBy.set(parent, names);
  }

  /** Removes everything in a directory that lower layers brought. */
  private removeLower(directory: Directory, layer: number): void {
    for (const name of [...directory.children.keys()]) this.removeNameOfLower(directory, name, layer);
  }

  /** Removes what lower layers brought under a name; what this layer brought below it stays, whichever came first. */
  private removeNameOfLower(parent: Directory, name: string, layer: number): void {
    const child = parent.children.get(name);
    if (!child) return;
    const isLower = (this.broughtBy.get(parent)?.get(name) ?? 0) < layer;
    if (child.kind === 'directory') this.removeLower(child as Directory, layer);
    if (isLower && (child.kind !== 'directory' || child.children.size === 0)) {
      parent.children.delete(name);
      this.broughtBy.get(parent)?.delete(name);
      this.names--;
      this.kept -= keptBytes(name, child);
    }
  }
}

const MAX_ID = 0xffffffff;

function isWithin(value: number, most: number): boolean {
  return Number.isInteger(value) && value >= 0 && value <= most;
}

/** Names in messages are cut after this many characters. */
const SHOWN = 200;

function refused({ path }: TarEntry, why: string): ImageError {
  const shown = path.length > SHOWN ? `${path.slice(0, SHOWN)}…` : path;
  return new ImageError(`the entry ${printableName(shown)} cannot be taken: ${why}`);
}

/** The way a link points; one longer than any path is hostile. */
function targetSegments(target: string, entry: TarEntry): string[] {
  if (target.length > BUDGET.pathBytes) throw refused(entry, 'a link on its way is longer than any system allows');
  return target.split('/').filter((part) => part !== '' && part !== '.');
}

/**
 * The extended attributes that an image can hold; others (such as ACLs) are left out, as every squashfs tool does.
 * @throws ImageError if there are more, or larger ones, than an inode has
 */
function xattrsOf(entry: TarEntry): { xattrs?: ReadonlyMap<string, Uint8Array> } {
  const xattrs = new Map<string, Uint8Array>();
  let bytes = 0;
  for (const [name, value] of entry.xattrs) {
    if (!isStorableXattr(name)) continue;
    bytes += name.length + value.length;
    if (isLonger(name, BUDGET.nameBytes) || value.length > BUDGET.xattrBytes)
      throw refused(entry, 'one of its extended attributes is larger than any system takes');
    if (xattrs.size === BUDGET.xattrs || bytes > BUDGET.xattrSetBytes)
      throw refused(entry, 'it has more extended attributes than any system takes');
    // Not a part of the header that it stands in, which may be far larger.
    xattrs.set(name, value.slice());
  }
  return xattrs.size > 0 ? { xattrs } : {};
}

/** @throws ImageError if an owner or group is none */
function checkOwners(entry: TarEntry): void {
  for (const id of [entry.uid, entry.gid])
    if (!isWithin(id, MAX_ID)) throw refused(entry, `${id} is no number of a user or group`);
}

/** Bytes that are kept of a name and of what it stands for; attributes that several share are counted each time. */
function keptBytes(name: string, node: FsNode): number {
  const target = node.kind === 'symlink' ? node.target.length : 0;
  const map = node.kind === 'file' && node.content instanceof SparseSource ? node.content.mapBytes : 0;
  return name.length + target + map + xattrBytes(node.xattrs);
}

/** V8 keeps a path for the sake of a name in it, unless the name is shorter than this; of short paths that does no harm. */
const [COPIED_NAME, SHORT_PATH] = [13, 255];

/** A name as a text of its own. */
function ownText(name: string, path: string): string {
  return name.length < COPIED_NAME || path.length <= SHORT_PATH ? name : decodeName(encodeName(name));
}

/** The names along a path of an entry, `.` and what `..` takes back left out. */
function segmentsOf(path: string, entry: TarEntry): string[] {
  if (isLonger(path, BUDGET.pathBytes)) throw refused(entry, `its path is longer than ${BUDGET.pathBytes} bytes`);
  const segments: string[] = [];
  for (const part of path.split('/')) {
    if (part === '' || part === '.') continue;
    if (part !== '..') segments.push(ownText(part, path));
    else if (segments.pop() === undefined) throw refused(entry, 'it would leave the image by ".."');
  }
  const long = segments.find((part) => isLonger(part, BUDGET.nameBytes));
  if (long !== undefined) throw refused(entry, `it has a name of more than ${BUDGET.nameBytes} bytes`);
  return segments;
}

/** Whether a name has more bytes than that; a unit of a text has three at most. */
function isLonger(name: string, bytes: number): boolean {
  return name.length * 3 > bytes && encodeName(name).length > bytes;
}
