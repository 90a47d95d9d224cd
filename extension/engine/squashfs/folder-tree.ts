import type { Stats } from 'node:fs';
import { lstat, readdir, readlink } from 'node:fs/promises';
import { join } from 'node:path';
import { decodeName, fsPath } from '../byte-names.ts';
import { PathSource } from '../io/file-source.ts';
import type { Attributes, DirectoryNode, FsNode } from './node.ts';

export interface FolderOptions {
  /** Of everything, in seconds since 1970. */
  readonly mtime: number;
  /** Hears of what an image of a folder does not hold. @param path from the folder, with slashes */
  readonly onLeftOut?: (path: string, why: string) => void;
  /** Whether named pipes and devices are taken: for root file systems, not for a package's own files. */
  readonly takesSpecial?: boolean;
}

/** Entries of a folder that the system is asked about at once. */
const AT_ONCE = 64;

/**
 * A folder on disk as a tree, made the same on every machine: owned by root, modes 0755 for folders and executables
 * and 0644 for the rest, whatever the umask was. Symbolic links stay links. Names are bytes (`byte-names.ts`).
 * @throws the file system's error if something cannot be read.
 */
export async function readFolder(path: string, options: FolderOptions): Promise<DirectoryNode> {
  return new FolderReader(options).folder(path, '');
}

class FolderReader {
  private readonly options: FolderOptions;

  constructor(options: FolderOptions) {
    this.options = options;
  }

  async folder(path: string, at: string): Promise<DirectoryNode> {
    const children = new Map<string, FsNode>();
    const names = (await readdir(fsPath(path), { encoding: 'buffer' })).map(decodeName);
    for (let start = 0; start < names.length; start += AT_ONCE) {
      const found = names
        .slice(start, start + AT_ONCE)
        .map(async (name) => ({ name, info: await lstat(fsPath(join(path, name))) }));
      for (const { name, info } of await Promise.all(found)) {
        const node = await this.node(path, name, at === '' ? name : `${at}/${name}`, info);
        if (node) children.set(name, node);
      }
    }
    return { kind: 'directory', ...this.attributes(0o755), children };
  }

  private async node(folder: string, name: string, at: string, info: Stats): Promise<FsNode | undefined> {
    const path = join(folder, name);
    if (info.isDirectory()) return this.folder(path, at);
    if (info.isSymbolicLink()) {
      const target = decodeName(await readlink(fsPath(path), { encoding: 'buffer' }));
      return { kind: 'symlink', ...this.attributes(0o777), target };
    }
    if (info.isFile()) {
      const mode = (info.mode & 0o111) !== 0 && process.platform !== 'win32' ? 0o755 : 0o644;
      return { kind: 'file', ...this.attributes(mode), content: new PathSource(folder, name, info) };
    }
    const kind = specialKind(info);
    if (!this.options.takesSpecial || kind === 'socket') {
      this.options.onLeftOut?.(at, `it is a ${SPECIAL[kind]}`);
      return undefined;
    }
    const attributes = this.attributes(info.mode & 0o777);
    if (kind === 'fifo') return { kind, ...attributes };
    return { kind, ...attributes, ...deviceNumbers(info.rdev) };
  }

  private attributes(mode: number): Attributes {
    return { mode, uid: 0, gid: 0, mtime: this.options.mtime };
  }
}

/** Linux' numbers of a device: of the major 12 bits from bit 8 on, of the minor 8 bits and 12 more from bit 20 on. */
function deviceNumbers(device: number): { major: number; minor: number } {
  return { major: (device >>> 8) & 0xfff, minor: (device & 0xff) | ((device >>> 12) & 0xfff00) };
}

/** What is neither a folder nor a link nor a file, in words. */
const SPECIAL = {
  fifo: 'named pipe',
  character: 'character device',
  block: 'block device',
  socket: 'socket',
} as const;

function specialKind(info: Stats): keyof typeof SPECIAL {
  if (info.isFIFO()) return 'fifo';
  if (info.isCharacterDevice()) return 'character';
  return info.isBlockDevice() ? 'block' : 'socket';
}
